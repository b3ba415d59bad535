import { assemble } from '@trapgate/x86-assembler';
import { runConformanceKernel } from './conformance-machine';
void (async () => {
  for (const ins of process.argv.slice(2)) {
    const src = `bits 32\norg 0x100000\ndd 0x1BADB002,0x10000,0-0x1BADB002-0x10000,0x100000,0x100000,0,0x110000,start\nstart: mov esp, 0x120000\nmov edi,0x200000\nmov esi,0x200000\nmov ebp, 20\nl: ${ins.replaceAll(';', '\n')}\ndec ebp\njnz l\nmov dx,0xf4\nout dx,eax\nhlt\n`;
    try { const r = await runConformanceKernel(assemble(src).bytes, 'wasm', 'trapgate'); console.log(ins, r.exit, r.regions); } catch (e) { console.log(ins, String(e)); }
  }
})();

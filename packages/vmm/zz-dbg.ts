import { Machine } from '@trapgate/vmm';
import { readFileSync } from 'node:fs';
import { decode, formatIntel, Instruction } from '@trapgate/x86-decoder';
const m: any = Machine.create({ memoryMiB: 256, icount: true, serial: { write: (b: number) => { process.stdout.write(Buffer.from([b])); } } } as any);
m.load({ kind: 'auto', kernel: readFileSync('/tmp/guests/vmlinuz-686'), initrd: readFileSync('/tmp/guests/initrd.gz'), commandLine: 'console=ttyS0 earlyprintk=ttyS0 nokaslr' } as any);
const find = (o: any, depth = 0): any => { for (const k of Object.keys(o)) { if (o[k]?.constructor?.name === 'Processor') return o[k]; if (depth < 3 && o[k] && typeof o[k] === 'object' && !ArrayBuffer.isView(o[k])) { const r = find(o[k], depth + 1); if (r) return r; } } };
const cpu = find(m); const mem = cpu.interpreter.code.memory;
const hist = new Map<number, number>();
const N = Number(process.argv[2] ?? 600e6);
while (cpu.instructions < N) { const s = cpu.run(10_000_000); if (s.reason !== 'budget') { console.log(s); break; } if ((cpu.instructions / 1e7 | 0) % 10 === 0) console.log(cpu.instructions / 1e6, cpu.registers.eip.toString(16)); }
for (let i = 0; i < 3000; i++) { cpu.run(1 + (i % 7)); hist.set(cpu.registers.eip, (hist.get(cpu.registers.eip) ?? 0) + 1); }
const ins = new Instruction();
for (const [eip, n] of [...hist].sort((a, b) => a[0] - b[0]).slice(0, 80)) { const bytes = mem.readBytes(eip, 16); decode(bytes, 0, 16, 32, ins); console.log(eip.toString(16), n, formatIntel(ins, eip)); }
console.log(cpu.dumpRegisters(), cpu.statistics);

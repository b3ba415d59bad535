import { AT } from '../cpu/src/state/layout';
import { decode, Instruction, forms, formatIntel } from '@trapgate/x86-decoder';
const R = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
export const hits = new Map<string, number>();
export function skipFloat(m: any) {
  const p = m.processor, it = p.interpreter, st = p.state, mem = p.context.memory ?? p.context; const ins = new Instruction();
  const orig = it.run.bind(it);
  it.run = (limit: number) => {
    const n = orig(limit);
    for (;;) {
      if (st.i32(AT.faulted) === 0 || st.i32(AT.faultVector) !== 6) return n;
      const ip = (st.u32(AT.rip) + p.registers.segment('cs').base) >>> 0; const b = new Uint8Array(15); const user = p.registers.cpl === 3;
      try { for (let i = 0; i < 15; i++) b[i] = mem.read8((ip + i) >>> 0, user); } catch { st.set32(AT.faulted, 1); }
      decode(b, 0, 15, 32, ins); const f = forms[ins.form]!; const text = formatIntel(ins, ip);
      const op = ins.opcode; const x87 = f.map === 0 && ((op >= 0xd8 && op <= 0xdf) || op === 0x9b);
      if (!x87 && !(f.map >= 1 && /sse|mmx|fxsr|3dn/.test(f.feature))) { if (hits.get('REAL ' + text) === undefined) console.error('\n#UD', text, ip.toString(16), f.feature); hits.set('REAL ' + text, 1); return n; }
      const k = f.mnemonic; hits.set(k, (hits.get(k) ?? 0) + 1);
      if (hits.get(k) === 1) console.error('\n[skip]', text, f.feature, ip.toString(16));
      const g = p.registers as any; let ea = 0;
      if (ins.memory) { ea = ins.displacement; if (ins.base >= 0) ea += g[R[ins.base]!]; if (ins.index >= 0) ea += g[R[ins.index]!] * ins.scale; ea = (ea + g.segment(['es', 'cs', 'ss', 'ds', 'fs', 'gs'][ins.segment]).base) >>> 0; }
      st.set32(AT.faulted, 0);
      try {
        if (k === 'fnstcw') mem.write16(ea, 0x37f, user);
        else if (k === 'fnstsw') { if (ins.memory) mem.write16(ea, 0, user); else g.eax = (g.eax & 0xffff0000) >>> 0; }
        else if (k === 'stmxcsr') mem.write32(ea, 0x1f80, user);
      } catch (e) { console.error('fault in emu', e); }
      st.set32(AT.rip, (st.u32(AT.rip) + ins.length) >>> 0);
      return n;
    }
  };
}

import { readFileSync } from 'node:fs';
import { Machine } from './src/index';
import { buildKernel } from '../../guests/build';
const m: any = Machine.create({ icount: true, memoryMiB: 64, serial: { write(b) { process.stdout.write(String.fromCharCode(b)); } } });
m.load({ kind: 'auto', kernel: readFileSync('../../guests/dist/kernel.bin'), commandLine: 'demo' });
const p = m.processor; const sym = [...buildKernel().symbols].filter((s) => s[1] >= 0x100000).sort((a, b) => a[1] - b[1]);
const where = (a: number) => { let best: any = ['?', 0]; for (const s of sym) if (s[1] <= a) best = s; return `${best[0]}+${(a - best[1]).toString(16)}`; };
let n = 0; const trail: string[] = [];
const skip = Number(process.argv[2] ?? 0); let seen = 0;
while (n++ < 3e6) { trail.push(p.registers.eip.toString(16) + ' ' + where(p.registers.eip) + ' eax=' + p.registers.eax.toString(16)); if (trail.length > 40) trail.shift();
  const s = p.run(1); m.board.timers.runDue(); if (s.reason !== 'budget' && s.reason !== 'requested') { console.log(s, n); break; }
  const e = p.recentExceptions(); if (e.length > seen && seen++ >= skip) { console.log('\n', n, trail.join('\n'), m.dump()); break; } }

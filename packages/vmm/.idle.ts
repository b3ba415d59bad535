import { readFileSync } from 'node:fs';
import { Machine } from './src/index';
import { skipFloat } from './.nofpu';
const m = Machine.create({ memoryMiB: 64 }); m.load({ kind: 'auto', kernel: readFileSync('../../guests/dist/kernel.bin') }); skipFloat(m);
let u = process.cpuUsage(), t = performance.now(), s = m.statistics;
const iv = setInterval(() => { const u2 = process.cpuUsage(u), t2 = performance.now(), s2 = m.statistics; console.log(((u2.user + u2.system) / 10 / (t2 - t)).toFixed(2) + '%', 'run ms', (s2.runningMilliseconds - s.runningMilliseconds).toFixed(1), 'instr', s2.instructions - s.instructions, 'user', u2.user / 1000, 'sys', u2.system / 1000); u = process.cpuUsage(); t = t2; s = s2; }, 3000);
m.run(); setTimeout(() => { clearInterval(iv); m.pause(); }, 15500);

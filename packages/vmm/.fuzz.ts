import { Machine } from './src/index';
import { guest } from './test/small-guests';
let seed = Number(process.argv[2] ?? 1);
const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 16;
const count = Number(process.argv[3] ?? 300); const tally: any = {};
(async () => { for (let round = 0; round < count; round++) {
  const s0 = seed; const kernel = guest('times 8000 nop'); for (let at = 40; at < kernel.length; at++) kernel[at] = random();
  const machine = Machine.create({ memoryMiB: 2 }); machine.load({ kind: 'auto', kernel });
  const timer = setTimeout(() => machine.pause(), 15); const t = performance.now();
  try { const e = await machine.run(); tally[e.reason] = (tally[e.reason] ?? 0) + 1; const d = performance.now() - t; if (d > 200) console.log('slow', d, s0, e.reason); } catch (e) { console.log('THROW seed', s0, e); tally.throw = (tally.throw ?? 0) + 1; }
  clearTimeout(timer); }
 console.log(tally); })();

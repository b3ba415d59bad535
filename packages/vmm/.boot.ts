// usage: boot.ts KERNEL [INITRD] [CMDLINE] [MEM] [icount] [seconds] ; stdin script by env INPUT (delayed until PROMPT seen)
import { readFileSync } from 'node:fs';
import { Machine } from './src/index';
const [kernel, initrd = '', commandLine = '', mem = '256', icount = '', seconds = '120'] =
  process.argv.slice(2);
let out = '';
const input = (process.env.INPUT ?? '').split('|').filter(Boolean);
const prompt = process.env.PROMPT ?? '# ';
const t0 = performance.now();
let line = '';
const m = Machine.create({
  memoryMiB: Number(mem),
  icount: icount === 'icount',
  serial: {
    write(b) {
      const c = String.fromCharCode(b);
      out += c;
      if (!process.env.QUIET) process.stdout.write(c);
      if (out.endsWith(prompt) && input.length) {
        const s = input.shift()!;
        setTimeout(() => m.sendSerial(s + '\r'), 20);
      }
    },
  },
});
console.error('created', (performance.now() - t0).toFixed(0), 'ms');
m.load({
  kind: 'auto',
  kernel: readFileSync(kernel),
  ...(initrd ? { initrd: readFileSync(initrd) } : {}),
  commandLine,
});
const timer = setTimeout(() => m.pause(), Number(seconds) * 1000);
const t1 = performance.now();
const cpu = process.cpuUsage();
m.run().then((exit) => {
  clearTimeout(timer);
  const s = m.statistics;
  const t = performance.now() - t1;
  const u = process.cpuUsage(cpu);
  console.error(
    '\n',
    exit,
    t.toFixed(0),
    'ms',
    (s.instructions / 1e6).toFixed(1),
    'M instr',
    (s.instructions / s.runningMilliseconds / 1000).toFixed(1),
    'MIPS',
    'cpu%',
    ((u.user + u.system) / 10 / t).toFixed(1),
  );
  if (process.env.STATS) console.error(JSON.stringify({ ...s, ports: s.ports.slice(0, 12) }, null, 1));
  if (exit.reason !== 'power-off') console.error(m.dump());
});

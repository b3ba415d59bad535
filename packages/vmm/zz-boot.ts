import { Machine } from '@trapgate/vmm';
import { readFileSync } from 'node:fs';
const [,, kernel, initrd, append, mem] = process.argv;
const t0 = performance.now();
const m = Machine.create({ memoryMiB: Number(mem ?? 256), engine: process.env.E ?? 'interp', icount: !!process.env.I, serial: { write: (b: number) => { process.stdout.write(Buffer.from([b])); } } } as any);
m.load({ kind: 'auto', kernel: readFileSync(kernel!), ...(initrd ? { initrd: readFileSync(initrd) } : {}), ...(append ? { commandLine: append } : {}) } as any);
const abort = new AbortController();
setTimeout(() => { console.log(m.dump()); abort.abort(); }, Number(process.env.T ?? 20) * 1000).unref();
m.run({ signal: abort.signal }).then((exit) => { console.log('EXIT', exit, ((performance.now() - t0) / 1000).toFixed(1) + ' s', m.statistics); process.exit(0); }, (e) => { console.error('ERR', e); process.exit(1); });

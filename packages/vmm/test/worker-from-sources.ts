import { Worker } from 'node:worker_threads';

const program = new URL('../src/worker/worker.ts', import.meta.url);
const code = `import('tsx/esm/api').then(({ register }) => (register(), import(${JSON.stringify(program.href)})));`;

/** A worker that runs this package's sources; `worker.js` is there only once the package is built. */
export function workerFromSources(): Worker {
  return new Worker(code, { eval: true, execArgv: ['--conditions=@trapgate/source'] });
}

import { readFileSync } from 'node:fs';
import { runCommandLine } from './command-line';
import { loadMachines } from './machines';
import { EXIT } from './run/run-end';

/** The process of the command `vmm`: its streams, its signals, its exit. */
function main(): void {
  process.on('uncaughtException', fail);
  const context = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    process,
    loadMachines,
    version: packageVersion(),
  };
  runCommandLine(process.argv.slice(2), context).then((code) => process.exit(code), fail);
}

/** A fault of this program. Listeners of the exit restore the terminal. */
function fail(error: unknown): void {
  const text = error instanceof Error ? error.stack : String(error);
  process.off('uncaughtException', fail);
  process.stderr.write(`\r\nvmm: internal error, please report it: ${text}\n`);
  process.exit(EXIT.internal);
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

main();

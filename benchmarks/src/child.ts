import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Figures } from './report';

const here = dirname(fileURLToPath(import.meta.url));

/** The file of a measuring process's script. */
export function scriptFile(script: string): string {
  return join(here, 'measure', `${script}.js`);
}

/** A measuring process did not tell its figures. */
export class MeasurementError extends Error {
  readonly code = 'MEASUREMENT_FAILED';
  constructor(
    readonly script: string,
    readonly reason: string,
  ) {
    super(`${script}: ${reason}`);
  }
}

/**
 * Runs one measurement in a process of its own.
 *
 * @param timeout - seconds
 */
export function measureInChild(
  node: string,
  script: string,
  args: readonly string[],
  timeout: number,
): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [scriptFile(script), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout * 1000);
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (errors = (errors + data.toString()).slice(-4000)));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const last = output.trim().split('\n').at(-1) ?? '';
      if (code === 0 && last.startsWith('{')) resolve(JSON.parse(last) as Figures);
      else
        reject(
          new MeasurementError(
            script,
            signal === 'SIGKILL' ? `no answer within ${timeout} s` : errors.trim() || `exit code ${code}`,
          ),
        );
    });
  });
}

import { spawn } from 'node:child_process';
import type { OutputStream } from '../command-context';

export interface Execution {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface ExecuteOptions {
  /** Where the program's standard output is shown as it comes. */
  progress?: OutputStream;
  cwd?: string;
}

/** Runs a program to its end; rejects with Node's error (`code: 'ENOENT'`) where there is no such program. */
export type Execute = (
  program: string,
  args: readonly string[],
  options?: ExecuteOptions,
) => Promise<Execution>;

/** Output is kept up to this many characters. */
const MOST_OUTPUT = 1 << 22;

export const execute: Execute = (program, args, options = {}) =>
  new Promise((resolve, reject) => {
    const { progress, cwd } = options;
    const child = spawn(program, [...args], {
      ...(cwd === undefined ? {} : { cwd }),
      // A program shows its progress, such as apt's percentages, only where it sees the terminal itself.
      stdio: ['ignore', progress === process.stderr && progress.isTTY ? 2 : 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      if (stdout.length < MOST_OUTPUT) stdout += chunk.toString();
      progress?.write(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < MOST_OUTPUT) stderr += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? 1, stdout, stderr }));
  });

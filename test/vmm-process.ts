import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The command under test, as built. */
export const vmmPath = join(root, 'packages/vmm-cli/bin/vmm.js');

/** The Node.js to run it with: TRAPGATE_NODE, or the one that runs the tests. */
export const nodePath = process.env['TRAPGATE_NODE'] ?? process.execPath;

/** A running `vmm`, with pipes in place of a terminal. */
export class VmmProcess {
  output = '';
  errors = '';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<number>;
  #seen = 0;
  #changed: () => void = () => {};

  constructor(args: readonly string[]) {
    this.#child = spawn(nodePath, [vmmPath, ...args], { cwd: root, stdio: 'pipe' });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      this.#changed();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.#child.stdin.on('error', () => {});
    this.#exit = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => {
        this.#changed();
        resolve(code ?? (signal === null ? 1 : 128));
      });
    });
  }

  /** Waits for `text` in the output that no earlier call has passed over. @param timeout - milliseconds */
  async expect(text: string, timeout: number): Promise<void> {
    const deadline = Date.now() + timeout;
    for (;;) {
      const at = this.output.indexOf(text, this.#seen);
      if (at >= 0) {
        this.#seen = at + text.length;
        return;
      }
      const rest = deadline - Date.now();
      const ended = this.#child.exitCode !== null;
      if (rest <= 0 || ended) {
        const why = ended ? `vmm ended with exit code ${this.#child.exitCode}` : `not within ${timeout} ms`;
        throw new Error(
          `waiting for ${JSON.stringify(text)}: ${why}\n--- its last output\n${this.tail()}\n---\n${this.errors}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, rest);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  send(text: string): void {
    this.#child.stdin.write(text);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The exit code. @param timeout - milliseconds */
  async exit(timeout: number): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`vmm did not end within ${timeout} ms\n${this.tail()}`)),
        timeout,
      );
    });
    return Promise.race([this.#exit, late]).finally(() => clearTimeout(timer));
  }

  /** Ends the process if it still runs. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.#exit.catch(() => {});
  }

  /** Processor seconds that the process has used so far, all threads; undefined where there is no /proc. */
  cpuSeconds(): number | undefined {
    const file = `/proc/${this.#child.pid}/stat`;
    if (!existsSync(file)) return undefined;
    // Fields 14 and 15 of proc(5), utime and stime, in ticks of 1/100 s; the name in field 2 may hold spaces.
    const fields = readFileSync(file, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** The share of one processor that the process uses over the next `seconds`. */
  async cpuShare(seconds: number): Promise<number> {
    const before = this.cpuSeconds() ?? 0;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return ((this.cpuSeconds() ?? 0) - before) / seconds;
  }

  tail(): string {
    return this.output.slice(-3000);
  }
}

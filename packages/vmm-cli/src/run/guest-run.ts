import type { RunRequest } from '../arguments/run-flags';
import type { CommandContext } from '../command-context';
import { EscapeKeys, KEY_HELP } from '../terminal/escape-keys';
import { enterRawMode } from '../terminal/raw-terminal';
import type { GuestMachine } from './guest-machine';
import type { Output } from './output';
import { EXIT, guestEnd, OUTPUT_GONE_EXIT, RunEnd, SIGNAL_EXITS } from './run-end';
import { SerialInput } from './serial-input';
import { writeSnapshot } from './write-snapshot';

/** A restored guest has reset itself. */
const NOTHING_TO_START =
  '\nvmm: the guest reset itself; with -kernel FILE beside -loadvm it would start again';
/** A run that was told to end and has not, ends the process after so many milliseconds. */
const PATIENCE_MS = 900;

export interface GuestRunParts {
  request: RunRequest;
  context: CommandContext;
  machine: GuestMachine;
  serial: Output;
  log: Output;
}

/** One run of a guest, from its first instruction to its end: ties it to terminal, signals and outputs. */
export class GuestRun {
  readonly #parts: GuestRunParts;
  readonly #abort = new AbortController();
  #saveWanted = false;
  #end: RunEnd | undefined;

  constructor(parts: GuestRunParts) {
    this.#parts = parts;
  }

  /** Runs the guest and returns the exit code. */
  async run(): Promise<number> {
    const { context, serial, log, machine } = this.#parts;
    const release = this.#connect();
    let end: RunEnd | undefined;
    try {
      for (const output of [serial, log]) output.onCongested = () => machine.pause();
      end = await this.#runToEnd();
    } finally {
      await Promise.all([serial.close(), log.close()]);
      release();
    }
    if (end.message) context.stderr.write(`${end.message}\n`);
    return end.exitCode;
  }

  async #runToEnd(): Promise<RunEnd> {
    const { machine, request, serial, log } = this.#parts;
    const { signal } = this.#abort;
    while (!this.#end) {
      if (this.#saveWanted) await this.#save();
      const exit = await machine.run({ signal });
      if (this.#end) break;
      const end = guestEnd(exit, request.reboot);
      if (end) return end;
      if (exit.reason === 'reset' && !this.#restart()) return new RunEnd(EXIT.done, NOTHING_TO_START);
      await Promise.all([serial.drained(signal), log.drained(signal)]);
      // A guest that resets itself at once must not keep signals and keys from being seen.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return this.#end;
  }

  /** Starts the guest again after a reset; false where a snapshot came without the kernel to start. */
  #restart(): boolean {
    const { machine, request } = this.#parts;
    if (request.loadvm !== undefined && request.kernel === undefined) return false;
    machine.reset();
    return true;
  }

  /** Saves the machine, which stands still meanwhile. */
  async #save(): Promise<void> {
    this.#saveWanted = false;
    const { machine, request } = this.#parts;
    const snapshot = await machine.snapshot();
    this.#tell([writeSnapshot(snapshot, request.savevm)]);
  }

  /** Ends the run for a reason from outside the guest; the first one counts, the second time is final. */
  #endWith(end: RunEnd): void {
    const { context } = this.#parts;
    if (this.#end) {
      context.process.exit(this.#end.exitCode);
      return;
    }
    this.#end = end;
    this.#abort.abort();
    setTimeout(() => context.process.exit(end.exitCode), PATIENCE_MS).unref();
  }

  /** Connects terminal and signals; returns what disconnects them again. */
  #connect(): () => void {
    const { context, request } = this.#parts;
    const handlers = Object.entries(SIGNAL_EXITS).map(([signal, code]) => {
      const handler = (): void => this.#endWith(new RunEnd(code));
      context.process.on(signal, handler);
      return () => context.process.off(signal, handler);
    });
    if (request.serial.kind === 'stdio') handlers.push(this.#connectStdio(request.serial.escapes));
    return () => {
      for (const disconnect of handlers) disconnect();
    };
  }

  #connectStdio(alwaysEscapes: boolean): () => void {
    const { context, machine } = this.#parts;
    const { stdin, stdout } = context;
    const outputGone = (): void => this.#endWith(new RunEnd(OUTPUT_GONE_EXIT));
    stdout.on('error', outputGone);
    const restore = enterRawMode(stdin, context.process);
    const keys = alwaysEscapes || stdin.isTTY ? new EscapeKeys() : undefined;
    const input = new SerialInput(stdin, machine, (chunk) =>
      keys ? this.#guestBytes(keys, chunk) : [chunk],
    );
    return () => {
      input.close();
      restore();
      // Late errors of the output have nobody to tell.
      stdout.off('error', outputGone).on('error', () => undefined);
    };
  }

  *#guestBytes(keys: EscapeKeys, chunk: Uint8Array): Generator<Uint8Array> {
    for (const action of keys.feed(chunk)) {
      switch (action.kind) {
        case 'send':
          yield action.bytes;
          break;
        case 'end':
          this.#endWith(new RunEnd(EXIT.done, '\nvmm: ended by Ctrl-A x'));
          break;
        case 'help':
          this.#tell(KEY_HELP);
          break;
        case 'snapshot':
          this.#saveWanted = true;
          this.#parts.machine.pause();
      }
    }
  }

  /** Node's raw mode still turns a line feed into a new line. */
  #tell(lines: readonly string[]): void {
    this.#parts.context.stderr.write(`\n${lines.join('\n')}\n`);
  }
}

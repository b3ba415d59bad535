import type { MachineExit } from '@trapgate/vmm';

/** Exit codes of `vmm`. Its own are even: those of the debug-exit port are odd. */
export const EXIT = { done: 0, usage: 2, guestDied: 4, internal: 70 } as const;

/** Signals that end a run, and their exit codes: 128 plus the signal's number. */
export const SIGNAL_EXITS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** The reader of the output went away: 128 + SIGPIPE. */
export const OUTPUT_GONE_EXIT = 141;

/** Why the user, a signal or the output ended the run. */
export class RunEnd {
  constructor(
    readonly exitCode: number,
    readonly message?: string,
  ) {}
}

/** How a run that the guest ended is reported; undefined where it is to go on, after a reset or a pause. */
export function guestEnd(exit: MachineExit, reboot: boolean): RunEnd | undefined {
  switch (exit.reason) {
    case 'power-off':
      return new RunEnd(EXIT.done);
    case 'debug-exit':
      return new RunEnd(exit.code);
    case 'reset':
      return reboot ? undefined : new RunEnd(EXIT.done);
    case 'triple-fault':
      return new RunEnd(EXIT.guestDied, `vmm: the guest triple-faulted\n${exit.report.trimEnd()}`);
    case 'halted':
      return new RunEnd(
        EXIT.guestDied,
        `vmm: the guest halted with interrupts off\n${exit.report.trimEnd()}`,
      );
    case 'stopped':
    case 'stepped':
    case 'breakpoint':
    case 'aborted':
      return undefined;
  }
}

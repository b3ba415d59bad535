/** Why a run ended. `stepped` and `breakpoint` are for a `VirtualMachine` only. The reports are several lines of text: registers and the last exceptions. */
export type MachineExit =
  | { readonly reason: 'power-off' }
  /** The guest wrote to the debug-exit port: an odd number. */
  | { readonly reason: 'debug-exit'; readonly code: number }
  /** The guest asked for a reset; `Machine.reset` starts it again. */
  | { readonly reason: 'reset' }
  | { readonly reason: 'triple-fault'; readonly report: string }
  /** HLT with interrupts off. */
  | { readonly reason: 'halted'; readonly report: string }
  /** `Machine.pause` was called; `run` goes on. */
  | { readonly reason: 'stopped' }
  /** As many instructions as were asked for have been executed; `run` goes on. */
  | { readonly reason: 'stepped' }
  /** The next instruction is at a breakpoint; `run` goes on with it. `address` is linear. */
  | { readonly reason: 'breakpoint'; readonly address: number }
  /** The abort signal was raised; `run` goes on. */
  | { readonly reason: 'aborted' };

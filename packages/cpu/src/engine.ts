/** Counters of an engine. */
export interface EngineStatistics {
  /** Instructions decoded. */
  readonly decoded: number;
  /** Code pages dropped because they were written. */
  readonly invalidations: number;
  /** Bytes of decoded (and translated) code. */
  readonly codeBytes: number;
}

/**
 * How the simulated processor's instructions are executed. Engines differ in speed alone: after the same number of
 * instructions from the same state, all of them leave the same state.
 */
export interface ExecutionEngine {
  /**
   * Executes at most `limit` instructions (each iteration of a REP counts) from rip; returns how many. It returns early
   * when a fault is recorded in the state (`faulted`; rip names the faulting instruction, which is not counted) or the
   * caller has to look at mode, interrupts or halt state.
   */
  run(limit: number): number;
  /** Instructions executed by the running call of {@link run} so far, as seen from a host function; 0 outside. */
  readonly running: number;
  /** Called from inside a host function: `run` returns after the current instruction. */
  attend(): void;
  /** Forgets all decoded and translated code. Not from inside {@link run}. */
  reset(): void;
  readonly statistics: EngineStatistics;
}

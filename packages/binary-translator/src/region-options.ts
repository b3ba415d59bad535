import type { SupportFunctions } from '@trapgate/cpu';
import type { FunctionRef } from '@trapgate/wasm-assembler';
import type { RegionInstruction } from './discover';

/** Functions that regions call. */
export interface RegionFunctions {
  readonly support: SupportFunctions;
  /** See emitMaterialize. */
  readonly materialize: FunctionRef;
  /** (slot, state, record, pageIp, address) -> status: one of the interpreter's handlers that are functions. */
  readonly callCold: FunctionRef;
}

/** A decoded record for an instruction that the interpreter's own function executes, its address computed by the region. */
export interface ColdRecord {
  readonly slot: number;
  readonly record: number;
}

export interface RegionOptions {
  /** Physical page number. */
  readonly page: number;
  readonly mode: number;
  readonly entry: number;
  /**
   * Slot of the translation to go on in when a stack frame is not in one piece of RAM; without it, every access of a stack frame
   * is checked by itself.
   */
  readonly unframed: number | undefined;
  /** Whether a function may be left by a tail call. */
  readonly tailCalls: boolean;
  cold(instruction: RegionInstruction): ColdRecord | undefined;
}

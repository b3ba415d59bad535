import type { ProcessorContext } from './processor-context';
import type { ProcessorStatus } from './processor-snapshot';
import { AT, STATE } from './state/layout';
import { setCpl, updateMode } from './state/mode';
import { updateWatching, watchForHost } from './system';

/**
 * All registers between two instructions, for the processor that they were taken of: quick to take, and good as long as the
 * processor is not reset. What leaves the machine is a `ProcessorSnapshot`.
 */
export interface ProcessorMark extends ProcessorStatus {
  /** A copy of the state block. */
  readonly block: Uint8Array;
  readonly halted: boolean;
  readonly nmiPending: boolean;
  readonly breakpoints: number;
}

/** Fields that belong to the engine, or to what the host wants, and go on as they are. */
const KEPT = [
  ...[AT.tlbContext, AT.translationEpoch, AT.ramBytes],
  ...[AT.observeFills, AT.watching, AT.systemCallsWatched],
];

/** `spare`: the block of a mark that is not needed any more, which is used again. */
export function markProcessor(
  { stateBlock, halted, nmiPending, breakpoints }: ProcessorContext,
  { shutdown, instructions }: ProcessorStatus,
  spare: Uint8Array = new Uint8Array(STATE.size),
): ProcessorMark {
  spare.set(stateBlock);
  return { shutdown, instructions, block: spare, halted, nmiPending, breakpoints };
}

/** Gives the registers back what they were; memory is the caller's concern. */
export function returnToMark(context: ProcessorContext, mark: ProcessorMark): void {
  const { state } = context;
  const kept = KEPT.map((at) => [at, state.i32(at)] as const);
  context.stateBlock.set(mark.block);
  for (const [at, value] of kept) state.set32(at, value);
  context.halted = mark.halted;
  context.nmiPending = mark.nmiPending;
  context.breakpoints = mark.breakpoints;
  setCpl(state, state.i32(AT.cpl));
  updateMode(state);
  updateWatching(state);
  context.flushTlb();
}

/** Has `writing` told of all RAM that instructions are about to write, physical address and bytes; undefined: nobody. */
export function observeWrites(context: ProcessorContext, writing: ProcessorContext['writing']): void {
  context.writing = writing;
  if (watchForHost(context.state, writing !== undefined)) context.flushTlb();
}

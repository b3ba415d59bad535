import { decode, forms, Instruction } from '@trapgate/x86-decoder';
import type { BasicBlock, RegionInstruction } from './discover';
import type { RegionPlan } from './region-module';
import type { ColdRecord } from './region-options';

const NONE = -1;

/** A region's plan in a form that can be sent to another thread. */
export interface SentPlan {
  readonly page: number;
  readonly mode: number;
  readonly entry: number;
  readonly unframed: number | undefined;
  /** The page's bytes. */
  readonly code: Uint8Array;
  /** Block after block: start, taken, falls, recounts, number of instructions, and their offsets; -1 for what there is not. */
  readonly blocks: Int32Array;
  /** Offset, slot and record of each cold instruction. */
  readonly cold: Int32Array;
}

export function sentPlan(plan: RegionPlan, code: Uint8Array): SentPlan {
  const { page, mode, entry, unframed } = plan;
  const blocks: number[] = [];
  for (const { start, taken = NONE, falls = NONE, recounts, instructions } of plan.flow.values()) {
    blocks.push(start, taken, falls, recounts ? 1 : 0, instructions.length);
    for (const { offset } of instructions) blocks.push(offset);
  }
  const cold = [...plan.cold].flatMap(([offset, { slot, record }]) => [offset, slot, record]);
  return {
    page,
    mode,
    entry,
    unframed,
    code: code.slice(),
    blocks: Int32Array.from(blocks),
    cold: Int32Array.from(cold),
  };
}

export function receivedPlan(sent: SentPlan): RegionPlan {
  const { page, mode, entry, unframed, code, blocks, cold } = sent;
  const known = new Map<number, RegionInstruction>();
  const instruction = (offset: number): RegionInstruction => {
    const before = known.get(offset);
    if (before) return before;
    const decoded = new Instruction();
    decode(code, offset, code.length, 32, decoded);
    const made = { offset, form: forms[decoded.form]!, decoded };
    known.set(offset, made);
    return made;
  };
  const flow = new Map<number, BasicBlock>();
  for (let at = 0; at < blocks.length;) {
    const [start, taken, falls, recounts, count] = blocks.subarray(at, at + 5);
    at += 5;
    const instructions = Array.from(blocks.subarray(at, at + count!), instruction);
    at += count!;
    flow.set(start!, {
      start: start!,
      instructions,
      taken: taken === NONE ? undefined : taken,
      falls: falls === NONE ? undefined : falls,
      recounts: recounts !== 0,
    });
  }
  const records = new Map<number, ColdRecord>();
  for (let at = 0; at < cold.length; at += 3)
    records.set(cold[at]!, { slot: cold[at + 1]!, record: cold[at + 2]! });
  return { page, mode, entry, unframed, flow, cold: records };
}

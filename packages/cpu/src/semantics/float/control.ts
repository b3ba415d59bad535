import { i32, select, type I32 } from '@trapgate/wasm-assembler';
import type { Builder, Semantics } from '../../builder/builder';
import { c32, FLAG } from '../../float/format';
import { CR0 } from '../../state/mode';
import { VECTOR } from '../../system/vectors';
import type { MeaningTable } from '../meaning';
import { raisePending, X87 } from './x87';

/** Bit 6 of the control word reads as 1; bits 7, 13, 14 and 15 as 0 (bit 12, infinity control, can be set and means nothing). */
const CONTROL_BITS = 0x1f3f;

/** ES and B follow from the exception flags and the masks. */
export function updateSummary(k: Builder): void {
  const status = k.let(i32.and(k.state32('fpuStatus'), c32(~(FLAG.es | FLAG.busy))));
  const open = i32.and(i32.xor(k.state32('fpuControl'), c32(-1)), c32(0x3f));
  const summary = select(i32.and(status, open), c32(FLAG.es | FLAG.busy), c32(0));
  k.setState32('fpuStatus', i32.or(status, summary));
}

/** The status word with TOP in its place. */
function statusWord(k: Builder): I32 {
  return i32.or(k.state32('fpuStatus'), i32.shl(k.state32('fpuTop'), c32(11)));
}

const fninit: Semantics = (k) => {
  new X87(k, false);
  k.setState32('fpuControl', c32(0x37f));
  for (const field of [
    'fpuStatus',
    'fpuTop',
    'fpuValid',
    'fpuOpcode',
    'fpuInstructionSelector',
    'fpuDataSelector',
  ] as const) {
    k.setState32(field, c32(0));
  }
  k.setState32('fpuInstructionPointer', c32(0));
  k.setState32('fpuDataPointer', c32(0));
};

const fnclex: Semantics = (k) => {
  new X87(k, false);
  k.setState32('fpuStatus', i32.and(k.state32('fpuStatus'), c32(0x7f00)));
};

const fldcw: Semantics = (k, source) => {
  new X87(k);
  k.setState32('fpuControl', i32.or(i32.and(source!.read() as I32, c32(CONTROL_BITS)), c32(0x40)));
  updateSummary(k);
};

const fnstcw: Semantics = (k, destination) => {
  new X87(k, false);
  destination!.write(k.state32('fpuControl'));
};

const fnstsw: Semantics = (k, destination) => {
  new X87(k, false);
  destination!.write(k.let(statusWord(k)));
};

/** FWAIT: unlike other instructions it minds TS only when MP is set, and EM not at all. */
const wait: Semantics = (k) => {
  const both = c32(CR0.mp | CR0.ts);
  k.if(i32.eq(i32.and(k.state32('cr0'), both), both), () => k.raise(VECTOR.nm));
  raisePending(k);
};

const turn =
  (by: number): Semantics =>
  (k) => {
    const x87 = new X87(k).remember();
    x87.turn(by);
    x87.commit(c32(0));
  };

const ffree =
  (pops: number): Semantics =>
  (k) => {
    const x87 = new X87(k).remember();
    x87.setEmpty(x87.sti());
    if (pops > 0) x87.pop(pops);
    x87.commit(c32(0));
  };

const fnop: Semantics = (k) => void new X87(k).remember();
/** FNENI, FNDISI, FNSETPM: leftovers of the 8087 and 80287. */
const nothing: Semantics = (k) => void new X87(k, false);

/** Control of the x87 unit (SDM vol. 1, 8.3.11). */
export const X87_CONTROL: MeaningTable = {
  fninit: { semantics: fninit },
  fnclex: { semantics: fnclex },
  fldcw: { semantics: fldcw },
  fnstcw: { semantics: fnstcw },
  fnstsw: { semantics: fnstsw },
  wait: { semantics: wait },
  fincstp: { semantics: turn(1) },
  fdecstp: { semantics: turn(-1) },
  ffree: { semantics: ffree(0) },
  ffreep: { semantics: ffree(1) },
  fnop: { semantics: fnop },
  fneni: { semantics: nothing },
  fndisi: { semantics: nothing },
  fnsetpm: { semantics: nothing },
};

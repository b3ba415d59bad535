/*
 * The tables for VEX, EVEX, XOP and 3DNow! encodings: by code size, opcode map and opcode a group of 32 nodes, one for each
 * combination of the prefix's pp, W and L'L fields.
 */
import type { Form } from './form';
import { Builder } from './lookup';
import { vectorFacts } from './vector-facts';

const slots = 12;
/** Number of an opcode map among those of the four encodings, by the map field of the prefix; -1: no such map. */
export const vexSlots = [-1, 0, 1, 2];
export const evexSlots = [-1, 3, 4, 5, -1, 6, 7, -1];
export const xopSlots = [8, 9, 10];
export const slot3dnow = 11;

export interface VectorLookup {
  /** [(long ? slots : 0) * 256 + slot * 256 + opcode]: index of a group in `nodes`; group 0 is empty. */
  readonly root: Int32Array;
  /** Groups [pp * 8 + W * 4 + L'L] of nodes as in lookup.ts, and what these refer to. */
  readonly nodes: Int32Array;
  /** By form number, counted from `firstForm`; see vector-facts.ts. */
  readonly facts: Int32Array;
  readonly firstForm: number;
}

export const longRoot = slots * 256;

function slotOf({ encoding, map }: Form): number {
  if (encoding === '3dnow') return slot3dnow;
  return encoding === 'vex' ? vexSlots[map] : encoding === 'evex' ? evexSlots[map] : xopSlots[map - 8];
}

const prefixes = [0, 0x66, 0xf3, 0xf2];
const allLengths = 0b0111_0111; // L'L = 3 is reserved
const lengthBits = { 0: allLengths, 128: 0b0001_0001, 256: 0b0010_0010, 512: 0b0100_0100 } as const;

/** Which of the 32 combinations of pp, W and L'L select the form, a bit for each. */
function selection(form: Form, long: boolean): number {
  if ((form.modes & (long ? 2 : 1)) === 0) return 0;
  if (form.encoding === '3dnow') return -1;
  // W that chooses the size of general registers is ignored where there are no 64-bit ones.
  const ignoresW = form.w < 0 || (form.operandSize === 32 && !long);
  const widths = ignoresW ? 0xff : form.w === 1 ? 0xf0 : 0x0f;
  return (widths & lengthBits[form.vectorLength]) << (prefixes.indexOf(form.prefix) * 8);
}

/** Throws `OverlapError` if two rows claim the same bytes. */
export function buildVectorLookup(forms: readonly Form[]): VectorLookup {
  const buckets: Form[][] = Array.from({ length: slots * 256 }, () => []);
  for (const form of forms) buckets[slotOf(form) * 256 + form.opcode].push(form);
  const builder = new Builder();
  const root = new Int32Array(2 * longRoot);
  const nothing = Array.from({ length: 32 }, () => 0);
  builder.nodes.push(...nothing);
  for (const long of [false, true]) {
    buckets.forEach((bucket, opcode) => {
      if (bucket.length === 0) return;
      const selections = bucket.map((form) => selection(form, long));
      const cells = nothing.map((_, fields) =>
        builder.buildModrm(bucket.filter((_form, i) => ((selections[i] >>> fields) & 1) !== 0)),
      );
      root[(long ? longRoot : 0) + opcode] = builder.nodes.length;
      builder.nodes.push(...cells);
    });
  }
  return {
    root,
    nodes: Int32Array.from(builder.nodes),
    facts: Int32Array.from(forms, vectorFacts),
    firstForm: forms[0].id,
  };
}

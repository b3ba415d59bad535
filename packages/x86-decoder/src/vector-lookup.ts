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
const lengths = { 128: 0, 256: 1, 512: 2 } as const;

/** Whether the fields of a prefix, as a number 0..31, select the form. */
function selects(form: Form, fields: number, long: boolean): boolean {
  if ((form.modes & (long ? 2 : 1)) === 0) return false;
  if (form.encoding === '3dnow') return true;
  if (form.prefix !== prefixes[fields >> 3]) return false;
  // W that chooses the size of general registers is ignored where there are no 64-bit ones.
  const ignoresW = form.w < 0 || (form.operandSize === 32 && !long);
  if (!ignoresW && form.w !== ((fields >> 2) & 1)) return false;
  if ((fields & 3) === 3) return false;
  return form.vectorLength === 0 || lengths[form.vectorLength] === (fields & 3);
}

/** Throws `OverlapError` if two rows claim the same bytes. */
export function buildVectorLookup(forms: readonly Form[]): VectorLookup {
  const buckets: Form[][] = Array.from({ length: slots * 256 }, () => []);
  for (const form of forms) buckets[slotOf(form) * 256 + form.opcode].push(form);
  const builder = new Builder();
  const root = new Int32Array(2 * slots * 256);
  for (let i = 0; i < 32; i++) builder.nodes.push(0);
  for (const long of [false, true]) {
    buckets.forEach((bucket, opcode) => {
      if (bucket.length === 0) return;
      const cells = Array.from({ length: 32 }, (_, fields) =>
        builder.buildModrm(bucket.filter((form) => selects(form, fields, long))),
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

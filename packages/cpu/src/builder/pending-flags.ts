import { i32, type FunctionBuilder, type I32, type Label } from '@trapgate/wasm-assembler';
import { AT } from '../state/layout';
import type { Builder } from './builder';
import { Flags } from './flags';
import { signExtend } from './values';

/**
 * What translated code notes in the state block instead of the flags: the kind of the instruction that they follow from, and
 * its operands.
 *
 * - inc, dec: X is the result; CF is in its word already
 * - add, sub: X and Y are the operands (X - Y)
 * - adc, sbb: Z is the result
 * - logic: X is the result
 * - shl, shr, sar: X is what was shifted, zero-extended, Y the count
 * - mul: X and Y are the product's halves
 * - imul: X and Y are the factors
 * - rol, ror: X is the result; the words are good but for CF and OF
 *
 * Bits above the operand size are unspecified except where said.
 */
export const PENDING_KINDS = [
  'inc',
  'dec',
  'add',
  'sub',
  'adc',
  'sbb',
  'logic',
  'shl',
  'shr',
  'sar',
  'mul',
  'imul',
  'rol',
  'ror',
] as const;

/** An operation whose operands are kept so that its flags can be computed later. */
export type PendingKind = (typeof PENDING_KINDS)[number];
const WIDTHS = [8, 16, 32] as const;

/** The number that stands for a kind and a width in `pendingKind`; 0 means that the flags' words are good. */
export function pendingCode(kind: PendingKind, width: 8 | 16 | 32): number {
  return 1 + PENDING_KINDS.indexOf(kind) * WIDTHS.length + WIDTHS.indexOf(width);
}

/** Computes the flags' words from operands by kind. All values are leaves. */
export function computePending(
  flags: Flags,
  kind: PendingKind,
  width: number,
  [x, y, z]: readonly [I32, I32, I32],
  keep: (value: I32) => I32,
): void {
  switch (kind) {
    case 'add':
      return flags.add(width, x, y, keep(i32.add(x, y)));
    case 'sub':
      return flags.sub(width, x, y, keep(i32.sub(x, y)));
    case 'adc':
      return flags.add(width, x, y, z);
    case 'sbb':
      return flags.sub(width, x, y, z);
    case 'logic':
      return flags.logic(width, x);
    case 'inc':
      return flags.step(width, keep(i32.sub(x, i32.const(1))), x, 1);
    case 'dec':
      return flags.step(width, keep(i32.add(x, i32.const(1))), x, -1);
    case 'shl':
      return flags.shift(kind, width, x, y, keep(i32.shl(x, y)));
    case 'shr':
      return flags.shift(kind, width, x, y, keep(i32.shrU(x, y)));
    case 'sar':
      return flags.shift(kind, width, x, y, keep(i32.shrS(signExtend(width, x) as I32, y)));
    case 'mul':
      return flags.multiplyUnsigned(width, x, y);
    case 'imul':
      return flags.multiplySigned(width, x, y, keep(i32.mul(x, y)));
    case 'rol':
    case 'ror':
      return flags.rotate(kind, width, x);
  }
}

/** Emits `()`: computes the flags' words from what is pending in the state block at `s`. */
export function emitMaterialize(fn: FunctionBuilder, s: I32): void {
  const operands = [AT.pendingX, AT.pendingY, AT.pendingZ].map((at) => fn.let(i32.load(s, at)));
  const keep = (value: I32): I32 => fn.let(value);
  const flags = new Flags({ fn, s, let: keep, if: fn.if.bind(fn) } as unknown as Builder);
  const cases = PENDING_KINDS.flatMap((kind) => WIDTHS.map((width) => ({ kind, width })));
  const labels: Label[] = [];
  const nest = (n: number, none: Label): void => {
    fn.block((label) => {
      labels[n] = label;
      if (n > 0) nest(n - 1, none);
      else fn.brTable(i32.load(s, AT.pendingKind), [none, ...labels], none);
    });
    const mark = fn.mark();
    computePending(
      flags,
      cases[n]!.kind,
      cases[n]!.width,
      operands as unknown as readonly [I32, I32, I32],
      keep,
    );
    fn.release(mark);
    fn.br(none);
  };
  fn.block((none) => nest(cases.length - 1, none));
  fn.store('i32.store', s, i32.const(0), AT.pendingKind);
}

import { call, i32, type FunctionRef, type I32 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../../builder/builder';
import { c32, MODE } from '../../float/format';
import type { FloatFunctions } from '../../float/functions';
import type { Meaning, MeaningTable } from '../meaning';
import { memoryOperand } from './operands';
import { X87 } from './x87';

interface Operation {
  readonly name: string;
  readonly operation: 'add' | 'multiply' | 'divide';
  readonly subtract?: boolean;
  /** source - destination, source / destination. */
  readonly reversed?: boolean;
}

const OPERATIONS: readonly Operation[] = [
  { name: 'add', operation: 'add' },
  { name: 'mul', operation: 'multiply' },
  { name: 'sub', operation: 'add', subtract: true },
  { name: 'subr', operation: 'add', subtract: true, reversed: true },
  { name: 'div', operation: 'divide' },
  { name: 'divr', operation: 'divide', reversed: true },
];

function apply(
  x87: X87,
  { operation, subtract, reversed }: Operation,
  z: I32,
  dst: I32,
  src: I32,
  denormal: I32,
): I32 {
  const fn: FunctionRef = (x87.float as FloatFunctions)[operation];
  const mode = x87.mode(subtract ? i32.or(denormal, c32(MODE.subtract)) : denormal);
  return reversed ? call<'i32'>(fn, z, src, dst, mode) : call<'i32'>(fn, z, dst, src, mode);
}

/** FADD m32 and FIADD m16: ST(0) and memory. */
const withMemory =
  (operation: Operation, integer: boolean): Semantics =>
  (k) => {
    const x87 = new X87(k);
    const denormal = memoryOperand(x87, integer);
    x87.remember(k.linear());
    const st0 = x87.st(0);
    const source = x87.slot('x');
    x87.produce(st0, x87.filled(st0), (z) => apply(x87, operation, z, st0.at, source, denormal));
  };

/** FADD ST(0), ST(i) and FADD ST(i), ST(0). */
const withRegister =
  (operation: Operation, pops: number): Semantics =>
  (k) => {
    const x87 = new X87(k).remember();
    const [st0, sti] = [x87.st(0), x87.sti()];
    const [dst, src] = k.form.operands[0]!.kind === 'sti' ? [sti, st0] : [st0, sti];
    const both = i32.and(x87.filled(st0), x87.filled(sti));
    x87.produce(dst, both, (z) => apply(x87, operation, z, dst.at, src.at, c32(0)), pops);
  };

const both =
  (operation: Operation): Semantics =>
  (k, ...operands) =>
    (k.form.operands.length === 1 ? withMemory(operation, false) : withRegister(operation, 0))(
      k,
      ...operands,
    );

function rows(operation: Operation): [string, Meaning][] {
  return [
    [`f${operation.name}`, { semantics: both(operation) }],
    [`f${operation.name}p`, { semantics: withRegister(operation, 1) }],
    [`fi${operation.name}`, { semantics: withMemory(operation, true) }],
  ];
}

const unary =
  (operation: 'squareRoot' | 'roundInteger'): Semantics =>
  (k) => {
    const x87 = new X87(k).remember();
    x87.unary(x87.float[operation]);
  };

/** FCHS, FABS: the sign bit of any value, no exceptions but an empty register. */
const sign =
  (change: (signExponent: I32) => I32): Semantics =>
  (k) => {
    const x87 = new X87(k).remember();
    const st0 = x87.st(0);
    x87.produce(st0, x87.filled(st0), (z) => {
      x87.copy(z, st0.at);
      k.fn.store('i32.store16', z, change(i32.load16U(z, 8)), 8);
      return c32(0);
    });
  };

/** Basic arithmetic (SDM vol. 1, 8.3.5). */
export const X87_ARITHMETIC: MeaningTable = {
  ...Object.fromEntries(OPERATIONS.flatMap(rows)),
  fsqrt: { semantics: unary('squareRoot') },
  frndint: { semantics: unary('roundInteger') },
  fchs: { semantics: sign((word) => i32.xor(word, c32(0x8000))) },
  fabs: { semantics: sign((word) => i32.and(word, c32(0x7fff))) },
};

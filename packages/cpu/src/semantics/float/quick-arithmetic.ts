import { i32 } from '@trapgate/wasm-assembler';
import { c32 } from '../../float/format';
import type { QuickFunctions, QuickNumber } from '../../float/quick';
import type { QuickSemantics } from '../meaning';
import { QuickX87, SIGN, type QuickRegister } from './quick';

type QuickTable = Readonly<Record<string, QuickSemantics>>;

interface Operation {
  readonly name: string;
  readonly operation: keyof QuickFunctions;
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
  q: QuickX87,
  { operation, subtract, reversed }: Operation,
  to: QuickRegister,
  dst: QuickNumber,
  src: QuickNumber,
): void {
  const { k } = q;
  const [a, b] = reversed ? [src, dst] : [dst, src];
  const second = subtract ? { ...b, word: k.let(i32.xor(b.word, c32(SIGN))) } : b;
  q.apply(k.support.float.quick[operation], to, a, second);
}

const withMemory =
  (operation: Operation, integer: boolean): QuickSemantics =>
  (k, otherwise) => {
    const q = new QuickX87(k, otherwise);
    const st0 = q.st(0);
    q.requireFilled(st0);
    const bits = k.form.operands[0]!.size;
    const source = integer ? q.integer(bits) : q.number(bits);
    apply(q, operation, st0, q.read(st0), source);
    q.remember();
  };

const withRegister =
  (operation: Operation, pops: number): QuickSemantics =>
  (k, otherwise) => {
    const q = new QuickX87(k, otherwise);
    const [st0, sti] = [q.st(0), q.sti()];
    const [dst, src] = k.form.operands[0]!.kind === 'sti' ? [sti, st0] : [st0, sti];
    q.requireFilled(st0, sti);
    apply(q, operation, dst, q.read(dst), q.read(src));
    q.pop(pops);
    q.remember();
  };

const both =
  (operation: Operation): QuickSemantics =>
  (k, otherwise) =>
    (k.form.operands.length === 1 ? withMemory(operation, false) : withRegister(operation, 0))(k, otherwise);

const rows = (operation: Operation): [string, QuickSemantics][] => [
  [`f${operation.name}`, both(operation)],
  [`f${operation.name}p`, withRegister(operation, 1)],
  [`fi${operation.name}`, withMemory(operation, true)],
];

const sign =
  (change: (word: QuickNumber['word']) => QuickNumber['word']): QuickSemantics =>
  (k, otherwise) => {
    const q = new QuickX87(k, otherwise);
    const { base, offset, number } = q.st(0);
    q.requireFilled({ base, offset, number });
    k.fn.store('i32.store16', base, change(i32.load16U(base, offset + 8)), offset + 8);
    q.remember();
    q.setStatus(c32(0));
  };

/** The ordinary cases of basic arithmetic. */
export const QUICK_ARITHMETIC: QuickTable = {
  ...Object.fromEntries(OPERATIONS.flatMap(rows)),
  fchs: sign((word) => i32.xor(word, c32(SIGN))),
  fabs: sign((word) => i32.and(word, c32(SIGN - 1))),
};

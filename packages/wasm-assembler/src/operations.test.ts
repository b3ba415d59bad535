import { describe, expect, it } from 'vitest';
import {
  f32Const,
  f64Const,
  i32,
  i64,
  ModuleBuilder,
  operations,
  shuffle,
  v128Const,
  wasm,
  wasmLane,
  wasmLoad,
  type Expression,
  type I32,
  type Operation,
  type V128,
} from './index';

const rows = [...operations.values()];
const CONSTANTS: Readonly<Record<string, Expression>> = {
  'i32.const': i32.const(-1),
  'i64.const': i64.const(-1n),
  'f32.const': f32Const(1.5),
  'f64.const': f64Const(1.5),
  'v128.const': v128Const(Array.from({ length: 16 }, (_, n) => n)),
};

/** The operation applied to its operands, with some immediate. */
function apply(row: Operation, operands: readonly Expression[]): Expression {
  if (row.immediate === 'constant') return CONSTANTS[row.name]!;
  if (row.immediate === 'shuffle')
    return shuffle(operands[0] as V128, operands[1] as V128, new Array(16).fill(31));
  if (row.immediate === 'lane') return wasmLane(row.name, 1, ...operands);
  return row.immediate === 'memory'
    ? wasmLoad(row.name, operands[0] as I32, 16)
    : wasm(row.name, ...operands);
}

/** A module with one function, named `f`, of the operation's own type. */
function moduleOf(row: Operation): Uint8Array {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', 1, 1);
  const results = row.result ? [row.result] : [];
  const fn = module.function('f', { params: row.operands, results });
  const operands = fn.params.map((local) => local.get);
  if (row.result) fn.return(apply(row, operands));
  else fn.store(row.name, operands[0] as I32, operands[1]!, 16);
  return module.finish().bytes;
}

describe('the table of operations', () => {
  it.each(rows.map((row) => [row.name, row] as const))(
    '%s is encoded as a valid instruction of its type',
    (_name, row) => {
      expect(WebAssembly.validate(moduleOf(row) as BufferSource)).toBe(true);
    },
  );

  it('has no two names for one opcode', () => {
    const names = new Map<string, string>();
    for (const { code, name } of rows) {
      expect([names.get(code.join()), name]).toEqual([undefined, name]);
      names.set(code.join(), name);
    }
  });

  it('uses the names of the text format', () => {
    const odd = rows.filter(
      ({ name }) => !/^(?:[if](?:32|64)|v128|[if]\d+x\d+)\.[a-z][a-z0-9_]*$/.test(name),
    );
    expect(odd).toEqual([]);
  });
});

type Numbers = (a: number, b: number) => number;
type Bigs = (a: bigint, b: bigint) => bigint;

/** What the engine computes for a two-operand function of constants: its operands are parameters, so nothing folds. */
function run(type: 'i32' | 'i64', make: (a: Expression, b: Expression) => Expression): Numbers & Bigs {
  const module = new ModuleBuilder();
  const fn = module.function('f', { params: [type, type], results: [type] }, { exported: true });
  const value = make(fn.param(0), fn.param(1));
  fn.return(value.type === type ? value : i64.extendI32U(value as I32));
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(module.finish().bytes as BufferSource),
    {},
  );
  return exports['f'] as unknown as Numbers & Bigs;
}

const binary = (of: object): [string, (a: Expression, b: Expression) => Expression][] =>
  Object.entries(of).filter(([name]) => /^(?:add|sub|mul|and|or|xor|sh|rot|eq$|ne$|[lg][te][SU])/.test(name));

describe('constant folding gives what the operation gives', () => {
  const values = [0, 1, 2, 31, 32, 33, 0x7fff_ffff, -0x8000_0000, -1, -2, 0x1234_5678];
  it.each(binary(i32))('i32.%s', (_name, operation) => {
    const reference = run('i32', operation);
    for (const a of values) {
      for (const b of values) {
        const folded = operation(i32.const(a), i32.const(b));
        expect([folded.kind, a, b, folded.value]).toEqual(['constant', a, b, reference(a, b)]);
        expect([a, b, run('i32', (x) => operation(x, i32.const(b)))(a, 0)]).toEqual([a, b, reference(a, b)]);
      }
    }
  });

  const bigs = [
    0n,
    1n,
    63n,
    64n,
    65n,
    0x7fff_ffff_ffff_ffffn,
    -0x8000_0000_0000_0000n,
    -1n,
    0x1234_5678_9abc_def0n,
  ];
  it.each(binary(i64))('i64.%s', (_name, operation) => {
    const reference = run('i64', operation);
    for (const a of bigs) {
      for (const b of bigs) {
        const folded = operation(i64.const(a), i64.const(b));
        if (folded.kind === 'constant') expect([a, b, folded.value]).toEqual([a, b, reference(a, b)]);
        expect([a, b, run('i64', (x) => operation(x, i64.const(b)))(a, 0n)]).toEqual([a, b, reference(a, b)]);
      }
    }
  });

  it.each([
    ['eqz', i32.eqz(i32.const(0)), 1],
    ['eqz of another', i32.eqz(i32.const(7)), 0],
    ['wrap', i32.wrap(i64.const(0x1_ffff_ffffn)), -1],
    ['extend signed', i64.extendI32S(i32.const(-1)), -1n],
    ['extend unsigned', i64.extendI32U(i32.const(-1)), 0xffff_ffffn],
  ])('%s', (_title, expression: Expression, value) => {
    expect([expression.kind, expression.value]).toEqual(['constant', value]);
  });
});

describe('integers as LEB128', () => {
  const edges = [0, 1, 63, 64, 127, 128, 8191, 8192, 0x7f_ffff, 0x7fff_ffff];
  const numbers = edges.flatMap((value) => [value, -value, ~value]);
  it('constants of 32 bits arrive', () => {
    const module = new ModuleBuilder();
    numbers.forEach((value, n) => {
      module.function(`f${n}`, { params: [], results: ['i32'] }, { exported: true }).return(i32.const(value));
    });
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(module.finish().bytes as BufferSource),
      {},
    );
    expect(numbers.map((_, n) => (exports[`f${n}`] as () => number)())).toEqual(
      numbers.map((value) => value | 0),
    );
  });

  it('constants of 64 bits arrive', () => {
    const big = [31n, 32n, 33n, 34n, 35n, 55n, 56n, 62n, 63n].flatMap((shift) => [
      1n << shift,
      (1n << shift) - 1n,
    ]);
    const values = [...big, ...big.map((value) => -value)].map((value) => BigInt.asIntN(64, value));
    const module = new ModuleBuilder();
    values.forEach((value, n) => {
      module.function(`f${n}`, { params: [], results: ['i64'] }, { exported: true }).return(i64.const(value));
    });
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(module.finish().bytes as BufferSource),
      {},
    );
    expect(values.map((_, n) => (exports[`f${n}`] as () => bigint)())).toEqual(values);
  });
});

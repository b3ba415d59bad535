// The text is what an independent assembler makes the same code of: wat2wasm of wabt (Debian's package `wabt`).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  call,
  callIndirect,
  f32Const,
  f64Const,
  i32,
  i64,
  ModuleBuilder,
  operations,
  printText,
  select,
  shuffle,
  v128Const,
  wasm,
  wasmLane,
  wasmLoad,
  type Expression,
  type FunctionBuilder,
  type I32,
  type Operation,
  type V128,
} from './index';

function hasWabt(): boolean {
  try {
    execFileSync('wat2wasm', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'trapgate-wat-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const UNARY = { params: ['i32'], results: ['i32'] } as const;
/** What every module here imports. */
const IMPORTS = `
  (import "env" "twice" (func $twice (param i32) (result i32)))
  (import "env" "memory" (memory 1 1))
  (import "env" "table" (table 0 funcref))`;

function newModule() {
  const module = new ModuleBuilder();
  const twice = module.importFunction('env', 'twice', UNARY);
  module.importMemory('env', 'memory', 1, 1);
  module.importTable('env', 'table', 0);
  return { module, twice };
}

/** The module that wat2wasm makes of functions in text. */
function fromText(functions: readonly FunctionBuilder[], exported?: string): Uint8Array {
  const file = join(folder, 'module.wat');
  const exports = exported === undefined ? '' : `(export "${exported}" (func $${exported}))`;
  writeFileSync(file, `(module${IMPORTS}\n${functions.map(printText).join('\n')}\n${exports})\n`);
  const output = join(folder, 'module.wasm');
  execFileSync('wat2wasm', ['--enable-tail-call', file, '-o', output], { stdio: 'pipe' });
  return readFileSync(output);
}

function leb(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value >>> 0, at];
  }
}

/** The instructions of each function, in hexadecimal, without the declarations of locals (core specification, 5.5.13). */
function bodies(binary: Uint8Array): string[] {
  const CODE_SECTION = 10;
  let at = 8;
  while (at < binary.length) {
    const id = binary[at]!;
    const [size, start] = leb(binary, at + 1);
    at = start + size;
    if (id !== CODE_SECTION) continue;
    let [count, next] = leb(binary, start);
    const found: string[] = [];
    while (count-- > 0) {
      const [length, from] = leb(binary, next);
      next = from + length;
      let [groups, code] = leb(binary, from);
      while (groups-- > 0) code = leb(binary, code)[1] + 1;
      found.push(Buffer.from(binary.subarray(code, next)).toString('hex'));
    }
    return found;
  }
  return [];
}

const rows = [...operations.values()];
const constants: readonly Expression[] = [
  ...[0, 1, -1, 0x7fff_ffff, -0x8000_0000].map((value) => i32.const(value)),
  ...[0n, -1n, 1n << 62n, -(1n << 63n)].map((value) => i64.const(value)),
  ...[0, -0, 1.5, 0.1, 1e30, -1e-30, Infinity, -Infinity, NaN].map(f32Const),
  ...[0, -0, 1.5, 0.1, 1e300, 5e-324, Infinity, -Infinity, NaN].map(f64Const),
  v128Const(Array.from({ length: 16 }, (_, n) => n * 17)),
];

function apply(row: Operation, operands: readonly Expression[]): Expression {
  if (row.immediate === 'shuffle')
    return shuffle(operands[0] as V128, operands[1] as V128, new Array(16).fill(31));
  if (row.immediate === 'lane') return wasmLane(row.name, 1, ...operands);
  return row.immediate === 'memory'
    ? wasmLoad(row.name, operands[0] as I32, 16)
    : wasm(row.name, ...operands);
}

/** One function per operation of the table. */
function everyOperation(module: ModuleBuilder): FunctionBuilder[] {
  return rows
    .filter(({ immediate }) => immediate !== 'constant')
    .map((row, n) => {
      const fn = module.function(`f${n}`, { params: row.operands, results: row.result ? [row.result] : [] });
      const operands = fn.params.map((local) => local.get);
      if (row.result) fn.return(apply(row, operands));
      else fn.store(row.name, operands[0] as I32, operands[1]!, 16);
      return fn;
    });
}

/** A function with all kinds of statements: the sum of some of the words below its argument, as a number to compare. */
function everyStatement(module: ModuleBuilder, twice: Parameters<typeof call>[0]): FunctionBuilder {
  const fn = module.function('run', UNARY, { exported: true });
  const n = fn.variable(fn.param<'i32'>(0));
  const sum = fn.variable(i64.const(1));
  fn.memoryFill(i32.const(0), i32.const(3), i32.const(64));
  fn.memoryCopy(i32.const(8), i32.const(4), i32.const(16));
  fn.comment('a loop, left in its middle');
  fn.block((done) => {
    fn.loop((again) => {
      fn.brIf(done, i32.eqz(n.get));
      fn.store('i32.store', i32.and(n.get, i32.const(60)), n.get, 0);
      fn.if(
        i32.and(n.get, i32.const(1)),
        () => fn.set(sum, i64.add(sum.get, i64.load(i32.and(n.get, i32.const(56))))),
        () => fn.if(i32.gtU(n.get, i32.const(90)), () => fn.set(n, i32.sub(n.get, i32.const(2)))),
      );
      fn.block((other) =>
        fn.block((one) => {
          fn.brTable(i32.and(n.get, i32.const(3)), [one, other], one);
        }),
      );
      fn.set(n, i32.sub(n.get, i32.const(1)));
      fn.drop(call<'i32'>(twice, n.get));
      fn.br(again);
    });
  });
  fn.if(i32.gtU(fn.param<'i32'>(0), i32.const(1000)), () => fn.unreachable());
  const low = fn.let(i32.wrap(sum.get));
  fn.return(select(i32.and(fn.param<'i32'>(0), i32.const(2)), call<'i32'>(twice, low), low));
  return fn;
}

const present = hasWabt();

// CI has wabt; elsewhere the tests are skipped where it is not installed.
describe.skipIf(!present && !process.env['CI'])('printText (skipped where there is no wat2wasm)', () => {
  it('is the same code for every operation', () => {
    const { module } = newModule();
    const functions = everyOperation(module);
    const ours = bodies(module.finish().bytes);
    const theirs = bodies(fromText(functions));
    const differing = functions.filter((_, n) => ours[n] !== theirs[n]).map((fn) => printText(fn));
    expect(differing).toEqual([]);
    expect(ours.length).toBeGreaterThan(200);
  });

  it('is the same code for constants of every type', () => {
    const { module } = newModule();
    const functions = constants.map((constant, n) => {
      const fn = module.function(`f${n}`, { params: [], results: [constant.type] });
      fn.return(constant);
      return fn;
    });
    expect(bodies(fromText(functions))).toEqual(bodies(module.finish().bytes));
  });

  it('is the same code for indirect calls, tail calls and vectors', () => {
    const { module } = newModule();
    const fn = module.function('f', UNARY);
    const v = fn.let(wasmLoad<'v128'>('v128.load', fn.param<'i32'>(0), 32));
    fn.drop(select(fn.param<'i32'>(0), v, v));
    fn.drop(callIndirect<'i32'>(UNARY, i32.const(3), i32.const(4)));
    const pair = module.function('pair', { params: [], results: ['i32', 'v128'] });
    pair.return(i32.const(1), ...pair.letResults(call(pair)).slice(1));
    fn.returnCallIndirect(UNARY, fn.param<'i32'>(0), i32.const(1));
    const text = fromText([fn, pair]);
    expect(bodies(text)).toEqual(bodies(module.finish().bytes));
  });

  it('gives a module that behaves as the one written directly', () => {
    const { module, twice } = newModule();
    const fn = everyStatement(module, twice);
    const run = (bytes: Uint8Array) => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
      const asked: number[] = [];
      const env = {
        memory,
        table: new WebAssembly.Table({ element: 'anyfunc', initial: 0 }),
        twice: (value: number) => (asked.push(value), value * 2),
      };
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), { env });
      const results = [0, 1, 2, 7, 50, 101, 1000].map((n) => (exports['run'] as (n: number) => number)(n));
      return { results, asked, memory: Buffer.from(memory.buffer, 0, 128).toString('hex') };
    };
    const expected = run(module.finish().bytes);
    expect(run(fromText([fn], 'run'))).toEqual(expected);
    expect(new Set(expected.results).size).toBeGreaterThan(4);
  });
});

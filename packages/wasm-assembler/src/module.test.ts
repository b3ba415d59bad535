import { describe, expect, it } from 'vitest';
import {
  call,
  callIndirect,
  i32,
  i64,
  Layout,
  ModuleBuilder,
  select,
  shuffle,
  v128Const,
  wasm,
  type Expression,
  type FunctionBuilder,
  type I32,
  type Label,
  type Local,
  type Signature,
} from './index';

const I2 = { params: ['i32', 'i32'], results: ['i32'] } as const;

function instantiate(
  module: ModuleBuilder,
  imports: WebAssembly.Imports = {},
): Record<string, (...values: number[]) => number> {
  const instance = new WebAssembly.Instance(
    new WebAssembly.Module(module.finish().bytes as BufferSource),
    imports,
  );
  return instance.exports as Record<string, (...values: number[]) => number>;
}

describe('ModuleBuilder', () => {
  it('runs loops, branches and a table dispatch', () => {
    const module = new ModuleBuilder();
    const f = module.function('gauss', { params: ['i32'], results: ['i32'] }, { exported: true });
    const sum = f.variable(i32.const(0));
    const n = f.variable<'i32'>(f.param<'i32'>(0));
    f.block((done) => {
      f.loop((again) => {
        f.brIf(done, i32.eqz(n.get));
        f.set(sum, i32.add(sum.get, n.get));
        f.set(n, i32.sub(n.get, i32.const(1)));
        f.br(again);
      });
    });
    f.return(sum.get);
    const g = module.function('pick', { params: ['i32'], results: ['i32'] }, { exported: true });
    g.block((other) => {
      g.block((one) => {
        g.block((zero) => g.brTable(g.param<'i32'>(0), [zero, one], other));
        g.return(i32.const(100));
      });
      g.return(i32.const(101));
    });
    g.return(i32.const(-1));
    const exports = instantiate(module);
    expect(exports['gauss']!(10)).toBe(55);
    expect([0, 1, 2, 99].map((value) => exports['pick']!(value))).toEqual([100, 101, -1, -1]);
  });

  it('calls directly, through the table and through imports, and touches memory', () => {
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', 1, 1);
    const twice = module.importFunction('env', 'twice', { params: ['i32'], results: ['i32'] });
    const add = module.function('add', I2);
    add.return(i32.add(add.param<'i32'>(0), add.param<'i32'>(1)));
    const slot = module.addToTable(add);
    const main = module.function('main', { params: ['i32'], results: ['i32'] }, { exported: true });
    main.store('i32.store16', i32.const(8), i32.const(0x1234), 2);
    const x = main.let(
      callIndirect<'i32'>(I2, i32.const(slot), main.param<'i32'>(0), i32.load16U(i32.const(10))),
    );
    main.return(i32.add(x, call<'i32'>(twice, call<'i32'>(add, x, i32.const(1)))));
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const exports = instantiate(module, { env: { memory, twice: (v: number) => v * 2 } });
    expect(exports['main']!(1)).toBe(0x1235 * 3 + 2);
  });

  it('calls functions of several results, and returns several', () => {
    const module = new ModuleBuilder();
    const pair: Signature = { params: ['i32'], results: ['i32', 'i64'] };
    const split = module.function('split', pair);
    split.return(
      i32.add(split.param<'i32'>(0), i32.const(1)),
      i64.extendI32S(i32.sub(i32.const(0), split.param<'i32'>(0))),
    );
    const slot = module.addToTable(split);
    const main = module.function('main', { params: ['i32'], results: ['i32'] }, { exported: true });
    const [more, minus] = main.letResults(call(split, main.param(0))) as [I32, Expression<'i64'>];
    const [most] = main.letResults(callIndirect(pair, i32.const(slot), more)) as [I32];
    main.return(i32.add(i32.mul(most, i32.const(100)), i32.wrap(minus)));
    expect(instantiate(module)['main']!(5)).toBe(700 - 5);
    expect(() => main.letResults(i32.const(1))).toThrow('constant has one result');
  });

  it('encodes 64-bit constants and vectors', () => {
    const module = new ModuleBuilder();
    const f = module.function('high', { params: [], results: ['i32'] }, { exported: true });
    const v = f.let(wasm<'v128'>('i64x2.splat', i64.const(-0x123456789abcdefn)));
    f.return(
      i32.wrap(
        i64.shrU(wasm<'i64'>('i64.add', i64.const(0x7fffffffffffffffn), i64.const(-1n)), i64.const(32)),
      ),
    );
    f.drop(v);
    expect(instantiate(module)['high']!()).toBe(0x7fffffff);
  });

  it.each([
    ['constants fold', i32.add(i32.const(0x7fffffff), i32.const(1)), -0x80000000],
    ['unsigned comparison', i32.ltU(i32.const(1), i32.const(-1)), 1],
    ['rotate', i32.rotl(i32.const(0x80000001 | 0), i32.const(1)), 3],
  ])('%s', (_name, expression: I32, value) => {
    expect(expression.value).toBe(value);
  });

  it('refuses an expression that is placed twice', () => {
    const module = new ModuleBuilder();
    const f = module.function('f', { params: ['i32'], results: ['i32'] });
    const load = i32.load(f.param<'i32'>(0));
    f.return(i32.add(load, load));
    expect(() => module.finish()).toThrow(/used twice/);
  });

  it('selects, copies, fills and takes the arm of an if', () => {
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', 1, 1);
    const f = module.function('f', { params: ['i32'], results: ['i32'] }, { exported: true });
    const n = f.param<'i32'>(0);
    f.memoryFill(i32.const(0), select(n, i32.const(0x11), i32.const(0x22)), i32.const(8));
    f.memoryCopy(i32.const(100), i32.const(4), i32.const(4));
    f.if(
      i32.eqz(n),
      () => f.store('i32.store8', i32.const(100), i32.const(0xaa)),
      () => f.store('i32.store8', i32.const(101), i32.const(0xbb)),
    );
    f.return(i32.load(i32.const(0), 100));
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const run = instantiate(module, { env: { memory } })['f']!;
    expect([run(0), run(1)].map((value) => (value >>> 0).toString(16))).toEqual(['222222aa', '1111bb11']);
  });

  it('a constant condition leaves only the arm that runs, and branches out of it still work', () => {
    const module = new ModuleBuilder();
    const f = module.function('f', { params: [], results: ['i32'] }, { exported: true });
    const value = f.variable(i32.const(1));
    f.if(i32.const(1), (label) => {
      f.brIf(label, i32.const(0));
      f.br(label);
      f.set(value, i32.const(2));
    });
    f.if(i32.const(0), () => f.set(value, i32.const(3)));
    f.return(value.get);
    expect(f.body.map(({ kind }) => kind)).toEqual(['set', 'block', 'return']);
    expect(instantiate(module)['f']!()).toBe(1);
  });

  it('reuses locals that have been released', () => {
    const module = new ModuleBuilder();
    const f = module.function('f', { params: ['i32'], results: [] });
    const mark = f.mark();
    const first = f.local('i32');
    f.release(mark);
    expect([f.local('i32'), f.local('i64').index, f.local('i32').index]).toEqual([first, 2, 3]);
  });

  it('exports under any name', () => {
    const module = new ModuleBuilder();
    module.function('für', { params: [], results: ['i32'] }, { exported: true }).return(i32.const(4));
    expect(instantiate(module)['für']!()).toBe(4);
  });

  it('tells the size of each body', () => {
    const module = new ModuleBuilder();
    module.function('f', { params: [], results: ['i32'] }).return(i32.const(4));
    // No locals; i32.const 4; return; unreachable; end.
    expect([...module.finish().sizes]).toEqual([['f', 6]]);
  });

  it.each([
    [
      'a call with the wrong arguments',
      (f: FunctionBuilder) => f.call(f, i64.const(1)),
      /takes \(i32\), not \(i64\)/,
    ],
    [
      'a local of another type',
      (f: FunctionBuilder) => f.set(f.local('i32') as Local, i64.const(1)),
      /is i32, not i64/,
    ],
    [
      'a store of another type',
      (f: FunctionBuilder) => f.store('i32.store8', i32.const(0), i64.const(1)),
      /cannot store i64/,
    ],
    [
      'an operation that is not in the table',
      () => wasm('i32.sqrt', i32.const(0)),
      /no WebAssembly operation/,
    ],
    [
      'a lane beyond both vectors',
      () => shuffle(v128Const([]), v128Const([]), new Array<number>(16).fill(32)),
      /0\.\.31/,
    ],
  ])('refuses %s', (_title, use, message) => {
    expect(() => use(new ModuleBuilder().function('f', { params: ['i32'], results: [] }))).toThrow(message);
  });

  it('refuses a branch to a block that it is not in, and imports behind functions', () => {
    const module = new ModuleBuilder();
    const f = module.function('f', { params: [], results: [] });
    let outside: Label | undefined;
    f.block((label) => (outside = label), 'here');
    f.br(outside!);
    expect(() => module.finish()).toThrow('branch to block here, which does not enclose it');
    expect(() => module.importFunction('env', 'g', I2)).toThrow(/imports come first/);
  });

  it('refuses operands of the wrong type', () => {
    expect(() => wasm('i32.add', i32.const(1), i64.const(1))).toThrow(/operand 2 is i64, needs i32/);
  });
});

describe('Layout', () => {
  it('places fields in order, aligned, and refuses overlaps', () => {
    const layout = new Layout([
      { name: 'a', width: 8 },
      { name: 'b', width: 32 },
      { name: 'c', width: 64, count: 2 },
      { name: 'd', width: 16, offset: 64 },
    ]);
    expect(['a', 'b', 'c', 'd'].map((name) => layout.offset(name as 'a'))).toEqual([0, 4, 8, 64]);
    expect(layout.offset('c', 1)).toBe(16);
    expect(layout.size).toBe(80);
    expect(
      () =>
        new Layout([
          { name: 'a', width: 64 },
          { name: 'b', width: 8, offset: 4 },
        ]),
    ).toThrow(/overlaps/);
  });

  it('reads and writes fields of every width in generated code', () => {
    const layout = new Layout([
      { name: 'byte', width: 8 },
      { name: 'half', width: 16 },
      { name: 'word', width: 32, count: 2 },
      { name: 'long', width: 64 },
    ]);
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', 1, 1);
    const f = module.function('f', { params: ['i32'], results: ['i32'] }, { exported: true });
    const base = f.param<'i32'>(0);
    layout.store32(f, base, 'byte', i32.const(0x1ff));
    layout.store32(f, base, 'half', i32.const(0x1_fffe));
    layout.store32(f, base, 'word', i32.const(-3), 1);
    layout.store64(f, base, 'long', i64.const(5));
    const low = i32.add(layout.load32(base, 'byte'), layout.load32(base, 'half'));
    f.return(i32.add(low, i32.add(layout.load32(base, 'word', 1), i32.wrap(layout.load64(base, 'long')))));
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    expect(instantiate(module, { env: { memory } })['f']!(64)).toBe(0xff + 0xfffe - 3 + 5);
    const view = new DataView(memory.buffer, 64);
    expect([view.getUint8(layout.at.byte), view.getInt32(layout.offset('word', 1), true)]).toEqual([
      0xff, -3,
    ]);
    expect(() => layout.offset('word', 2)).toThrow(/has 2 elements, not 3/);
  });
});

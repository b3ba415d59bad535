import { describe, expect, it } from 'vitest';
import { call, callIndirect, i32, i64, Layout, ModuleBuilder, wasm, type I32 } from './index';

const I2 = { params: ['i32', 'i32'], results: ['i32'] } as const;

function instantiate(module: ModuleBuilder, imports: WebAssembly.Imports = {}): Record<string, (...values: number[]) => number> {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish().bytes as BufferSource), imports);
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
    const x = main.let(callIndirect<'i32'>(I2, i32.const(slot), main.param<'i32'>(0), i32.load16U(i32.const(10))));
    main.return(i32.add(x, call<'i32'>(twice, call<'i32'>(add, x, i32.const(1)))));
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const exports = instantiate(module, { env: { memory, twice: (v: number) => v * 2 } });
    expect(exports['main']!(1)).toBe(0x1235 * 3 + 2);
  });

  it('encodes 64-bit constants and vectors', () => {
    const module = new ModuleBuilder();
    const f = module.function('high', { params: [], results: ['i32'] }, { exported: true });
    const v = f.let(wasm<'v128'>('i64x2.splat', i64.const(-0x123456789abcdefn)));
    f.return(i32.wrap(i64.shrU(wasm<'i64'>('i64.add', i64.const(0x7fffffffffffffffn), i64.const(-1n)), i64.const(32))));
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
    expect(() => new Layout([{ name: 'a', width: 64 }, { name: 'b', width: 8, offset: 4 }])).toThrow(/overlaps/);
  });
});

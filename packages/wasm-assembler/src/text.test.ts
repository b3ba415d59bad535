import { describe, expect, it } from 'vitest';
import {
  call,
  callIndirect,
  i32,
  i64,
  ModuleBuilder,
  printFunction,
  select,
  shuffle,
  v128Const,
  wasm,
  wasmLane,
  wasmLoad,
} from './index';

const UNARY = { params: ['i32'], results: ['i32'] } as const;

describe('printFunction', () => {
  it('prints an operation a line, in the order of execution, with types', () => {
    const module = new ModuleBuilder();
    const twice = module.importFunction('env', 'twice', UNARY);
    const fn = module.function('sum', { params: ['i32', 'i64'], results: ['i32'] });
    const n = fn.variable(i32.add(fn.param<'i32'>(0), i32.const(7)));
    fn.comment('a loop');
    fn.block((done) => {
      fn.loop((again) => {
        fn.brIf(done, i32.eqz(i32.load8U(n.get, 12)));
        fn.store('i64.store', n.get, i64.add(fn.param<'i64'>(1), i64.const(-1)), 16);
        fn.if(
          i32.and(n.get, i32.const(1)),
          () => fn.set(n, call<'i32'>(twice, n.get)),
          () => fn.drop(callIndirect<'i32'>(UNARY, i32.const(3), i32.load(n.get))),
        );
        fn.br(again);
      });
    }, 'done');
    fn.memoryFill(n.get, i32.const(0), i32.const(16));
    fn.return(select(n.get, i32.const(1), i32.wrap(fn.param<'i64'>(1))));
    expect(printFunction(fn)).toMatchInlineSnapshot(`
      "func sum($0: i32, $1: i64) -> i32
        $2: i32 = i32.add $0, 7
        ; a loop
        block @done0
          loop @loop1
            %0: i32 = i32.load8_u $2 +12
            %1: i32 = i32.eqz %0
            br_if %1, @done0
            %2: i64 = i64.add $1, -1
            i64.store $2 +16, %2: i64
            %3: i32 = i32.and $2, 1
            if %3 @if2
              $2: i32 = call twice($2)
            else
              %4: i32 = i32.load $2
              drop call_indirect 3(%4)
            end
            br @loop1
          end
        end
        memory.fill $2, 0, 16
        %5: i32 = i32.wrap_i64 $1
        %6: i32 = select $2, 1, %5
        return %6
      end
      "
    `);
  });

  it('prints lanes, vectors, tables and branches by table', () => {
    const module = new ModuleBuilder();
    const log = module.importFunction('env', 'log', { params: ['i32'], results: [] });
    const pair = module.importFunction('env', 'pair', { params: [], results: ['i32', 'i64'] });
    const fn = module.function('vectors', { params: ['i32'], results: [] });
    const v = fn.let(wasmLoad<'v128'>('v128.load', fn.param<'i32'>(0), 32));
    const bytes = Array.from({ length: 16 }, (_, lane) => lane);
    fn.set(fn.local('v128'), shuffle(v, v128Const(bytes), bytes));
    fn.call(log, wasmLane<'i32'>('i32x4.extract_lane', 2, v));
    fn.block((a) => fn.block((b) => fn.brTable(fn.param<'i32'>(0), [a, b], b)));
    fn.drop(wasm<'f64'>('f64.convert_i32_s', fn.param<'i32'>(0)));
    fn.letResults(call(pair));
    fn.return();
    expect(printFunction(fn)).toMatchInlineSnapshot(`
      "func vectors($0: i32)
        $1: v128 = v128.load $0 +32
        $2: v128 = i8x16.shuffle $1, [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15] [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15]
        %0: i32 = i32x4.extract_lane $1 lane 2
        call log(%0)
        block @block0
          block @block1
            br_table $0, [@block0 @block1], @block1
          end
        end
        drop f64.convert_i32_s $0
        $3: i32, $4: i64 = call pair()
        return
      end
      "
    `);
  });
});

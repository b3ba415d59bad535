import { i32, type I32 } from '@trapgate/wasm-assembler';
import type { Semantics } from '../builder/builder';
import { widen, zeroExtend } from '../builder/values';
import { GPR } from '../state/layout';
import type { MeaningTable } from './meaning';

const add: Semantics = (k, dst, src) => {
  const [a, b] = [dst!.read(), src!.read()];
  const sum = k.let(k.op(dst!.width).add(a, b));
  dst!.write(sum);
  k.flags.add(dst!.width, a, b, sum);
};

const adc: Semantics = (k, dst, src) => {
  const op = k.op(dst!.width);
  const [a, b] = [dst!.read(), src!.read()];
  const sum = k.let(op.add(op.add(a, b), widen(dst!.width, k.flags.cf())));
  dst!.write(sum);
  k.flags.add(dst!.width, a, b, sum);
};

const sub: Semantics = (k, dst, src) => {
  const [a, b] = [dst!.read(), src!.read()];
  const difference = k.let(k.op(dst!.width).sub(a, b));
  dst!.write(difference);
  k.flags.sub(dst!.width, a, b, difference);
};

const sbb: Semantics = (k, dst, src) => {
  const op = k.op(dst!.width);
  const [a, b] = [dst!.read(), src!.read()];
  const difference = k.let(op.sub(op.sub(a, b), widen(dst!.width, k.flags.cf())));
  dst!.write(difference);
  k.flags.sub(dst!.width, a, b, difference);
};

const cmp: Semantics = (k, dst, src) => {
  const [a, b] = [dst!.read(), src!.read()];
  k.flags.sub(dst!.width, a, b, k.let(k.op(dst!.width).sub(a, b)));
};

const neg: Semantics = (k, dst) => {
  const op = k.op(dst!.width);
  const a = dst!.read();
  const difference = k.let(op.sub(op.const(0), a));
  dst!.write(difference);
  k.flags.sub(dst!.width, op.const(0), a, difference);
};

const step =
  (direction: 1 | -1): Semantics =>
  (k, dst) => {
    const op = k.op(dst!.width);
    const a = dst!.read();
    const result = k.let(op.add(a, op.const(direction)));
    dst!.write(result);
    k.flags.step(dst!.width, a, result, direction);
  };

const logical =
  (operation: 'and' | 'or' | 'xor'): Semantics =>
  (k, dst, src) => {
    const [a, b] = [dst!.read(), src!.read()];
    const result = k.let(k.op(dst!.width)[operation](a, b));
    dst!.write(result);
    k.flags.logic(dst!.width, result);
  };

const test: Semantics = (k, dst, src) => {
  const [a, b] = [dst!.read(), src!.read()];
  k.flags.logic(dst!.width, k.let(k.op(dst!.width).and(a, b)));
};

const not: Semantics = (k, dst) => {
  const op = k.op(dst!.width);
  dst!.write(op.xor(dst!.read(), op.const(-1)));
};

const xadd: Semantics = (k, dst, src) => {
  const [a, b] = [dst!.read(), src!.read()];
  const sum = k.let(k.op(dst!.width).add(a, b));
  if (dst!.isMemory) {
    dst!.write(sum);
    src!.write(a);
  } else {
    src!.write(a);
    dst!.write(sum);
  }
  k.flags.add(dst!.width, a, b, sum);
};

/** The destination is always written: with the source, or with what it held (SDM vol. 2A, CMPXCHG). */
const cmpxchg: Semantics = (k, dst, src) => {
  const { width } = dst!;
  const op = k.op(width);
  const old = dst!.read();
  const accumulator = k.gpr(GPR.eax, width);
  const replacement = src!.read();
  const difference = k.let(op.sub(accumulator, old));
  k.if(
    op.eq(accumulator, old),
    () => dst!.write(replacement),
    () => {
      dst!.write(old);
      k.setGpr(GPR.eax, width, old);
    },
  );
  k.flags.sub(width, accumulator, old, difference);
};

const cmpxchg8b: Semantics = (k) => {
  const place = k.modify(8, k.linear());
  const low = k.let(i32.load(place));
  const high = k.let(i32.load(place, 4));
  const differs = i32.or(i32.xor(low, k.gpr(GPR.eax, 32) as I32), i32.xor(high, k.gpr(GPR.edx, 32) as I32));
  const equal = k.let(i32.eqz(differs));
  k.if(
    equal,
    () => {
      k.fn.store('i32.store', place, k.gpr(GPR.ebx, 32));
      k.fn.store('i32.store', place, k.gpr(GPR.ecx, 32), 4);
    },
    () => {
      k.setGpr(GPR.eax, 32, low);
      k.setGpr(GPR.edx, 32, high);
    },
  );
  k.commit(place);
  k.flags.setZero(equal);
};

const bswap: Semantics = (_k, dst) => {
  const a = dst!.read() as I32;
  // With a 16-bit operand the result is undefined (SDM); processors clear the register's low half.
  if (dst!.width === 16) return dst!.write(i32.const(0));
  const outer = i32.and(i32.rotl(a, i32.const(8)), i32.const(0x00ff00ff));
  const inner = i32.and(i32.rotr(a, i32.const(8)), i32.const(0xff00ff00));
  dst!.write(i32.or(outer, inner));
};

const extendAccumulator =
  (from: number): Semantics =>
  (k) => {
    const a = k.gpr(GPR.eax, from) as I32;
    if (from === 8) k.setGpr(GPR.eax, 16, i32.extend8S(a) as I32);
    else k.setGpr(GPR.eax, 32, i32.extend16S(a) as I32);
  };

const extendToDx =
  (width: 16 | 32): Semantics =>
  (k) => {
    const a = k.gpr(GPR.eax, width) as I32;
    k.setGpr(GPR.edx, width, i32.shrS(width === 16 ? (i32.extend16S(a) as I32) : a, i32.const(31)));
  };

const movzx: Semantics = (_k, dst, src) => {
  const value = zeroExtend(src!.width, src!.read());
  dst!.write(widen(dst!.width, value as I32));
};

/** Binary arithmetic and logic (SDM vol. 1, 7.3.2 and 7.3.4). */
export const ARITHMETIC: MeaningTable = {
  add: { semantics: add },
  adc: { semantics: adc },
  sub: { semantics: sub },
  sbb: { semantics: sbb },
  cmp: { semantics: cmp },
  neg: { semantics: neg },
  inc: { semantics: step(1) },
  dec: { semantics: step(-1) },
  and: { semantics: logical('and') },
  or: { semantics: logical('or') },
  xor: { semantics: logical('xor') },
  test: { semantics: test },
  not: { semantics: not },
  xadd: { semantics: xadd },
  cmpxchg: { semantics: cmpxchg },
  cmpxchg8b: { semantics: cmpxchg8b },
  bswap: { semantics: bswap },
  cbw: { semantics: extendAccumulator(8) },
  cwde: { semantics: extendAccumulator(16) },
  cwd: { semantics: extendToDx(16) },
  cdq: { semantics: extendToDx(32) },
  movzx: { semantics: movzx },
};

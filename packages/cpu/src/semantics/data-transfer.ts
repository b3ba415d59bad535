import { i32, i64, type I32 } from '@trapgate/wasm-assembler';
import { conditions } from '@trapgate/x86-decoder';
import type { Builder, Semantics } from '../builder/builder';
import type { Place } from '../builder/operands';
import { signExtend } from '../builder/values';
import { AT, GPR, SEGMENT } from '../state/layout';
import type { Meaning, MeaningTable } from './meaning';

const mov: Semantics = (_k, dst, src) => dst!.write(src!.read());

const movsx: Semantics = (_k, dst, src) => {
  const value = signExtend(src!.width, src!.read());
  dst!.write(dst!.width === 64 && value.type === 'i32' ? i64.extendI32S(value as I32) : value);
};

const lea: Semantics = (k, dst) => dst!.write(k.linear());

const xchg: Semantics = (_k, dst, src) => {
  const [a, b] = [dst!.read(), src!.read()];
  dst!.write(b);
  src!.write(a);
};

const cmov =
  (condition: number): Semantics =>
  (k, dst, src) => {
    const value = src!.read();
    k.if(k.flags.condition(condition), () => dst!.write(value));
  };

const setcc =
  (condition: number): Semantics =>
  (k, dst) =>
    dst!.write(k.let(k.flags.condition(condition)));

/** MOVBE: a move that swaps the bytes. */
const movbe: Semantics = (k, dst, src) => {
  const a = src!.read() as I32;
  const outer = i32.and(i32.rotl(a, i32.const(8)), i32.const(0x00ff00ff));
  const swapped = k.let(i32.or(outer, i32.and(i32.rotr(a, i32.const(8)), i32.const(0xff00ff00))));
  dst!.write(dst!.width === 16 ? i32.shrU(swapped, i32.const(16)) : swapped);
};

/** AL = [segment : eBX + AL]. */
const xlatb: Semantics = (k) => {
  const offset = i32.and(i32.add(k.gpr(GPR.ebx, 32) as I32, k.gpr(GPR.eax, 8) as I32), k.addressMask());
  const linear = k.variant.general ? k.segmentLinear(k.stringSegment(), offset, 1, false) : k.let(offset);
  k.setGpr(GPR.eax, 8, k.load(1, linear));
};

/** A memory operand is not accessed, but the address made for it must not be left to the next instruction. */
const nop: Semantics = (k, operand) => {
  if (operand?.isMemory) k.linear();
};

const salc: Semantics = (k) => k.setGpr(GPR.eax, 8, i32.sub(i32.const(0), k.flags.cf()));

const push: Semantics = (k, src) => k.push(k.form.operandSize, src!.read());

/** Into a register, ESP is advanced first (POP ESP keeps the value read); into memory, the store must have succeeded. */
const pop: Semantics = (k, dst) => {
  const value = k.peek(dst!.width);
  if (dst!.isMemory) dst!.write(value);
  k.drop(dst!.width / 8);
  if (!dst!.isMemory) dst!.write(value);
};

const PUSHED = [GPR.eax, GPR.ecx, GPR.edx, GPR.ebx, GPR.esp, GPR.ebp, GPR.esi, GPR.edi];

/** One push after the other: where one faults, those before it have been stored, as on processors. */
const pushAll =
  (width: 16 | 32): Semantics =>
  (k) => {
    const bytes = (width / 8) as 2 | 4;
    PUSHED.forEach((register, n) => {
      const { pointer, linear } = k.stackLinear(-bytes * (n + 1), bytes, true);
      k.store(bytes, linear, k.gpr(register, width));
      if (n === PUSHED.length - 1) k.setStackPointer(pointer);
    });
  };

/** One pop after the other: where one faults, the registers before it have been loaded. ESP's own slot is not read. */
const popAll =
  (width: 16 | 32): Semantics =>
  (k) => {
    const bytes = (width / 8) as 2 | 4;
    [...PUSHED].reverse().forEach((register, n) => {
      const { linear } = k.stackLinear(bytes * n, bytes, false);
      const value = k.load(bytes, linear);
      if (register !== GPR.esp) k.setGpr(register, width, value);
    });
    k.drop(8 * bytes);
  };

/** ESP = EBP, then pop EBP. The slot is read before ESP changes. */
const leave: Semantics = (k) => {
  const width = k.form.operandSize;
  const frame = k.gpr(GPR.ebp, 32) as I32;
  const pointer = k.variant.general ? k.let(i32.and(frame, k.state32('stackMask'))) : frame;
  const bytes = (width / 8) as 2 | 4;
  const value = k.load(bytes, k.segmentLinear(SEGMENT.ss, pointer, bytes, false));
  k.setStackPointer(k.let(i32.add(pointer, i32.const(bytes))));
  k.setGpr(GPR.ebp, width, value);
};

const ah = (k: Builder): Place => ({ base: k.s, offset: AT.gpr + 1 });

const lahf: Semantics = (k) => k.storePlace(ah(k), 8, k.flags.lowByte());

const sahf: Semantics = (k) => {
  const of = k.let(k.flags.of());
  k.flags.fromByte(k.loadPlace(ah(k), 8) as I32, of);
};

function eachCondition(prefix: string, make: (condition: number) => Semantics): [string, Meaning][] {
  return conditions.map((name, code) => [prefix + name, { semantics: make(code) }]);
}

/** Data transfer (SDM vol. 1, 7.3.1). */
export const DATA_TRANSFER: MeaningTable = {
  mov: { semantics: mov },
  movsx: { semantics: movsx },
  lea: { semantics: lea },
  xchg: { semantics: xchg },
  movbe: { semantics: movbe },
  xlatb: { semantics: xlatb, implicit: true },
  nop: { semantics: nop },
  pause: { semantics: nop },
  salc: { semantics: salc },
  push: { semantics: push, implicit: true },
  pop: { semantics: pop, implicit: true },
  pusha: { semantics: pushAll(16), implicit: true },
  pushad: { semantics: pushAll(32), implicit: true },
  popa: { semantics: popAll(16), implicit: true },
  popad: { semantics: popAll(32), implicit: true },
  leave: { semantics: leave, implicit: true },
  lahf: { semantics: lahf },
  sahf: { semantics: sahf },
  ...Object.fromEntries(eachCondition('cmov', cmov)),
  ...Object.fromEntries(eachCondition('set', setcc)),
};

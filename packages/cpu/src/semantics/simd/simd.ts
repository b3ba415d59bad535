import {
  i32,
  i64,
  select,
  wasm,
  wasmLane,
  wasmLoad,
  type Expression,
  type I32,
  type I64,
  type V128,
} from '@trapgate/wasm-assembler';
import type { OperandSpec } from '@trapgate/x86-decoder';
import type { Builder } from '../../builder/builder';
import { c32 } from '../../float/format';
import type { FloatFunctions } from '../../float/functions';
import { scratch, type SCRATCH } from '../../float/scratch';
import { AT } from '../../state/layout';
import { CR0, CR4 } from '../../state/mode';
import { VECTOR } from '../../system/vectors';
import { raisePending } from '../float/x87';

const MMX_KINDS = new Set(['mmreg', 'mmr', 'mmrm']);
const XMM_KINDS = new Set(['xmmreg', 'xmmr', 'xmmrm']);

/** A vector's lower half from an i64, the upper half zero. */
export const fromLow = (value: I64): V128 =>
  wasmLane<'v128'>('i64x2.replace_lane', 0, wasm<'v128'>('i64x2.splat', i64.const(0)), value);
export const fromHalves = (low: I64, high: I64): V128 =>
  wasmLane<'v128'>('i64x2.replace_lane', 1, wasm<'v128'>('i64x2.splat', low), high);
/** Half 0 or 1 of a vector. */
export const half = (vector: V128, n: 0 | 1): I64 => wasmLane<'i64'>('i64x2.extract_lane', n, vector);

/** #UD unless the system has enabled SSE, #NM if the unit's state is another task's (SDM vol. 3A, table 13-1). */
export function requireSse(k: Builder): void {
  const disabled = i32.and(k.state32('cr0'), c32(CR0.em));
  const unsaved = i32.eqz(i32.and(k.state32('cr4'), c32(CR4.osfxsr)));
  k.if(i32.or(disabled, unsaved), () => k.raise(VECTOR.ud));
  k.if(i32.and(k.state32('cr0'), c32(CR0.ts)), () => k.raise(VECTOR.nm));
}

/** The checks of an instruction on MMX registers; SSE's own besides if it uses XMM registers too. */
function requireMmx(k: Builder, sse: boolean): void {
  if (sse) requireSse(k);
  else {
    k.if(i32.and(k.state32('cr0'), c32(CR0.em)), () => k.raise(VECTOR.ud));
    k.if(i32.and(k.state32('cr0'), c32(CR0.ts)), () => k.raise(VECTOR.nm));
  }
  raisePending(k);
}

/** Operands of MMX and SSE instructions as vectors. An MMX register is a vector's lower half. */
export class Simd {
  readonly float: FloatFunctions;
  /** The operation is on 64-bit MMX registers. */
  readonly mmx: boolean;

  constructor(readonly k: Builder) {
    this.float = k.support.float;
    const { operands } = k.form;
    const isRegister = (o: OperandSpec): boolean =>
      MMX_KINDS.has(o.kind) && !(o.kind === 'mmrm' && k.variant.memory);
    const usesXmm = operands.some((o) => XMM_KINDS.has(o.kind));
    this.mmx =
      MMX_KINDS.has(operands[0]?.kind ?? '') ||
      (operands[0]?.kind === 'm' && MMX_KINDS.has(operands[1]?.kind ?? ''));
    if (operands.some(isRegister)) requireMmx(k, usesXmm);
    else requireSse(k);
  }

  /** Enters MMX state: all registers valid, TOP 0 (SDM vol. 1, 9.5.2). To be emitted when nothing can fault any more. */
  enterMmx(): void {
    this.k.setState32('fpuTop', c32(0));
    this.k.setState32('fpuValid', c32(0xff));
  }

  slot(name: keyof typeof SCRATCH): I32 {
    return this.k.let(scratch(this.k.s, name));
  }

  /** An unsigned value (a leaf), limited. */
  atMost(value: I32, limit: number): I32 {
    return select(i32.gtU(value, c32(limit)), c32(limit), value);
  }

  private spec(n: number): OperandSpec {
    return this.k.form.operands[n]!;
  }
  isMemory(n: number): boolean {
    const { kind } = this.spec(n);
    return kind === 'm' || ((kind === 'mmrm' || kind === 'xmmrm' || kind === 'rm') && this.k.variant.memory);
  }

  /** Address of an MMX or XMM register operand. */
  register(n: number): { readonly at: I32; readonly mmx: boolean } {
    const { k } = this;
    const { kind } = this.spec(n);
    const mmx = MMX_KINDS.has(kind);
    const number = k.registerNumber(kind === 'mmreg' || kind === 'xmmreg' ? 'reg' : 'rm');
    const kept = mmx ? i32.and(number, c32(7)) : number;
    const at = k.let(i32.add(i32.add(k.s, c32(mmx ? AT.fpr : AT.xmm)), i32.shl(kept, c32(4))));
    return { at, mmx };
  }

  /** Reads an operand as a vector in a local, zero-extended. 16-byte memory operands must be aligned unless said otherwise. */
  read(n: number, aligned = true): V128 {
    const { k } = this;
    if (this.isMemory(n)) return this.readMemory(this.spec(n).size, aligned);
    const { at, mmx } = this.register(n);
    return k.let(mmx ? wasmLoad<'v128'>('v128.load64_zero', at) : wasmLoad<'v128'>('v128.load', at));
  }

  private readMemory(bits: number, aligned: boolean): V128 {
    const { k } = this;
    const linear = k.linear();
    if (bits === 128) {
      if (aligned) this.requireAligned(linear);
      else this.checkAlignment(linear);
      const low = k.load(8, linear) as I64;
      return k.let(fromHalves(low, k.load(8, k.let(i32.add(linear, c32(8)))) as I64));
    }
    if (bits === 64) return k.let(fromLow(k.load(8, linear) as I64));
    const value = k.load(bits === 32 ? 4 : 2, linear) as I32;
    return k.let(fromLow(i64.extendI32U(value)));
  }

  /** #GP(0) unless a 16-byte operand is aligned. */
  requireAligned(linear: I32): void {
    this.k.if(i32.and(linear, c32(15)), () => this.k.raise(VECTOR.gp, c32(0)));
  }

  /** #AC(0) if it is not, while alignment is checked. */
  checkAlignment(linear: I32, bytes = 16): void {
    const { k } = this;
    const checked = i32.ne(k.state32('alignmentCheck'), c32(0));
    k.if(i32.and(checked, i32.ne(i32.and(linear, c32(bytes - 1)), c32(0))), () => k.raise(VECTOR.ac, c32(0)));
  }

  /** Writes a vector (a leaf) to an operand: all of a register, or as many bytes of memory as the operand has. */
  write(n: number, value: V128, aligned = true): void {
    const { k } = this;
    if (this.isMemory(n)) this.writeMemory(this.spec(n).size, value, aligned);
    else {
      const { at, mmx } = this.register(n);
      if (mmx) this.writeMmx(at, half(value, 0));
      else k.fn.store('v128.store', at, value);
    }
    if (this.mmx) this.enterMmx();
  }

  /** Writes an MMX register: exponent and sign become ones. */
  writeMmx(at: I32, value: I64): void {
    this.k.fn.store('i64.store', at, value);
    this.k.fn.store('i32.store16', at, c32(0xffff), 8);
  }

  private writeMemory(bits: number, value: V128, aligned: boolean): void {
    const { k } = this;
    const linear = k.linear();
    if (bits === 128) {
      if (aligned) this.requireAligned(linear);
      else this.checkAlignment(linear);
      k.probe(16, linear);
      k.store(8, linear, half(value, 0));
      k.store(8, k.let(i32.add(linear, c32(8))), half(value, 1));
    } else if (bits === 64) k.store(8, linear, half(value, 0));
    else k.store(4, linear, wasmLane<'i32'>('i32x4.extract_lane', 0, value));
  }

  let<E extends Expression>(value: E): E {
    return this.k.let(value);
  }
}

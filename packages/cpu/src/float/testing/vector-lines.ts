import { AT, GPR } from '../../state/layout';
import { OPERAND, type SingleInstruction } from './single-instruction';

/**
 * Registers and the memory operand by name, as lower-case hexadecimal: cw, sw, tw (abridged), mx (MXCSR), eax, ecx, edx, fl (the
 * six arithmetic flags), st0..st7 (sign and exponent : significand), xmm0..xmm7 (upper half : lower half), m (16 bytes).
 */
export type Fields = Readonly<Record<string, string>>;

/** One case: the code, what differs from {@link DEFAULTS} before, and what has changed afterwards (or the vector of a fault). */
export interface VectorLine {
  readonly code: readonly number[];
  readonly before: Fields;
  readonly after: Fields;
  readonly vector: number;
}

const ARITHMETIC_FLAGS = 0x8d5;
const hex = (value: number | bigint, digits: number): string => value.toString(16).padStart(digits, '0');
const eight = [0, 1, 2, 3, 4, 5, 6, 7] as const;

export const DEFAULTS: Fields = {
  cw: '037f',
  sw: '0000',
  tw: '00',
  mx: '1f80',
  eax: '00000000',
  ecx: '00000000',
  edx: '00000000',
  fl: '0000',
  m: '0'.repeat(32),
  ...Object.fromEntries(eight.map((n) => [`st${n}`, `0000:${'0'.repeat(16)}`])),
  ...Object.fromEntries(eight.map((n) => [`xmm${n}`, `${'0'.repeat(16)}:${'0'.repeat(16)}`])),
};

/** Parses `code field=value ... > field=value ...` or `... > #vector`. */
export function parseLine(line: string): VectorLine {
  const [left, right] = line.split(' > ') as [string, string | undefined];
  const [code, ...before] = left.split(' ') as [string, ...string[]];
  const fields = (tokens: readonly string[]): Fields =>
    Object.fromEntries(
      tokens.filter((token) => token !== '').map((token) => token.split('=') as [string, string]),
    );
  const fault = /^#(\d+)$/.exec(right ?? '');
  return {
    code: code.match(/../g)!.map((byte) => parseInt(byte, 16)),
    before: fields(before),
    after: fault ? {} : fields((right ?? '').split(' ')),
    vector: fault ? Number(fault[1]) : -1,
  };
}

const stackRegister = (unit: SingleInstruction, n: number): number =>
  AT.fpr + 16 * ((unit.state.i32(AT.fpuTop) + n) & 7);

function setFlags(unit: SingleInstruction, flags: number): void {
  const bit = (n: number): number => (flags >> n) & 1;
  unit.state.set32(AT.carries, (bit(0) << 31) | ((bit(0) ^ bit(11)) << 30) | (bit(4) << 3));
  unit.state.set32(AT.zeroResult, bit(6) ? 0 : 1);
  unit.state.set32(AT.signParity, (bit(7) << 31) | (bit(2) ? 0 : 1));
}

function flagsOf(unit: SingleInstruction): number {
  const [carries, zero, result] = [
    unit.state.u32(AT.carries),
    unit.state.i32(AT.zeroResult),
    unit.state.i32(AT.signParity),
  ];
  const [cf, second, af] = [carries >>> 31, (carries >>> 30) & 1, (carries >>> 3) & 1];
  let parity = result & 0xff;
  for (const shift of [4, 2, 1]) parity ^= parity >> shift;
  const pf = (parity & 1) ^ 1;
  return (
    cf | (pf << 2) | (af << 4) | ((zero === 0 ? 1 : 0) << 6) | ((result >>> 31) << 7) | ((cf ^ second) << 11)
  );
}

/** Puts the fields into the state; those that are missing get their defaults. EDI points to the memory operand. */
export function load(unit: SingleInstruction, given: Fields): void {
  unit.reset();
  const { state } = unit;
  const fields = { ...DEFAULTS, ...given };
  const number = (name: string): number => parseInt(fields[name]!, 16);
  const [control, status] = [number('cw'), number('sw')];
  state.set16(AT.fpuControl, control);
  state.set32(AT.fpuTop, (status >> 11) & 7);
  const pending = (status & ~control & 0x3f) !== 0 ? 0x8080 : 0;
  state.set16(AT.fpuStatus, (status & 0x477f) | pending);
  state.set32(AT.fpuValid, number('tw'));
  state.set32(AT.mxcsr, number('mx'));
  state.set32(AT.gpr, number('eax'));
  state.set32(AT.gpr + 8, number('ecx'));
  state.set32(AT.gpr + 8 * GPR.edx, number('edx'));
  state.set32(AT.gpr + 8 * GPR.edi, OPERAND);
  setFlags(unit, number('fl'));
  for (const n of eight) {
    const [word, significand] = fields[`st${n}`]!.split(':') as [string, string];
    state.set16(stackRegister(unit, n) + 8, parseInt(word, 16));
    state.set64(stackRegister(unit, n), BigInt(`0x${significand}`));
    const [high, low] = fields[`xmm${n}`]!.split(':') as [string, string];
    state.set64(AT.xmm + 16 * n, BigInt(`0x${low}`));
    state.set64(AT.xmm + 16 * n + 8, BigInt(`0x${high}`));
  }
  fields.m!.match(/../g)!.forEach((byte, n) => (unit.memory[OPERAND + n] = parseInt(byte, 16)));
}

/** All fields as they are now. */
export function save(unit: SingleInstruction): Fields {
  const { state } = unit;
  const status = state.u16(AT.fpuStatus) | (state.i32(AT.fpuTop) << 11);
  const fields: Record<string, string> = {
    cw: hex(state.u16(AT.fpuControl), 4),
    sw: hex(status, 4),
    tw: hex(state.i32(AT.fpuValid), 2),
    mx: hex(state.i32(AT.mxcsr), 4),
    eax: hex(state.u32(AT.gpr), 8),
    ecx: hex(state.u32(AT.gpr + 8), 8),
    edx: hex(state.u32(AT.gpr + 8 * GPR.edx), 8),
    fl: hex(flagsOf(unit) & ARITHMETIC_FLAGS, 4),
    m: [...unit.memory.subarray(OPERAND, OPERAND + 16)].map((byte) => hex(byte, 2)).join(''),
  };
  for (const n of eight) {
    const at = stackRegister(unit, n);
    fields[`st${n}`] = `${hex(state.u16(at + 8), 4)}:${hex(state.u64(at), 16)}`;
    fields[`xmm${n}`] = `${hex(state.u64(AT.xmm + 16 * n + 8), 16)}:${hex(state.u64(AT.xmm + 16 * n), 16)}`;
  }
  return fields;
}

import { AT } from '../state/layout';
import { CR0, isProtected, isVirtual8086 } from '../state/mode';
import type { ProcessorState } from '../state/processor-state';
import { STATUS, type HostFunction, type HostInstruction, type SystemContext } from '../system/context';
import { isUser, segmentLinear } from '../system/segment-access';
import { VECTOR } from '../system/vectors';
import { FLAG } from './format';

/** Bits of MXCSR that exist (SDM vol. 1, 11.6.6); the others must be zero. */
export const MXCSR_MASK = 0xffff;

/** #NM unless the x87 unit is there and its state this task's. */
export function requireX87(cpu: SystemContext): void {
  if ((cpu.state.i32(AT.cr0) & (CR0.em | CR0.ts)) !== 0) cpu.raise(VECTOR.nm);
}

/** #MF for a pending unmasked exception, as waiting instructions begin. */
export function raisePending(cpu: SystemContext): void {
  const { state } = cpu;
  if ((state.u16(AT.fpuStatus) & FLAG.es) !== 0 && (state.i32(AT.cr0) & CR0.ne) !== 0) cpu.raise(VECTOR.mf);
}

/** Address (in the state block) of ST(n). */
export const stackAt = (state: ProcessorState, n: number): number =>
  AT.fpr + 16 * ((state.i32(AT.fpuTop) + n) & 7);

export const statusWord = (state: ProcessorState): number =>
  state.u16(AT.fpuStatus) | (state.i32(AT.fpuTop) << 11);

/** Enters a status word: TOP apart, ES and B as flags and masks say. */
export function setStatusWord(state: ProcessorState, word: number): void {
  const flags = word & ~(FLAG.es | FLAG.busy | 0x3800);
  const pending = flags & ~state.u16(AT.fpuControl) & 0x3f;
  state.set16(AT.fpuStatus, flags | (pending !== 0 ? FLAG.es | FLAG.busy : 0));
  state.set32(AT.fpuTop, (word >> 11) & 7);
}

export const setControlWord = (state: ProcessorState, word: number): void =>
  state.set16(AT.fpuControl, (word & 0x1f3f) | 0x40);

/** The full tag word: per register of the file 0 valid, 1 zero, 2 special, 3 empty (SDM vol. 1, 8.1.7). */
export function tagWord(state: ProcessorState): number {
  let word = 0;
  for (let n = 0; n < 8; n++) {
    const at = AT.fpr + 16 * n;
    const field = state.u16(at + 8) & 0x7fff;
    const significand = state.u64(at);
    const zero = field === 0 && significand === 0n;
    const normal = field !== 0 && field !== 0x7fff && significand >> 63n === 1n;
    const valid = ((state.i32(AT.fpuValid) >> n) & 1) !== 0;
    word |= (!valid ? 3 : normal ? 0 : zero ? 1 : 2) << (2 * n);
  }
  return word;
}

export function setTagWord(state: ProcessorState, word: number): void {
  let valid = 0;
  for (let n = 0; n < 8; n++) if (((word >> (2 * n)) & 3) !== 3) valid |= 1 << n;
  state.set32(AT.fpuValid, valid);
}

export function initialize(state: ProcessorState): void {
  state.set16(AT.fpuControl, 0x37f);
  state.set16(AT.fpuStatus, 0);
  for (const field of [AT.fpuTop, AT.fpuValid, AT.fpuInstructionPointer, AT.fpuDataPointer])
    state.set32(field, 0);
  for (const field of [AT.fpuOpcode, AT.fpuInstructionSelector, AT.fpuDataSelector]) state.set16(field, 0);
}

/** The seven words of an environment in memory: 16 or 32 bits each, protected or real mode (SDM vol. 1, figures 8-9 to 8-12). */
function environmentWords(state: ProcessorState, wide: boolean, real: boolean): number[] {
  const [ip, dp, opcode] = [
    state.u32(AT.fpuInstructionPointer),
    state.u32(AT.fpuDataPointer),
    state.u16(AT.fpuOpcode) & 0x7ff,
  ];
  const head = [state.u16(AT.fpuControl), statusWord(state), tagWord(state)];
  const words = wide ? head.map((word) => (word | 0xffff_0000) >>> 0) : head;
  if (real && wide) {
    const high = (pointer: number): number => ((pointer >>> 16) << 12) >>> 0;
    const mark = 0xffff_0000;
    return [
      ...words,
      ((ip & 0xffff) | mark) >>> 0,
      high(ip) | opcode,
      ((dp & 0xffff) | mark) >>> 0,
      high(dp),
    ];
  }
  if (real) {
    const high = (pointer: number): number => ((pointer >>> 16) & 15) << 12;
    return [...words, ip & 0xffff, high(ip) | opcode, dp & 0xffff, high(dp)];
  }
  const [cs, ds] = [state.u16(AT.fpuInstructionSelector), state.u16(AT.fpuDataSelector)];
  if (!wide) return [...words, ip & 0xffff, cs, dp & 0xffff, ds];
  return [...words, ip, (cs | (opcode << 16)) >>> 0, dp, (ds | 0xffff_0000) >>> 0];
}

function setEnvironment(state: ProcessorState, words: readonly number[], wide: boolean, real: boolean): void {
  const [control, status, tags, ip, second, dp, fourth] = words as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  setControlWord(state, control);
  setStatusWord(state, status);
  setTagWord(state, tags);
  const mask = wide ? 0xffff : 0xf;
  const high = (word: number): number => (((word >>> 12) & mask) << 16) >>> 0;
  state.set32(AT.fpuInstructionPointer, real ? (ip & 0xffff) | high(second) : ip);
  state.set32(AT.fpuDataPointer, real ? (dp & 0xffff) | high(fourth) : dp);
  // A 16-bit protected-mode image has no opcode: the processor's becomes 0.
  state.set16(AT.fpuOpcode, real || wide ? (real ? second : second >>> 16) & 0x7ff : 0);
  state.set16(AT.fpuInstructionSelector, real ? 0 : second & 0xffff);
  state.set16(AT.fpuDataSelector, real ? 0 : fourth & 0xffff);
}

interface Format {
  readonly wide: boolean;
  readonly real: boolean;
  /** Bytes of the environment: 14 or 28. */
  readonly bytes: number;
}

function formatOf(cpu: SystemContext, operandSize: number): Format {
  const wide = operandSize !== 16;
  return { wide, real: !isProtected(cpu.state) || isVirtual8086(cpu.state), bytes: wide ? 28 : 14 };
}

/** Checks an image of several accesses: the first of them (`first` bytes, or none), then the last byte, then the rest. */
function probeImage(cpu: SystemContext, linear: number, bytes: number, write: boolean, first = 0): void {
  const user = isUser(cpu);
  const last = (linear + bytes - 1) >>> 0;
  if (write) {
    if (first > 0) cpu.memory.probeWrite(linear, first, user);
    cpu.memory.probeWrite(last, 1, user);
    cpu.memory.probeWrite(linear, bytes, user);
    return;
  }
  if (first === 2) cpu.memory.read16(linear, user);
  else if (first === 4) cpu.memory.read32(linear, user);
  cpu.memory.read8(last, user);
}

function writeEnvironment(cpu: SystemContext, linear: number, { wide, real }: Format): void {
  const user = isUser(cpu);
  environmentWords(cpu.state, wide, real).forEach((word, n) => {
    if (wide) cpu.memory.write32((linear + 4 * n) >>> 0, word, user);
    else cpu.memory.write16((linear + 2 * n) >>> 0, word & 0xffff, user);
  });
}

function readEnvironment(cpu: SystemContext, linear: number, { wide }: Format): number[] {
  const user = isUser(cpu);
  return Array.from({ length: 7 }, (_, n) =>
    wide
      ? cpu.memory.read32((linear + 4 * n) >>> 0, user) >>> 0
      : cpu.memory.read16((linear + 2 * n) >>> 0, user),
  );
}

const fnstenv: HostFunction = (cpu, { decoded }, linear) => {
  requireX87(cpu);
  const format = formatOf(cpu, decoded.operandSize);
  probeImage(cpu, linear, format.bytes, true, format.bytes / 7);
  writeEnvironment(cpu, linear, format);
  const { state } = cpu;
  state.set16(AT.fpuControl, state.u16(AT.fpuControl) | 0x3f);
  setStatusWord(state, statusWord(state));
  return STATUS.next;
};

const fldenv: HostFunction = (cpu, { decoded }, linear) => {
  requireX87(cpu);
  raisePending(cpu);
  const format = formatOf(cpu, decoded.operandSize);
  probeImage(cpu, linear, format.bytes, false, format.bytes / 7);
  setEnvironment(cpu.state, readEnvironment(cpu, linear, format), format.wide, format.real);
  return STATUS.next;
};

const fnsave: HostFunction = (cpu, { decoded }, linear) => {
  requireX87(cpu);
  const format = formatOf(cpu, decoded.operandSize);
  const { state, memory } = cpu;
  const user = isUser(cpu);
  probeImage(cpu, linear, format.bytes + 80, true, format.bytes / 7);
  writeEnvironment(cpu, linear, format);
  for (let n = 0; n < 8; n++) {
    const to = linear + format.bytes + 10 * n;
    const from = stackAt(state, n);
    for (let word = 0; word < 5; word++)
      memory.write16((to + 2 * word) >>> 0, state.u16(from + 2 * word), user);
  }
  initialize(state);
  return STATUS.next;
};

const frstor: HostFunction = (cpu, { decoded }, linear) => {
  requireX87(cpu);
  raisePending(cpu);
  const format = formatOf(cpu, decoded.operandSize);
  const { state, memory } = cpu;
  const user = isUser(cpu);
  probeImage(cpu, linear, format.bytes + 80, false, format.bytes / 7);
  const environment = readEnvironment(cpu, linear, format);
  const words = Array.from({ length: 40 }, (_, n) =>
    memory.read16((linear + format.bytes + 2 * n) >>> 0, user),
  );
  setEnvironment(state, environment, format.wide, format.real);
  words.forEach((word, n) => state.set16(stackAt(state, Math.floor(n / 5)) + 2 * (n % 5), word));
  return STATUS.next;
};

/** Offsets in the FXSAVE image (SDM vol. 1, table 10-2). */
const FX = {
  control: 0,
  status: 2,
  tags: 4,
  opcode: 6,
  ip: 8,
  cs: 12,
  dp: 16,
  ds: 20,
  mxcsr: 24,
  mxcsrMask: 28,
  st: 32,
  xmm: 160,
  bytes: 512,
} as const;

/** The whole image has to lie in its segment, aligned. */
function requireImage(
  cpu: SystemContext,
  { decoded }: HostInstruction,
  linear: number,
  write: boolean,
): void {
  requireX87(cpu);
  const offset = (linear - cpu.state.u32(AT.segmentBase + 8 * decoded.segment)) >>> 0;
  segmentLinear(cpu, decoded.segment, offset, FX.bytes, write);
  if ((linear & 15) === 0) return;
  if (isUser(cpu) && cpu.state.i32(AT.alignmentCheck) !== 0) cpu.raise(VECTOR.ac, 0);
  cpu.raise(VECTOR.gp, 0);
}

/** FXSAVE: as on AMD's processors the last instruction's pointers are saved only while an exception is pending. */
const fxsave: HostFunction = (cpu, instruction, linear) => {
  requireImage(cpu, instruction, linear, true);
  const { state, memory } = cpu;
  const user = isUser(cpu);
  probeImage(cpu, linear, FX.bytes, true);
  const put = (offset: number, value: number): void =>
    memory.write32((linear + offset) >>> 0, value >>> 0, user);
  put(FX.control, state.u16(AT.fpuControl) | (statusWord(state) << 16));
  const pointers = (state.u16(AT.fpuStatus) & FLAG.es) !== 0 ? -1 : 0;
  put(FX.tags, (state.i32(AT.fpuValid) & 0xff) | ((state.u16(AT.fpuOpcode) & pointers) << 16));
  put(FX.ip, state.u32(AT.fpuInstructionPointer) & pointers);
  put(FX.cs, state.u16(AT.fpuInstructionSelector) & pointers);
  put(FX.dp, state.u32(AT.fpuDataPointer) & pointers);
  put(FX.ds, state.u16(AT.fpuDataSelector) & pointers);
  put(FX.mxcsr, state.u32(AT.mxcsr));
  put(FX.mxcsrMask, MXCSR_MASK);
  for (let n = 0; n < 8; n++) {
    const st = stackAt(state, n);
    [state.u32(st), state.u32(st + 4), state.u16(st + 8), 0].forEach((word, part) =>
      put(FX.st + 16 * n + 4 * part, word),
    );
    for (let part = 0; part < 4; part++)
      put(FX.xmm + 16 * n + 4 * part, state.u32(AT.xmm + 16 * n + 4 * part));
  }
  return STATUS.next;
};

const fxrstor: HostFunction = (cpu, instruction, linear) => {
  requireImage(cpu, instruction, linear, false);
  const { state, memory } = cpu;
  const user = isUser(cpu);
  probeImage(cpu, linear, FX.bytes, false);
  const image = Array.from(
    { length: (FX.xmm + 128) / 4 },
    (_, n) => memory.read32((linear + 4 * n) >>> 0, user) >>> 0,
  );
  const word = (offset: number): number => image[offset / 4]!;
  if ((word(FX.mxcsr) & ~MXCSR_MASK) !== 0) cpu.raise(VECTOR.gp, 0);
  setControlWord(state, word(FX.control) & 0xffff);
  setStatusWord(state, word(FX.control) >>> 16);
  state.set32(AT.fpuValid, word(FX.tags) & 0xff);
  state.set16(AT.fpuOpcode, (word(FX.tags) >>> 16) & 0x7ff);
  state.set32(AT.fpuInstructionPointer, word(FX.ip));
  state.set16(AT.fpuInstructionSelector, word(FX.cs) & 0xffff);
  state.set32(AT.fpuDataPointer, word(FX.dp));
  state.set16(AT.fpuDataSelector, word(FX.ds) & 0xffff);
  state.set32(AT.mxcsr, word(FX.mxcsr));
  for (let n = 0; n < 8; n++) {
    const st = stackAt(state, n);
    state.set32(st, word(FX.st + 16 * n));
    state.set32(st + 4, word(FX.st + 16 * n + 4));
    state.set16(st + 8, word(FX.st + 16 * n + 8) & 0xffff);
    for (let part = 0; part < 4; part++)
      state.set32(AT.xmm + 16 * n + 4 * part, word(FX.xmm + 16 * n + 4 * part));
  }
  return STATUS.next;
};

/** Saving and restoring the state of the x87 and SSE units. */
export const environmentFunctions: readonly (readonly [string, HostFunction])[] = [
  ['fnstenv', fnstenv],
  ['fldenv', fldenv],
  ['fnsave', fnsave],
  ['frstor', frstor],
  ['fxsave', fxsave],
  ['fxrstor', fxrstor],
];

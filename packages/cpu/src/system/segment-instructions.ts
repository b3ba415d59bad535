import { AT, SEGMENT } from '../state/layout';
import { STATUS, type HostFunction, type HostInstruction, type Status, type SystemContext } from './context';
import { readRm16, writeGpr, writeRm16 } from './operands';
import { isUser, peekStack, push, segmentLinear } from './segment-access';
import { loadSegment } from './segmentation';
import { afterChange } from './transfer';
import { VECTOR } from './vectors';

/** `interruptShadow` after a load of SS (SDM vol. 3A, 6.8.3). */
const MOV_SS_SHADOW = 2;

/** Loads a segment register; a load of SS inhibits interrupts until after the next instruction. */
function load(cpu: SystemContext, segment: number, selector: number): Status {
  const { state } = cpu;
  const mode = state.i32(AT.mode);
  loadSegment(cpu, segment, selector);
  return settle(cpu, segment, mode);
}

/** A load of SS leaves the engine, so that the shadow covers exactly the next instruction. */
function settle(cpu: SystemContext, segment: number, mode: number): Status {
  if (segment !== SEGMENT.ss) return afterChange(cpu, mode);
  cpu.state.set32(AT.interruptShadow, MOV_SS_SHADOW);
  cpu.state.set32(AT.rip, cpu.nextIp);
  return STATUS.exit;
}

/** MOV r/m16, Sreg and MOV Sreg, r/m16. */
const movSreg: HostFunction = (cpu, instruction, linear) => {
  const { form, decoded } = instruction;
  const segment = decoded.reg & 7;
  if (segment > SEGMENT.gs) cpu.raise(VECTOR.ud);
  if (form.operands[0]!.kind !== 'sreg') {
    writeRm16(cpu, instruction, linear, cpu.state.u16(AT.selector + 2 * segment));
    return STATUS.next;
  }
  if (segment === SEGMENT.cs) cpu.raise(VECTOR.ud);
  return load(cpu, segment, readRm16(cpu, instruction, linear));
};

/** The segment register that is an implied operand (PUSH ES, POP DS ...). */
function impliedSegment({ form }: HostInstruction): number {
  return SEGMENT[form.operands[0]!.register as keyof typeof SEGMENT];
}

/** PUSH Sreg: a 32-bit push is zero-extended, as AMD processors do. */
const pushSreg: HostFunction = (cpu, instruction) => {
  const selector = cpu.state.u16(AT.selector + 2 * impliedSegment(instruction));
  push(cpu, selector, instruction.decoded.operandSize === 16 ? 2 : 4);
  return STATUS.next;
};

/** POP Sreg: the stack pointer moves by the width of the old stack, also when SS is popped. */
const popSreg: HostFunction = (cpu, instruction) => {
  const { state } = cpu;
  const segment = impliedSegment(instruction);
  const size = instruction.decoded.operandSize === 16 ? 2 : 4;
  const selector = peekStack(cpu, 0, size) & 0xffff;
  const mode = state.i32(AT.mode);
  const mask = state.i32(AT.stackMask);
  loadSegment(cpu, segment, selector);
  const esp = state.i32(AT.gpr + 32);
  state.set32(AT.gpr + 32, (esp & ~mask) | ((esp + size) & mask));
  return settle(cpu, segment, mode);
};

/** LDS, LES, LSS, LFS, LGS: the register is loaded only after the segment register. */
const loadFarPointer =
  (segment: number): HostFunction =>
  (cpu, { decoded }, linear) => {
    const { operandSize, reg } = decoded;
    const user = isUser(cpu);
    const offset = operandSize === 16 ? cpu.memory.read16(linear, user) : cpu.memory.read32(linear, user);
    const selector = cpu.memory.read16((linear + operandSize / 8) >>> 0, user);
    const mode = cpu.state.i32(AT.mode);
    loadSegment(cpu, segment, selector);
    writeGpr(cpu, reg, operandSize, offset);
    return afterChange(cpu, mode);
  };

/**
 * ENTER (SDM vol. 2): frame pointers are read through SS:(E)BP in the width of the stack; EBP and ESP change only when
 * all pushes have succeeded and the final stack pointer can be written through.
 */
const enter: HostFunction = (cpu, { decoded }) => {
  const { state, memory } = cpu;
  const size = decoded.operandSize === 16 ? 2 : 4;
  const user = isUser(cpu);
  const mask = state.i32(AT.stackMask);
  const level = decoded.immediate2 & 31;
  const esp = state.i32(AT.gpr + 32);
  const ebp = state.i32(AT.gpr + 40);
  let depth = 0;
  const store = (value: number): void => {
    depth += size;
    const linear = segmentLinear(cpu, SEGMENT.ss, ((esp - depth) & mask) >>> 0, size, true);
    if (size === 4) memory.write32(linear, value, user);
    else memory.write16(linear, value & 0xffff, user);
  };
  store(ebp);
  const frame = (esp & ~mask) | ((esp - size) & mask);
  for (let n = 1; n < level; n++) {
    const linear = segmentLinear(cpu, SEGMENT.ss, ((ebp - n * size) & mask) >>> 0, size, false);
    store(size === 4 ? memory.read32(linear, user) : memory.read16(linear, user));
  }
  if (level > 0) store(frame);
  const bottom = (esp - depth - (decoded.immediate & 0xffff)) & mask;
  const last = segmentLinear(cpu, SEGMENT.ss, bottom >>> 0, size, true);
  memory.probeWrite(last, size, user);
  writeGpr(cpu, 5, size * 8, frame);
  state.set32(AT.gpr + 32, (esp & ~mask) | bottom);
  return STATUS.next;
};

export const segmentInstructions: readonly (readonly [string, HostFunction])[] = [
  ['mov sreg', movSreg],
  ['push sreg', pushSreg],
  ['pop sreg', popSreg],
  ['lds', loadFarPointer(SEGMENT.ds)],
  ['les', loadFarPointer(SEGMENT.es)],
  ['lss', loadFarPointer(SEGMENT.ss)],
  ['lfs', loadFarPointer(SEGMENT.fs)],
  ['lgs', loadFarPointer(SEGMENT.gs)],
  ['enter', enter],
];

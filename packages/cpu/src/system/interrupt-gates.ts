import { FLAG, readFlags } from '../state/flags';
import { AT, GPR, SEGMENT } from '../state/layout';
import { isProtected, setCpl, updateMode } from '../state/mode';
import type { SystemContext } from './context';
import {
  attributesOf,
  baseOf,
  dplOf,
  isCode,
  isConformingCode,
  isNull,
  isPresent,
  isWritableData,
  limitOf,
  markAccessed,
  readHigh,
  readLow,
  requireDescriptor,
  selectorError,
  setSegment,
  SYSTEM_TYPE,
  systemTypeOf,
} from './descriptors';
import { stackHasRoom } from './segment-access';
import { loadNullSegment, loadRealSegment } from './segmentation';
import { switchThroughTaskGate } from './task-gates';
import { isFault, VECTOR } from './vectors';

/** Where an event comes from (SDM vol. 3A, 6.3, 6.4). */
export type InterruptKind = 'external' | 'nmi' | 'exception' | 'software';

const ESP = AT.gpr + 8 * GPR.esp;

/**
 * Enters the handler of `vector` (SDM vol. 2, INT n, operation). All checks and stores precede the first change of a
 * register, so that a fault (recorded and thrown) leaves the processor as it was; a task gate is the exception, there the
 * fault may belong to the new task.
 *
 * `errorCode` is pushed unless it is -1; `returnIp` is the EIP to push; `external` is the EXT bit of error codes that
 * delivery itself causes (1 except for INT n, INT3, INTO).
 */
export function enterHandler(
  cpu: SystemContext,
  vector: number,
  kind: InterruptKind,
  errorCode: number,
  returnIp: number,
  external: number,
): void {
  const { state } = cpu;
  let flags = readFlags(state);
  if (kind === 'exception' && isFault(vector)) flags |= FLAG.rf;
  if (kind === 'software') flags &= ~FLAG.rf;
  if (!isProtected(state)) {
    enterRealHandler(cpu, vector, flags, returnIp);
    return;
  }
  const gateError = vector * 8 + 2 + external;
  if (vector * 8 + 7 > state.u32(AT.idtrLimit)) cpu.raise(VECTOR.gp, gateError);
  const gate = (state.i32(AT.idtrBase) + vector * 8) >>> 0;
  const high = readHigh(cpu, gate);
  const attributes = attributesOf(high);
  const type = systemTypeOf(attributes);
  if (type !== SYSTEM_TYPE.taskGate && (type < 0 || (type & 6) !== 6)) cpu.raise(VECTOR.gp, gateError);
  if (kind === 'software' && dplOf(attributes) < state.i32(AT.cpl)) cpu.raise(VECTOR.gp, gateError);
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, gateError);
  const low = readLow(cpu, gate);
  if (type === SYSTEM_TYPE.taskGate) {
    switchThroughTaskGate(cpu, low >>> 16, flags, errorCode, returnIp, external);
    return;
  }
  enterGate(
    cpu,
    type,
    low >>> 16,
    ((high & 0xffff_0000) | (low & 0xffff)) >>> 0,
    flags,
    errorCode,
    returnIp,
    external,
  );
}

/** Real-address mode: the interrupt vector table (SDM vol. 3B, 20.1.4). No error code is pushed. */
function enterRealHandler(cpu: SystemContext, vector: number, flags: number, returnIp: number): void {
  const { state, memory } = cpu;
  if (vector * 4 + 3 > state.u32(AT.idtrLimit)) cpu.raise(VECTOR.gp, vector * 8 + 2);
  const entry = memory.read32((state.i32(AT.idtrBase) + vector * 4) >>> 0, 'system');
  const attributes = state.i32(AT.segmentAttributes + 4 * SEGMENT.ss);
  const esp = state.i32(ESP);
  if (!stackHasRoom(attributes, state.u32(AT.segmentLimit + 4 * SEGMENT.ss), esp, 6, 2))
    cpu.raise(VECTOR.ss, 0);
  const base = state.i32(AT.segmentBase + 8 * SEGMENT.ss);
  const mask = state.i32(AT.stackMask);
  memory.write16((base + (((esp - 2) & mask) >>> 0)) >>> 0, flags & 0xffff, false);
  memory.write16((base + (((esp - 4) & mask) >>> 0)) >>> 0, state.u16(AT.selector + 2 * SEGMENT.cs), false);
  memory.write16((base + (((esp - 6) & mask) >>> 0)) >>> 0, returnIp & 0xffff, false);
  state.set32(ESP, (esp & ~mask) | ((esp - 6) & mask));
  state.set32(AT.eflags, state.i32(AT.eflags) & ~(FLAG.if | FLAG.tf | FLAG.ac | FLAG.rf));
  loadRealSegment(cpu, SEGMENT.cs, entry >>> 16);
  state.set32(AT.rip, entry & 0xffff);
  updateMode(state);
}

/** An interrupt or trap gate: the code segment's checks, then a transfer at the same or to an inner level. */
function enterGate(
  cpu: SystemContext,
  type: number,
  selector: number,
  offset: number,
  flags: number,
  errorCode: number,
  returnIp: number,
  external: number,
): void {
  const { state } = cpu;
  const cpl = state.i32(AT.cpl);
  if (isNull(selector)) cpu.raise(VECTOR.gp, external);
  const address = requireDescriptor(cpu, selector, VECTOR.gp, external);
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  const dpl = dplOf(attributes);
  if (!isCode(attributes) || dpl > cpl) cpu.raise(VECTOR.gp, selectorError(selector, external));
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, selectorError(selector, external));
  const low = readLow(cpu, address);
  const entry = type & 8 ? offset : offset & 0xffff;
  const v86 = (flags & FLAG.vm) !== 0;
  const conforming = isConformingCode(attributes);
  // From virtual-8086 mode only a non-conforming segment of level 0 will do.
  if (v86 && (conforming || dpl !== 0)) cpu.raise(VECTOR.gp, selectorError(selector, external));
  const inner = !conforming && dpl < cpl;
  const limit = limitOf(low, high);
  const loaded = markAccessed(cpu, address, attributes);
  if (inner) pushInner(cpu, type, dpl, flags, errorCode, returnIp, external, entry, limit);
  else pushSame(cpu, type, flags, errorCode, returnIp, external, entry, limit);

  const level = inner ? dpl : cpl;
  if (inner) setCpl(state, level);
  setSegment(cpu, SEGMENT.cs, (selector & 0xfffc) | level, baseOf(low, high), limit, loaded);
  state.set32(AT.rip, entry);
  let cleared = FLAG.tf | FLAG.vm | FLAG.rf | FLAG.nt;
  if ((type & 1) === 0) cleared |= FLAG.if;
  state.set32(AT.eflags, state.i32(AT.eflags) & ~cleared);
  updateMode(state);
}

/** Pushes EFLAGS, CS, EIP and the error code on the current stack. */
function pushSame(
  cpu: SystemContext,
  type: number,
  flags: number,
  errorCode: number,
  returnIp: number,
  external: number,
  entry: number,
  limit: number,
): void {
  const { state } = cpu;
  const size = type & 8 ? 4 : 2;
  const bytes = size * (errorCode === -1 ? 3 : 4);
  const esp = state.i32(ESP);
  const attributes = state.i32(AT.segmentAttributes + 4 * SEGMENT.ss);
  if (!stackHasRoom(attributes, state.u32(AT.segmentLimit + 4 * SEGMENT.ss), esp, bytes, size))
    cpu.raise(VECTOR.ss, external);
  if (entry > limit) cpu.raise(VECTOR.gp, external);
  const base = state.i32(AT.segmentBase + 8 * SEGMENT.ss);
  const mask = state.i32(AT.stackMask);
  pushFrame(
    cpu,
    base,
    mask,
    esp,
    size,
    state.i32(AT.cpl) === 3,
    flags,
    state.u16(AT.selector + 2 * SEGMENT.cs),
    returnIp,
    errorCode,
  );
  state.set32(ESP, (esp & ~mask) | ((esp - bytes) & mask));
}

/** Stores one pushed word; `sp` is the stack pointer after the push. */
function store(
  cpu: SystemContext,
  base: number,
  mask: number,
  sp: number,
  size: number,
  user: boolean,
  value: number,
): void {
  const linear = (base + ((sp & mask) >>> 0)) >>> 0;
  if (size === 4) cpu.memory.write32(linear, value, user);
  else cpu.memory.write16(linear, value & 0xffff, user);
}

function pushFrame(
  cpu: SystemContext,
  base: number,
  mask: number,
  sp: number,
  size: number,
  user: boolean,
  flags: number,
  cs: number,
  eip: number,
  errorCode: number,
): void {
  store(cpu, base, mask, sp - size, size, user, flags);
  store(cpu, base, mask, sp - 2 * size, size, user, cs);
  store(cpu, base, mask, sp - 3 * size, size, user, eip);
  if (errorCode !== -1) store(cpu, base, mask, sp - 4 * size, size, user, errorCode);
}

/** The stack of level `dpl` in the current TSS: offset of (E)SP in it; SS follows (SDM vol. 3A, 7.2.1, 7.6). */
export function innerStackOffset(cpu: SystemContext, dpl: number, external: number): number {
  const { state } = cpu;
  const wide = (state.i32(AT.segmentAttributes + 4 * SEGMENT.tr) & 8) !== 0;
  const offset = wide ? 4 + dpl * 8 : 2 + dpl * 4;
  if (offset + (wide ? 5 : 3) > state.u32(AT.segmentLimit + 4 * SEGMENT.tr)) {
    cpu.raise(VECTOR.ts, selectorError(state.u16(AT.selector + 2 * SEGMENT.tr), external));
  }
  return offset;
}

/** Address of the descriptor of an inner level's stack segment. */
export function requireInnerStack(cpu: SystemContext, ss: number, external: number): number {
  if (isNull(ss)) cpu.raise(VECTOR.ts, external);
  return requireDescriptor(cpu, ss, VECTOR.ts, external);
}

/** Checks the attributes of the stack segment of level `dpl`. */
export function checkInnerStack(
  cpu: SystemContext,
  ss: number,
  attributes: number,
  dpl: number,
  external: number,
): void {
  if ((ss & 3) !== dpl || !isWritableData(attributes) || dplOf(attributes) !== dpl)
    cpu.raise(VECTOR.ts, selectorError(ss, external));
  if (!isPresent(attributes)) cpu.raise(VECTOR.ss, selectorError(ss, external));
}

/** Switches to the stack of level `dpl` and pushes the old SS:ESP, EFLAGS, CS:EIP (and, from V86, the data segments). */
function pushInner(
  cpu: SystemContext,
  type: number,
  dpl: number,
  flags: number,
  errorCode: number,
  returnIp: number,
  external: number,
  entry: number,
  codeLimit: number,
): void {
  const { state, memory } = cpu;
  const tss = state.i32(AT.segmentBase + 8 * SEGMENT.tr);
  const wide = (state.i32(AT.segmentAttributes + 4 * SEGMENT.tr) & 8) !== 0;
  const slot = (tss + innerStackOffset(cpu, dpl, external)) >>> 0;
  const esp = wide ? memory.read32(slot, 'system') : memory.read16(slot, 'system');
  const ss = memory.read16((slot + (wide ? 4 : 2)) >>> 0, 'system');
  const address = requireInnerStack(cpu, ss, external);
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  checkInnerStack(cpu, ss, attributes, dpl, external);
  const low = readLow(cpu, address);
  const limit = limitOf(low, high);
  const v86 = (flags & FLAG.vm) !== 0;
  const size = type & 8 ? 4 : 2;
  const bytes = size * ((errorCode === -1 ? 5 : 6) + (v86 ? 4 : 0));
  if (!stackHasRoom(attributes, limit, esp, bytes, size)) cpu.raise(VECTOR.ss, selectorError(ss, external));
  if (entry > codeLimit) cpu.raise(VECTOR.gp, external);

  const base = baseOf(low, high);
  const mask = high & 0x40_0000 ? -1 : 0xffff;
  let sp = esp;
  if (v86) {
    for (let n = 0; n < 4; n++) {
      store(cpu, base, mask, (sp -= size), size, false, state.u16(AT.selector + 2 * V86_PUSHED[n]!));
    }
  }
  store(cpu, base, mask, sp - size, size, false, state.u16(AT.selector + 2 * SEGMENT.ss));
  store(cpu, base, mask, sp - 2 * size, size, false, state.i32(ESP));
  pushFrame(
    cpu,
    base,
    mask,
    sp - 2 * size,
    size,
    false,
    flags,
    state.u16(AT.selector + 2 * SEGMENT.cs),
    returnIp,
    errorCode,
  );

  const loaded = markAccessed(cpu, address, attributes);
  if (v86) for (let n = 0; n < 4; n++) loadNullSegment(cpu, V86_PUSHED[n]!, 0);
  setSegment(cpu, SEGMENT.ss, ss, base, limit, loaded);
  // Only SP of a 16-bit stack changes with pushes; the upper half comes from the TSS (zero in a 16-bit one).
  state.set32(ESP, (esp & ~mask) | ((esp - bytes) & mask));
}

/** Data segments in the order in which an interrupt from virtual-8086 mode pushes them (SDM vol. 3B, 20.3.1.1). */
const V86_PUSHED = [SEGMENT.gs, SEGMENT.fs, SEGMENT.ds, SEGMENT.es] as const;

import { FLAG, writeFlags } from '../state/flags';
import { AT, SEGMENT } from '../state/layout';
import { CR0, setCpl, updateMode } from '../state/mode';
import { GUEST_FAULT, type SystemContext } from './context';
import { writeCr3 } from './control-registers';
import { DR6, raiseDebug, writeDr7 } from './debug-registers';
import { attributesOf, baseOf, limitOf, readHigh, readLow, selectorError, setSegment } from './descriptors';
import { writeGpr } from './operands';
import { push } from './segment-access';
import { TSS_BUSY } from './segmentation';
import { loadTaskLocalTable, loadTaskSegments } from './task-segments';
import {
  readTaskImage,
  savedLength,
  TSS_16,
  TSS_32,
  writeTaskImage,
  type TaskImage,
  type TssLayout,
} from './task-state-segment';
import { VECTOR } from './vectors';

/** What causes a task switch (SDM vol. 3A, table 7-2). */
export type TaskSwitchCause = 'jump' | 'call' | 'interrupt' | 'return';

export interface TaskSwitch {
  readonly cause: TaskSwitchCause;
  /** The new TSS; its descriptor at `address` has been checked for type and presence. */
  readonly selector: number;
  readonly address: number;
  /** EFLAGS and EIP to save in the old task. */
  readonly flags: number;
  readonly returnIp: number;
  /** EXT bit of error codes. */
  readonly external: number;
  /** Pushed on the new task's stack unless -1. */
  readonly errorCode: number;
}

/** The local breakpoint bits of DR7, which a task switch clears (SDM vol. 3B, 17.2.4). */
const DR7_LOCAL = 0x155;

const layoutOf = (attributes: number): TssLayout => (attributes & 8 ? TSS_32 : TSS_16);

/**
 * Switches tasks (SDM vol. 3A, 7.3). Until the old task is saved a fault belongs to it: it is thrown, and nothing has
 * changed. From then on a fault belongs to the new task: it is left pending in the state (`faulted`), and rip is the new
 * task's.
 */
export function switchTask(cpu: SystemContext, request: TaskSwitch): void {
  const { state } = cpu;
  const { selector, address, external, cause } = request;
  const low = readLow(cpu, address);
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  const limit = limitOf(low, high);
  const base = baseOf(low, high);
  const layout = layoutOf(attributes);
  if (limit < layout.smallestLimit) cpu.raise(VECTOR.ts, selectorError(selector, external));
  const image = readTaskImage(cpu, layout, base);

  saveOldTask(cpu, request, base);
  if (cause === 'call' || cause === 'interrupt')
    cpu.memory.write16(base, state.u16(AT.selector + 2 * SEGMENT.tr), 'system');
  if (cause !== 'return') cpu.memory.write8((address + 5) >>> 0, (attributes & 0xff) | TSS_BUSY, 'system');
  setSegment(cpu, SEGMENT.tr, selector, base, limit, attributes | TSS_BUSY);
  try {
    loadNewTask(cpu, image, layout, cause, external);
    if (request.errorCode !== -1) push(cpu, request.errorCode, layout.size);
    if (image.trap) raiseDebug(cpu, DR6.bt);
  } catch (thrown) {
    if (thrown !== GUEST_FAULT) throw thrown;
    // Some segment registers may have been loaded: the fault is delivered on the new task's stack.
    updateMode(state);
  }
}

/** Checks that everything the switch writes can be written, saves the old task, and clears its busy bit unless nested. */
function saveOldTask(
  cpu: SystemContext,
  { cause, address, flags, returnIp, external }: TaskSwitch,
  newBase: number,
): void {
  const { state, memory } = cpu;
  const old = state.u16(AT.selector + 2 * SEGMENT.tr);
  const base = state.u32(AT.segmentBase + 8 * SEGMENT.tr);
  const layout = layoutOf(state.i32(AT.segmentAttributes + 4 * SEGMENT.tr));
  const saved = savedLength(layout);
  if (layout.eip + saved - 1 > state.u32(AT.segmentLimit + 4 * SEGMENT.tr))
    cpu.raise(VECTOR.ts, selectorError(old, external));
  const ends = cause === 'jump' || cause === 'return';
  const oldDescriptor = (state.u32(AT.gdtrBase) + (old & 0xfff8)) >>> 0;
  memory.probeWrite((base + layout.eip) >>> 0, saved, 'system');
  if (ends) memory.probeWrite((oldDescriptor + 5) >>> 0, 1, 'system');
  else memory.probeWrite(newBase, 2, 'system');
  if (cause !== 'return') memory.probeWrite((address + 5) >>> 0, 1, 'system');

  writeTaskImage(cpu, layout, base, {
    eip: returnIp,
    eflags: cause === 'return' ? flags & ~FLAG.nt : flags,
    registers: Array.from({ length: 8 }, (_, n) => state.i32(AT.gpr + 8 * n)),
    selectors: Array.from({ length: 6 }, (_, n) => state.u16(AT.selector + 2 * n)),
  });
  if (ends) {
    const access = (oldDescriptor + 5) >>> 0;
    memory.write8(access, memory.read8(access, 'system') & ~TSS_BUSY, 'system');
  }
}

/** Bits of EFLAGS that exist; VM only in a 32-bit TSS. */
const EFLAGS_BITS = 0x003f_7fd5;

/** Loads registers, CR3, LDTR and segment registers of the new task. */
function loadNewTask(
  cpu: SystemContext,
  image: TaskImage,
  layout: TssLayout,
  cause: TaskSwitchCause,
  external: number,
): void {
  const { state } = cpu;
  const nested = cause === 'call' || cause === 'interrupt' ? FLAG.nt : 0;
  const eflags = (image.eflags & (layout.size === 4 ? EFLAGS_BITS : EFLAGS_BITS & 0xffff)) | 2 | nested;
  const v86 = (eflags & FLAG.vm) !== 0;
  writeFlags(state, eflags);
  // A 16-bit TSS leaves the upper halves of the registers alone.
  image.registers.forEach((value, n) => writeGpr(cpu, n, layout.size * 8, value));
  state.set32(AT.rip, image.eip);
  image.selectors.forEach((selector, segment) => setSegment(cpu, segment, selector, 0, 0, 0));
  setSegment(cpu, SEGMENT.ldtr, image.ldt, 0, 0, 0);
  setCpl(state, v86 ? 3 : image.selectors[SEGMENT.cs]! & 3);
  state.set32(AT.cr0, state.i32(AT.cr0) | CR0.ts);
  writeDr7(cpu, state.i32(AT.dr + 56) & ~DR7_LOCAL);
  cpu.keepResumeFlag = true;
  updateMode(state);
  if (layout.size === 4 && (state.i32(AT.cr0) & CR0.pg) !== 0) writeCr3(cpu, image.cr3);
  loadTaskLocalTable(cpu, image.ldt, external);
  loadTaskSegments(cpu, image.selectors, v86, external);
  updateMode(state);
  if (image.eip > state.u32(AT.segmentLimit + 4 * SEGMENT.cs)) cpu.raise(VECTOR.gp, external);
}

import type { ProcessorContext } from './processor-context';
import { readFlags, writeFlags } from './state/flags';
import { AT, STATE, type StateField } from './state/layout';
import { setCpl, updateMode } from './state/mode';
import type { ProcessorState } from './state/processor-state';
import { updateWatching } from './system/breakpoints';

/** The architectural state of a processor by the names of its fields; portable between engines and hosts. */
export interface ProcessorSnapshot {
  readonly version: 1;
  /** CPUID model. */
  readonly model: string;
  /** Each element of a field as hexadecimal digits. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly eflags: number;
  readonly halted: boolean;
  readonly shutdown: boolean;
  readonly nmiPending: boolean;
  readonly nmiBlocked: boolean;
  /** DR6 bits of breakpoints met by a load of SS, told after the next instruction. */
  readonly breakpoints: number;
  /** Executed since reset. */
  readonly instructions: number;
}

/** A saved state that this processor cannot take on; nothing of it has been. */
export class ProcessorSnapshotError extends Error {
  override readonly name = 'ProcessorSnapshotError';
  readonly code = 'PROCESSOR_SNAPSHOT';

  constructor(
    readonly reason: 'newer' | 'model' | 'damaged',
    message: string,
  ) {
    super(message);
  }
}

/** What is saved. Everything else in the state block is derived from it, or empty between two instructions. */
export const SAVED_FIELDS = [
  ...(['gpr', 'rip', 'cpl', 'interruptShadow'] as const),
  ...(['selector', 'segmentBase', 'segmentLimit', 'segmentAttributes'] as const),
  ...(['gdtrBase', 'gdtrLimit', 'idtrBase', 'idtrLimit'] as const),
  ...(['cr0', 'cr2', 'cr3', 'cr4', 'cr8', 'efer', 'pdpte', 'dr'] as const),
  ...(['sysenterCs', 'sysenterEsp', 'sysenterEip', 'star', 'lstar', 'cstar', 'sfmask'] as const),
  ...(['kernelGsBase', 'pat', 'apicBase', 'tscOffset', 'performanceSelect', 'performanceCounter'] as const),
  ...(['fpr', 'xmm', 'fpuControl', 'fpuStatus', 'fpuTop', 'fpuValid', 'fpuOpcode', 'mxcsr'] as const),
  ...(['fpuInstructionSelector', 'fpuDataSelector', 'fpuInstructionPointer', 'fpuDataPointer'] as const),
] as const satisfies readonly StateField[];

const VERSION = 1;
/** Fields whose other values mean nothing. */
const LARGEST: Readonly<Partial<Record<StateField, bigint>>> = {
  rip: 0xffff_ffffn,
  cpl: 3n,
  interruptShadow: 2n,
  fpuTop: 7n,
  fpuValid: 0xffn,
};

function readElement(state: ProcessorState, at: number, width: number): bigint {
  if (width === 16) return BigInt(state.u16(at));
  if (width === 32) return BigInt(state.u32(at));
  return width === 64 ? state.u64(at) : state.u64(at) | (state.u64(at + 8) << 64n);
}

function writeElement(state: ProcessorState, at: number, width: number, value: bigint): void {
  if (width === 16) state.set16(at, Number(value));
  else if (width === 32) state.set32(at, Number(value));
  else {
    state.set64(at, BigInt.asUintN(64, value));
    if (width === 128) state.set64(at + 8, value >> 64n);
  }
}

/** What of a processor lies outside its state block. */
export interface ProcessorStatus {
  readonly shutdown: boolean;
  readonly instructions: number;
}

export function saveProcessor(context: ProcessorContext, status: ProcessorStatus): ProcessorSnapshot {
  const { state } = context;
  const fields: Record<string, string[]> = {};
  for (const name of SAVED_FIELDS) {
    const { offset, stride, width, count } = STATE.field(name);
    fields[name] = Array.from({ length: count }, (_, n) =>
      readElement(state, offset + n * stride, width).toString(16),
    );
  }
  const { model, halted, nmiPending, nmiBlocked, breakpoints } = context;
  const eflags = readFlags(state) >>> 0;
  return { version: VERSION, model, fields, eflags, halted, nmiPending, nmiBlocked, breakpoints, ...status };
}

function damaged(name: string): ProcessorSnapshotError {
  return new ProcessorSnapshotError('damaged', `the processor's saved field ${name} makes no sense`);
}

/** The elements of one field, checked. */
function elements(name: StateField, saved: readonly string[]): bigint[] {
  const { width, count } = STATE.field(name);
  const largest = LARGEST[name] ?? (1n << BigInt(width)) - 1n;
  if (!Array.isArray(saved) || saved.length !== count) throw damaged(name);
  return saved.map((text) => {
    if (typeof text !== 'string' || !/^[0-9a-f]{1,32}$/.test(text)) throw damaged(name);
    const value = BigInt(`0x${text}`);
    if (value > largest) throw damaged(name);
    return value;
  });
}

function checkStatus(snapshot: ProcessorSnapshot): void {
  for (const name of ['halted', 'shutdown', 'nmiPending', 'nmiBlocked'] as const)
    if (typeof snapshot[name] !== 'boolean') throw damaged(name);
  const largest = { eflags: 2 ** 32 - 1, breakpoints: 0xffff, instructions: 2 ** 52 };
  for (const name of ['eflags', 'breakpoints', 'instructions'] as const) {
    const value: unknown = snapshot[name];
    if (!Number.isInteger(value) || snapshot[name] < 0 || snapshot[name] > largest[name]) throw damaged(name);
  }
}

/**
 * Checks a snapshot for a processor of `model`. Fields that it lacks, because it is older, keep their power-on values.
 * @throws ProcessorSnapshotError
 */
export function checkProcessorSnapshot(snapshot: ProcessorSnapshot, model: string): void {
  if (snapshot.version !== VERSION)
    throw new ProcessorSnapshotError(
      'newer',
      `the processor's state has version ${String(snapshot.version)}`,
    );
  if (snapshot.model !== model) {
    throw new ProcessorSnapshotError(
      'model',
      `the processor saved is a '${String(snapshot.model)}', this one is a '${model}'`,
    );
  }
  checkStatus(snapshot);
  for (const [name, saved] of Object.entries(snapshot.fields)) {
    if (!(SAVED_FIELDS as readonly string[]).includes(name))
      throw new ProcessorSnapshotError(
        'newer',
        `the processor saved has a field ${name}, which this one lacks`,
      );
    elements(name as StateField, saved);
  }
}

/** Gives a processor that was just reset the state of a snapshot that was checked. */
export function restoreProcessor(context: ProcessorContext, snapshot: ProcessorSnapshot): void {
  const { state } = context;
  for (const [name, saved] of Object.entries(snapshot.fields)) {
    const { offset, stride, width } = STATE.field(name as StateField);
    elements(name as StateField, saved).forEach((value, n) =>
      writeElement(state, offset + n * stride, width, value),
    );
  }
  writeFlags(state, snapshot.eflags);
  context.halted = snapshot.halted;
  context.nmiPending = snapshot.nmiPending;
  context.nmiBlocked = snapshot.nmiBlocked;
  context.breakpoints = snapshot.breakpoints;
  setCpl(state, state.i32(AT.cpl));
  updateMode(state);
  updateWatching(state);
  context.flushTlb();
}

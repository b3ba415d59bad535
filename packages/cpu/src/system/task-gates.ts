import { readFlags } from '../state/flags';
import { AT, SEGMENT } from '../state/layout';
import type { SystemContext } from './context';
import {
  attributesOf,
  descriptorAddress,
  isPresent,
  readHigh,
  selectorError,
  SYSTEM_TYPE,
  systemTypeOf,
} from './descriptors';
import { switchTask } from './task-switch';
import { VECTOR } from './vectors';

const isAvailable = (type: number): boolean => type === SYSTEM_TYPE.tss16 || type === SYSTEM_TYPE.tss32;
const isBusy = (type: number): boolean => type === SYSTEM_TYPE.busyTss16 || type === SYSTEM_TYPE.busyTss32;

/** Address of the descriptor of a TSS that a task gate or far pointer names: global, available, present. */
function requireAvailable(cpu: SystemContext, selector: number, external: number): number {
  const error = selectorError(selector, external);
  const address = selector & 4 ? -1 : descriptorAddress(cpu, selector);
  if (address < 0) cpu.raise(VECTOR.gp, error);
  const attributes = attributesOf(readHigh(cpu, address));
  if (!isAvailable(systemTypeOf(attributes))) cpu.raise(VECTOR.gp, error);
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, error);
  return address;
}

/** An interrupt or exception whose gate is a task gate (SDM vol. 2, INT n, TASK-GATE). */
export function switchThroughTaskGate(
  cpu: SystemContext,
  selector: number,
  flags: number,
  errorCode: number,
  returnIp: number,
  external: number,
): void {
  const address = requireAvailable(cpu, selector, external);
  switchTask(cpu, { cause: 'interrupt', selector, address, flags, returnIp, external, errorCode });
}

/** JMP or CALL to a TSS descriptor, or through a task gate that names it. */
export function transferToTask(cpu: SystemContext, selector: number, call: boolean): void {
  const address = requireAvailable(cpu, selector, 0);
  const cause = call ? 'call' : 'jump';
  switchTask(cpu, {
    cause,
    selector,
    address,
    flags: readFlags(cpu.state),
    returnIp: cpu.nextIp,
    external: 0,
    errorCode: -1,
  });
}

/** IRET with NT set: back to the task that the current TSS's link names (SDM vol. 2, IRET, TASK-RETURN). */
export function returnFromNestedTask(cpu: SystemContext): void {
  const { state } = cpu;
  const selector = cpu.memory.read16(state.u32(AT.segmentBase + 8 * SEGMENT.tr), 'system');
  const error = selectorError(selector);
  const address = selector & 4 ? -1 : descriptorAddress(cpu, selector);
  if (address < 0) cpu.raise(VECTOR.ts, error);
  const attributes = attributesOf(readHigh(cpu, address));
  if (!isBusy(systemTypeOf(attributes))) cpu.raise(VECTOR.ts, error);
  if (!isPresent(attributes)) cpu.raise(VECTOR.np, error);
  switchTask(cpu, {
    cause: 'return',
    selector,
    address,
    flags: readFlags(state),
    returnIp: cpu.nextIp,
    external: 0,
    errorCode: -1,
  });
}

import { AT, GPR, SEGMENT } from '../state/layout';
import type { SystemContext } from './context';

/** A software interrupt, SYSENTER or SYSCALL, as it was when the instruction began. */
export interface SystemCall {
  readonly kind: 'int' | 'sysenter' | 'syscall';
  /** Of a software interrupt; else -1. */
  readonly vector: number;
  /** EAX, where most kernels want the number of the call. */
  readonly eax: number;
  readonly cs: number;
  /** Of the instruction itself. */
  readonly eip: number;
}

/** What the running instruction calls. */
export function systemCall(cpu: SystemContext, kind: SystemCall['kind'], vector = -1): SystemCall {
  const { state, ip } = cpu;
  const cs = state.u16(AT.selector + 2 * SEGMENT.cs);
  return { kind, vector, eax: state.u32(AT.gpr + 8 * GPR.eax), cs, eip: ip };
}

/** Counts it, as the short ways of INT n and SYSENTER do. */
export function countSystemCall({ state }: Pick<SystemContext, 'state'>, call: SystemCall): void {
  const at =
    call.kind === 'int'
      ? AT.softwareInterrupts + 4 * call.vector
      : AT.fastSystemCalls + (call.kind === 'syscall' ? 4 : 0);
  state.set32(at, state.i32(at) + 1);
}

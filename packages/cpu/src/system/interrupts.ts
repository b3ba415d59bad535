import { EVENT } from '../state/event';
import { AT, SEGMENT } from '../state/layout';
import { GUEST_FAULT, type SystemContext } from './context';
import { enterHandler, type InterruptKind } from './interrupt-gates';
import { combineExceptions, isFault, VECTOR } from './vectors';

/** What became of an event: its handler (or that of a fault on the way) was entered, or the processor shut down. */
export type Delivery = { readonly kind: 'delivered' } | { readonly kind: 'shutdown' };

const DELIVERED: Delivery = Object.freeze({ kind: 'delivered' });
const SHUTDOWN: Delivery = Object.freeze({ kind: 'shutdown' });

/** DR7.GD: cleared when #DB is delivered, so that its handler may use the debug registers (SDM vol. 3B, 17.2.4). */
const DR7_GD = 1 << 13;

/**
 * Delivers an interrupt or exception (SDM vol. 3A, chapter 6), nested faults included: by table 6-5 a second exception
 * is delivered instead, becomes #DF, or shuts the processor down.
 *
 * `state.rip` is the EIP to be saved: of the faulting instruction for faults, of the next one otherwise. `errorCode` is
 * -1 if there is none. On return rip, mode word, CPL and flags are the handler's. `software` means INT n, INT3 or INTO
 * (the gate's DPL is checked); rip is behind the instruction then, and a fault saves that EIP.
 */
export function deliverInterrupt(
  cpu: SystemContext,
  vector: number,
  kind: InterruptKind,
  errorCode = -1,
): Delivery {
  const { state } = cpu;
  try {
    if (kind === 'exception') noteException(cpu, vector, errorCode);
    if (entersFast(cpu, vector, kind, errorCode)) return DELIVERED;
    enterHandler(cpu, vector, kind, errorCode, state.u32(AT.rip), kind === 'software' ? 0 : 1);
    // A task gate may have left a fault of the new task.
    if (state.i32(AT.faulted) === 0) return DELIVERED;
  } catch (thrown) {
    if (thrown !== GUEST_FAULT) throw thrown;
  }
  return deliverNested(cpu, kind === 'exception' ? vector : -1);
}

function entersFast(cpu: SystemContext, vector: number, kind: InterruptKind, errorCode: number): boolean {
  if (!cpu.enterGate) return false;
  const event =
    kind === 'software' ? EVENT.software : kind === 'exception' && isFault(vector) ? EVENT.fault : 0;
  return cpu.enterGate(vector, event, errorCode, cpu.state.u32(AT.rip));
}

/**
 * Delivers the fault that the running instruction has recorded in the state (`faulted`, `faultVector`, ...) and clears
 * it. `state.rip` is the faulting instruction's EIP. CR2 is loaded from `faultAddress` for #PF.
 */
export function deliverFault(cpu: SystemContext): Delivery {
  const { state } = cpu;
  const vector = state.i32(AT.faultVector);
  const error = state.i32(AT.faultError);
  takeFault(cpu, vector);
  return deliverInterrupt(cpu, vector, 'exception', error);
}

/** Clears the recorded fault; a page fault's address becomes CR2. */
function takeFault(cpu: SystemContext, vector: number): void {
  const { state } = cpu;
  state.set32(AT.faulted, 0);
  if (vector !== VECTOR.pf) return;
  state.set32(AT.cr2, state.i32(AT.faultAddress));
  state.set32(AT.cr2 + 4, state.i32(AT.faultAddress + 4));
}

function noteException(cpu: SystemContext, vector: number, errorCode: number): void {
  const { state } = cpu;
  cpu.exceptions.record(
    vector,
    errorCode,
    state.u16(AT.selector + 2 * SEGMENT.cs),
    state.u32(AT.rip),
    state.u32(AT.cr2),
  );
  if (vector === VECTOR.db) state.set32(AT.dr + 56, state.i32(AT.dr + 56) & ~DR7_GD);
}

/** Delivers the fault that delivering exception `first` (-1: an interrupt) has raised, and any that follow from it. */
function deliverNested(cpu: SystemContext, first: number): Delivery {
  const { state } = cpu;
  let delivering = first;
  // Every turn either ends or goes on with another exception; chains of serial exceptions end in #DF or shutdown.
  for (;;) {
    let vector = state.i32(AT.faultVector);
    let error = state.i32(AT.faultError);
    takeFault(cpu, vector);
    const outcome = delivering < 0 ? 'serial' : combineExceptions(delivering, vector);
    if (outcome === 'shutdown') return SHUTDOWN;
    if (outcome === 'double-fault') {
      vector = VECTOR.df;
      error = 0;
    }
    delivering = vector;
    try {
      noteException(cpu, vector, error);
      enterHandler(cpu, vector, 'exception', error, state.u32(AT.rip), 1);
      if (state.i32(AT.faulted) === 0) return DELIVERED;
    } catch (thrown) {
      if (thrown !== GUEST_FAULT) throw thrown;
    }
  }
}

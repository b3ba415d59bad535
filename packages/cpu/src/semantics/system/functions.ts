import type { MemoryFunctions } from '@trapgate/mmu';
import type { FunctionRef, ModuleBuilder } from '@trapgate/wasm-assembler';
import { emitReturn } from './interrupt-return';
import { emitLoadSegment } from './segment-loads';
import { emitEnterGate } from './software-interrupts';
import { emitSupervisorAccess } from './supervisor-access';

/** Functions that the fast paths of system instructions call; each returns 0 where it has left everything as it was. */
export interface SystemFunctions {
  /** See emitSupervisorAccess. */
  readonly window: FunctionRef;
  /** See emitLoadSegment. */
  readonly loadSegment: FunctionRef;
  /** See emitEnterGate; exported for what the run loop delivers. */
  readonly enterGate: FunctionRef;
  /** See emitReturn. */
  readonly returnFromInterrupt: FunctionRef;
}

export function emitSystemFunctions(module: ModuleBuilder, memory: MemoryFunctions): SystemFunctions {
  const access = emitSupervisorAccess(module, memory);
  return {
    window: access.window,
    loadSegment: emitLoadSegment(module, access),
    enterGate: emitEnterGate(module, access),
    returnFromInterrupt: emitReturn(module, access),
  };
}

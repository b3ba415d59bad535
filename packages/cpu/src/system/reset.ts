import { AT, GPR, SEGMENT } from '../state/layout';
import { CR0, setCpl, updateMode } from '../state/mode';
import type { ProcessorState } from '../state/processor-state';
import { cpuModel } from './cpu-models';
import { DR6, DR7 } from './debug-registers';

/** PAT after reset: WB, WT, UC-, UC twice (SDM vol. 3A, 11.12.4). */
const PAT_RESET = 0x0007_0406_0007_0406n;
const DATA = 0x93;
const CODE = 0x9b;
const LDT = 0x82;
const BUSY_TSS = 0x8b;

/**
 * Power-on state (SDM vol. 3A, table 9-1): real-address mode at F000:FFF0 with CS base FFFF0000h. The fields of paging
 * that are not architectural (`ramBytes`, `a20Mask`, `tlbContext`'s generation, `observeFills`) are kept, and who is told of system calls.
 */
export function resetState(state: ProcessorState, model: string): void {
  const { ramBytes, a20Mask, tlbContext, observeFills, systemCallsWatched } = AT;
  const kept = [ramBytes, a20Mask, tlbContext, observeFills, systemCallsWatched].map(
    (at) => [at, state.i32(at)] as const,
  );
  state.clear();
  for (const [at, value] of kept) state.set32(at, value);
  state.set32(AT.gpr + 8 * GPR.edx, cpuModel(model).signature);
  state.set32(AT.rip, 0xfff0);
  state.set32(AT.zeroResult, 1); // ZF = 0
  state.set32(AT.signParity, 1); // SF = 0, PF = 0
  state.set32(AT.eflags, 2);
  state.set32(AT.cr0, CR0.cd | CR0.nw | CR0.et);
  for (let segment: number = SEGMENT.es; segment <= SEGMENT.tr; segment++) {
    state.set32(AT.segmentLimit + 4 * segment, 0xffff);
    state.set32(AT.segmentAttributes + 4 * segment, DATA);
  }
  state.set16(AT.selector + 2 * SEGMENT.cs, 0xf000);
  state.set32(AT.segmentBase + 8 * SEGMENT.cs, 0xffff_0000);
  state.set32(AT.segmentAttributes + 4 * SEGMENT.cs, CODE);
  state.set32(AT.segmentAttributes + 4 * SEGMENT.ldtr, LDT);
  state.set32(AT.segmentAttributes + 4 * SEGMENT.tr, BUSY_TSS);
  state.set32(AT.gdtrLimit, 0xffff);
  state.set32(AT.idtrLimit, 0xffff);
  state.set32(AT.dr + 48, DR6.fixed);
  state.set32(AT.dr + 56, DR7.fixed);
  state.set64(AT.pat, PAT_RESET);
  // FNINIT's state, but with all tags valid (+0.0), and the control word of a reset (SDM vol. 1, 8.1.5).
  state.set16(AT.fpuControl, 0x40);
  state.set32(AT.fpuValid, 0xff);
  state.set32(AT.mxcsr, 0x1f80);
  setCpl(state, 0);
  updateMode(state);
}

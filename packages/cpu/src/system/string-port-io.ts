import { FLAG } from '../state/flags';
import { AT, GPR, SEGMENT } from '../state/layout';
import { STATUS, type HostFunction, type HostInstruction, type Status, type SystemContext } from './context';
import { requirePort } from './port-io';
import { isUser, segmentLinear } from './segment-access';
import { afterChange } from './transfer';

/** Iterations of a REP before the engine gets control back; the instruction is then resumed. */
const SLICE = 4096;

type Size = 1 | 2 | 4;

/** Adds to ECX, ESI or EDI in the address size. */
function advance(cpu: SystemContext, register: number, wide: boolean, by: number): void {
  const at = AT.gpr + 8 * register;
  if (wide) cpu.state.set32(at, cpu.state.i32(at) + by);
  else cpu.state.set16(at, (cpu.state.u16(at) + by) & 0xffff);
}

const readIndex = (cpu: SystemContext, register: number, wide: boolean): number =>
  wide ? cpu.state.u32(AT.gpr + 8 * register) : cpu.state.u16(AT.gpr + 8 * register);

/**
 * Runs `step` once, or (E)CX times with REP. An interrupt, a fault, written code, a spent budget or the slice's end leaves registers
 * between two iterations and EIP at the instruction. The engine has counted the first iteration; the others are counted
 * here.
 */
function repeat(cpu: SystemContext, { decoded }: HostInstruction, size: Size, step: () => void): Status {
  const { state } = cpu;
  // Also where nothing will be transferred.
  requirePort(cpu, state.u16(AT.gpr + 8 * GPR.edx), size);
  const mode = state.i32(AT.mode);
  if (decoded.rep === 0) {
    step();
    return afterChange(cpu, mode);
  }
  const wide = decoded.addressSize !== 16;
  if (readIndex(cpu, GPR.ecx, wide) === 0) return afterChange(cpu, mode);
  state.set32(AT.codeWritten, 0);
  for (let n = 1; ; n++) {
    step();
    advance(cpu, GPR.ecx, wide, -1);
    if (readIndex(cpu, GPR.ecx, wide) === 0) return afterChange(cpu, mode);
    const eflags = state.i32(AT.eflags);
    const interrupted = state.i32(AT.interruptPending) !== 0 && (eflags & FLAG.if) !== 0;
    const budget = state.i32(AT.budget);
    if (
      interrupted ||
      (eflags & FLAG.tf) !== 0 ||
      budget <= 0 ||
      n === SLICE ||
      state.i32(AT.codeWritten) !== 0
    ) {
      state.set32(AT.rip, cpu.ip);
      return interrupted || (eflags & FLAG.tf) !== 0 ? STATUS.exit : STATUS.jump;
    }
    state.set32(AT.budget, budget - 1);
  }
}

const stride = (cpu: SystemContext, size: Size): number =>
  cpu.state.i32(AT.eflags) & FLAG.df ? -size : size;

/** INS: the destination must be writable before the port is read. */
const inputString =
  (size: Size): HostFunction =>
  (cpu, instruction) =>
    repeat(cpu, instruction, size, () => {
      const { state, memory } = cpu;
      const wide = instruction.decoded.addressSize !== 16;
      const port = state.u16(AT.gpr + 8 * GPR.edx);
      requirePort(cpu, port, size);
      const linear = segmentLinear(cpu, SEGMENT.es, readIndex(cpu, GPR.edi, wide), size, true);
      const user = isUser(cpu);
      memory.probeWrite(linear, size, user);
      const value = cpu.readPort(port, size);
      if (size === 1) memory.write8(linear, value, user);
      else if (size === 2) memory.write16(linear, value, user);
      else memory.write32(linear, value, user);
      advance(cpu, GPR.edi, wide, stride(cpu, size));
    });

const outputString =
  (size: Size): HostFunction =>
  (cpu, instruction) =>
    repeat(cpu, instruction, size, () => {
      const { state, memory } = cpu;
      const wide = instruction.decoded.addressSize !== 16;
      const port = state.u16(AT.gpr + 8 * GPR.edx);
      requirePort(cpu, port, size);
      const linear = segmentLinear(
        cpu,
        instruction.decoded.segment,
        readIndex(cpu, GPR.esi, wide),
        size,
        false,
      );
      const user = isUser(cpu);
      if (size === 1) cpu.writePort(port, 1, memory.read8(linear, user));
      else if (size === 2) cpu.writePort(port, 2, memory.read16(linear, user));
      else cpu.writePort(port, 4, memory.read32(linear, user) >>> 0);
      advance(cpu, GPR.esi, wide, stride(cpu, size));
    });

export const stringPortInstructions: readonly (readonly [string, HostFunction])[] = [
  ['insb', inputString(1)],
  ['insw', inputString(2)],
  ['insd', inputString(4)],
  ['outsb', outputString(1)],
  ['outsw', outputString(2)],
  ['outsd', outputString(4)],
];

import { FLAG, readFlags, writeFlags } from '../state/flags';
import { AT, SEGMENT } from '../state/layout';
import { CR4, isProtected } from '../state/mode';
import { STATUS, type HostFunction, type SystemContext } from './context';
import {
  attributesOf,
  descriptorAddress,
  dplOf,
  isConformingCode,
  isNull,
  isReadable,
  isWritableData,
  limitOf,
  readHigh,
  readLow,
  SYSTEM_TYPE,
  systemTypeOf,
} from './descriptors';
import { readGpr, readRm16, requireCpl0, requireProtected, writeGpr, writeRm16 } from './operands';
import { isUser } from './segment-access';
import { loadLocalTable, loadTaskRegister } from './segmentation';

/** SGDT, SIDT, SLDT, STR, SMSW: with CR4.UMIP only at CPL 0. */
export function requireUmip(cpu: SystemContext): void {
  if ((cpu.state.i32(AT.cr4) & CR4.umip) !== 0 && isProtected(cpu.state)) requireCpl0(cpu);
}

/** LGDT, LIDT: a 16-bit operand takes 24 bits of the base. */
const loadTable =
  (base: number, limit: number): HostFunction =>
  (cpu, { decoded }, linear) => {
    requireCpl0(cpu);
    const user = isUser(cpu);
    const newLimit = cpu.memory.read16(linear, user);
    const newBase = cpu.memory.read32((linear + 2) >>> 0, user);
    cpu.state.set32(limit, newLimit);
    cpu.state.set32(base, decoded.operandSize === 16 ? newBase & 0xff_ffff : newBase);
    cpu.state.set32(base + 4, 0);
    return STATUS.next;
  };

/** SGDT, SIDT: six bytes whatever the operand size (processors since the 386). */
const storeTable =
  (base: number, limit: number): HostFunction =>
  (cpu, _instruction, linear) => {
    requireUmip(cpu);
    const user = isUser(cpu);
    cpu.memory.probeWrite(linear, 6, user);
    cpu.memory.write16(linear, cpu.state.i32(limit) & 0xffff, user);
    cpu.memory.write32((linear + 2) >>> 0, cpu.state.i32(base), user);
    return STATUS.next;
  };

/** SLDT, STR. */
const storeSelector =
  (segment: number): HostFunction =>
  (cpu, instruction, linear) => {
    requireProtected(cpu);
    requireUmip(cpu);
    writeRm16(cpu, instruction, linear, cpu.state.u16(AT.selector + 2 * segment));
    return STATUS.next;
  };

/** LLDT, LTR. */
const loadSystemSegment =
  (load: (cpu: SystemContext, selector: number) => void): HostFunction =>
  (cpu, instruction, linear) => {
    requireProtected(cpu);
    requireCpl0(cpu);
    load(cpu, readRm16(cpu, instruction, linear));
    return STATUS.next;
  };

function setZero(cpu: SystemContext, zero: boolean): void {
  const flags = readFlags(cpu.state);
  writeFlags(cpu.state, zero ? flags | FLAG.zf : flags & ~FLAG.zf);
}

/** ARPL: raises the destination's RPL to the source's. */
const arpl: HostFunction = (cpu, instruction, linear) => {
  requireProtected(cpu);
  const { decoded } = instruction;
  const selector = readRm16(cpu, instruction, linear);
  const rpl = readGpr(cpu, decoded.reg, 16) & 3;
  const raise = (selector & 3) < rpl;
  const result = (selector & ~3) | rpl;
  if (raise && decoded.memory) cpu.memory.write16(linear, result, isUser(cpu));
  else if (raise) writeGpr(cpu, decoded.rm, 16, result);
  setZero(cpu, raise);
  return STATUS.next;
};

/** The high word of a descriptor that LAR, LSL, VERR and VERW may look at, or undefined. */
function visibleDescriptor(
  cpu: SystemContext,
  selector: number,
  systemTypes: number,
): { address: number; high: number } | undefined {
  if (isNull(selector)) return undefined;
  const address = descriptorAddress(cpu, selector);
  if (address < 0) return undefined;
  const high = readHigh(cpu, address);
  const attributes = attributesOf(high);
  const type = systemTypeOf(attributes);
  if (type >= 0 && ((systemTypes >>> type) & 1) === 0) return undefined;
  const dpl = dplOf(attributes);
  if (!isConformingCode(attributes) && (cpu.state.i32(AT.cpl) > dpl || (selector & 3) > dpl))
    return undefined;
  return { address, high };
}

const { tss16, ldt, busyTss16, callGate16, taskGate, tss32, busyTss32, callGate32 } = SYSTEM_TYPE;
const LSL_TYPES = (1 << tss16) | (1 << ldt) | (1 << busyTss16) | (1 << tss32) | (1 << busyTss32);
const LAR_TYPES = LSL_TYPES | (1 << callGate16) | (1 << taskGate) | (1 << callGate32);

/** LAR: bits 19:16, undefined by Intel, are those of the descriptor, as on AMD's processors. */
const lar: HostFunction = (cpu, instruction, linear) => {
  requireProtected(cpu);
  const { reg, operandSize } = instruction.decoded;
  const found = visibleDescriptor(cpu, readRm16(cpu, instruction, linear), LAR_TYPES);
  if (found) writeGpr(cpu, reg, operandSize, found.high & 0x00ff_ff00);
  setZero(cpu, found !== undefined);
  return STATUS.next;
};

const lsl: HostFunction = (cpu, instruction, linear) => {
  requireProtected(cpu);
  const { reg, operandSize } = instruction.decoded;
  const found = visibleDescriptor(cpu, readRm16(cpu, instruction, linear), LSL_TYPES);
  if (found) writeGpr(cpu, reg, operandSize, limitOf(readLow(cpu, found.address), found.high));
  setZero(cpu, found !== undefined);
  return STATUS.next;
};

/** VERR, VERW. */
const verify =
  (allowed: (attributes: number) => boolean): HostFunction =>
  (cpu, instruction, linear) => {
    requireProtected(cpu);
    const found = visibleDescriptor(cpu, readRm16(cpu, instruction, linear), 0);
    setZero(cpu, found !== undefined && allowed(attributesOf(found.high)));
    return STATUS.next;
  };

export const descriptorTableInstructions: readonly (readonly [string, HostFunction])[] = [
  ['lgdt', loadTable(AT.gdtrBase, AT.gdtrLimit)],
  ['lidt', loadTable(AT.idtrBase, AT.idtrLimit)],
  ['sgdt', storeTable(AT.gdtrBase, AT.gdtrLimit)],
  ['sidt', storeTable(AT.idtrBase, AT.idtrLimit)],
  ['sldt', storeSelector(SEGMENT.ldtr)],
  ['str', storeSelector(SEGMENT.tr)],
  ['lldt', loadSystemSegment(loadLocalTable)],
  ['ltr', loadSystemSegment(loadTaskRegister)],
  ['arpl', arpl],
  ['lar', lar],
  ['lsl', lsl],
  ['verr', verify(isReadable)],
  ['verw', verify(isWritableData)],
];

import { AT, GPR } from '../state/layout';
import { CR4, isProtected } from '../state/mode';
import { STATUS, type HostFunction, type SystemContext } from './context';
import { performanceCounter } from './msrs';
import { requireCpl0 } from './operands';
import { refetch } from './transfer';
import { VECTOR } from './vectors';

const hlt: HostFunction = (cpu) => {
  requireCpl0(cpu);
  cpu.state.set32(AT.rip, cpu.nextIp);
  cpu.halt();
  return STATUS.exit;
};

const invlpg: HostFunction = (cpu, _instruction, linear) => {
  requireCpl0(cpu);
  cpu.flushPage(linear);
  return refetch(cpu, cpu.state.i32(AT.mode));
};

/** INVD, WBINVD: there are no caches to write back. */
const flushCaches: HostFunction = (cpu) => {
  requireCpl0(cpu);
  return STATUS.next;
};

const TWO_32 = 2 ** 32;

/** With CR4.TSD set RDTSC needs CPL 0 (in protected mode). */
const rdtsc: HostFunction = (cpu) => {
  const { state } = cpu;
  if (state.i32(AT.cr4) & CR4.tsd && isProtected(state)) requireCpl0(cpu);
  // Arithmetic on big integers would take longer than all else here.
  const ticks = cpu.readTimestamp();
  const low = (ticks % TWO_32) + state.u32(AT.tscOffset);
  const high = Math.floor(ticks / TWO_32) + state.u32(AT.tscOffset + 4) + (low >= TWO_32 ? 1 : 0);
  state.set32(AT.gpr + 8 * GPR.eax, low | 0);
  state.set32(AT.gpr + 8 * GPR.edx, high | 0);
  return STATUS.next;
};

/** RDPMC: the counter that ECX names, which is an MSR, too; with CR4.PCE clear it needs CPL 0 (in protected mode). */
const rdpmc: HostFunction = (cpu) => {
  const { state } = cpu;
  if ((state.i32(AT.cr4) & CR4.pce) === 0 && isProtected(state)) requireCpl0(cpu);
  const value = performanceCounter(cpu, state.u32(AT.gpr + 8 * GPR.ecx));
  if (value === undefined) return cpu.raise(VECTOR.gp, 0);
  state.set32(AT.gpr + 8 * GPR.eax, Number(value & 0xffff_ffffn));
  state.set32(AT.gpr + 8 * GPR.edx, Number(value >> 32n));
  return STATUS.next;
};

/** #UD. */
const invalidOpcode: HostFunction = (cpu: SystemContext) => cpu.raise(VECTOR.ud);

/** RSM outside system-management mode, and instructions of features that no model has. */
const ABSENT = [
  'ud0',
  'ud1',
  'ud2',
  'rsm',
  'monitor',
  'mwait',
  'monitorx',
  'mwaitx',
  'rdtscp',
  'getsec',
  'xgetbv',
  'xsetbv',
] as const;

export const processorControlInstructions: readonly (readonly [string, HostFunction])[] = [
  ['hlt', hlt],
  ['invlpg', invlpg],
  ['invd', flushCaches],
  ['wbinvd', flushCaches],
  ['rdtsc', rdtsc],
  ['rdpmc', rdpmc],
  ...ABSENT.map((mnemonic) => [mnemonic, invalidOpcode] as const),
];

import { floatHostFunctions } from './float/host-functions';
import { AT } from './state/layout';
import { hostFunctions as systemFunctions, STATUS, type HostFunction } from './system';

const stub: [string, HostFunction][] = [
  ['fninit', (cpu) => { cpu.state.set16(AT.fpuControl, 0x37f); cpu.state.set16(AT.fpuStatus, 0); cpu.state.set32(AT.fpuTop, 0); cpu.state.set32(AT.fpuValid, 0); return STATUS.next; }],
  ['fnstsw', (cpu, i, lin) => { if (i.decoded.memory) cpu.memory.write16(lin, 0, false); else cpu.state.set16(AT.gpr, 0); return STATUS.next; }],
  ['fnstcw', (cpu, _i, lin) => { cpu.memory.write16(lin, cpu.state.u16(AT.fpuControl), false); return STATUS.next; }],
  ['fldcw', (cpu, _i, lin) => { cpu.state.set16(AT.fpuControl, cpu.memory.read16(lin, false)); return STATUS.next; }],
  ['fwait', () => STATUS.next], ['wait', () => STATUS.next], ...['prefetchnta','prefetcht0','prefetcht1','prefetcht2','prefetchw','clflush'].map((n): [string, HostFunction] => [n, () => STATUS.next]), ['mfence', () => STATUS.next], ['lfence', () => STATUS.next], ['sfence', () => STATUS.next], ['fdivrp', () => STATUS.next],
  ['fxsave', (cpu, _i, lin) => { for (let n = 0; n < 512; n += 4) cpu.memory.write32(lin + n, 0, false); return STATUS.next; }],
  ['fxrstor', () => STATUS.next],
  ['fnclex', () => STATUS.next],
  ['ldmxcsr', () => STATUS.next],
  ...['fld', 'fld1', 'fdiv', 'fdivp', 'fmul', 'fmulp', 'fsub', 'fsubp', 'fistp', 'fstp', 'emms', 'fild', 'fldz','fsubrp','fxch'].map((n): [string, HostFunction] => [n, () => STATUS.next]),
];

export const hostFunctions: ReadonlyMap<string, HostFunction> = new Map([...systemFunctions, ...stub, ...floatHostFunctions]);

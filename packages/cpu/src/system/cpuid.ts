import { AT, GPR } from '../state/layout';
import { STATUS, type HostFunction } from './context';
import { cpuModel, type CpuidRow, type CpuModel } from './cpu-models';

/**
 * The row that CPUID gives for `leaf`. Beyond the largest leaf Intel processors answer as for the largest basic one, AMD
 * processors with zeros (SDM vol. 2, CPUID; APM vol. 3, appendix E).
 */
export function cpuidLeaf(model: CpuModel, leaf: number): CpuidRow {
  const found = model.cpuid.find((row) => row[0] === leaf);
  if (found) return found;
  const basic = model.cpuid[0]![1];
  const extended = model.cpuid.find((row) => row[0] === 0x8000_0000)?.[1] ?? 0;
  const within = leaf <= basic || (leaf >= 0x8000_0000 && leaf <= extended);
  if (!within && model.vendor === 'Intel') return model.cpuid.find((row) => row[0] === basic)!;
  return [leaf, 0, 0, 0, 0];
}

const cpuid: HostFunction = (cpu) => {
  const { state } = cpu;
  const [, eax, ebx, ecx, edx] = cpuidLeaf(cpuModel(cpu.model), state.u32(AT.gpr));
  state.set32(AT.gpr + 8 * GPR.eax, eax);
  state.set32(AT.gpr + 8 * GPR.ebx, ebx);
  state.set32(AT.gpr + 8 * GPR.ecx, ecx);
  state.set32(AT.gpr + 8 * GPR.edx, edx);
  return STATUS.next;
};

export const cpuidInstructions: readonly (readonly [string, HostFunction])[] = [['cpuid', cpuid]];

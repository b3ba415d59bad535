import type { SystemContext } from './context';
import { VECTOR } from './vectors';

export function switchThroughTaskGate(
  cpu: SystemContext, _selector: number, _flags: number, _errorCode: number, _returnIp: number, external: number,
): void {
  cpu.raise(VECTOR.gp, external);
}
export function returnFromNestedTask(cpu: SystemContext): void {
  cpu.raise(VECTOR.ts, 0);
}
export function transferThroughTaskGate(cpu: SystemContext, _selector: number, _call: boolean): void {
  cpu.raise(VECTOR.ts, 0);
}
export function transferToTask(cpu: SystemContext, _selector: number, _call: boolean): void {
  cpu.raise(VECTOR.ts, 0);
}

import { Processor, type ProcessorHost, type Translation } from '@trapgate/cpu';
import { PhysicalMemory } from '@trapgate/mmu';
import { assemble } from '@trapgate/x86-assembler';
import { expect } from 'vitest';
import type { TranslationWorker } from '../translation-worker';
import { wasmTranslation } from '../wasm-engine';

export const ORIGIN = 0x10000;
const HOT_AFTER = 3;
const REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi', 'eip', 'eflags'] as const;
export const HOST: ProcessorHost = {
  readPort: () => 0xff,
  writePort: () => undefined,
  readMmio: () => 0xffff_ffff,
  writeMmio: () => undefined,
  acknowledgeInterrupt: () => 8,
  readTimestamp: () => 0,
};

/** A machine under test. */
export interface Subject {
  readonly memory: PhysicalMemory;
  readonly processor: Processor;
}

/** A processor in flat 32-bit protected mode at the program's first byte. */
function subject(program: Uint8Array, translation?: Translation): Subject {
  const memory = PhysicalMemory.create({ ramBytes: 1 << 20 });
  const processor = new Processor({ memory, host: HOST, ...(translation ? { translation } : {}) });
  memory.writeBytes(ORIGIN, program);
  const { registers } = processor;
  registers.cr0 = 0x11;
  registers.setSegment('cs', { selector: 8, base: 0, limit: 0xffff_ffff, attributes: 0xc09b });
  for (const name of ['ss', 'ds', 'es', 'fs', 'gs'] as const) {
    registers.setSegment(name, { selector: 16, base: 0, limit: 0xffff_ffff, attributes: 0xc093 });
  }
  registers.eip = ORIGIN;
  registers.esp = 0x9000;
  return { memory, processor };
}

export interface LockstepOptions {
  /** Instructions. */
  readonly slice?: number;
  /** Changes what a machine starts from, e.g. has it paged. */
  readonly prepare?: (machine: Subject) => void;
  /** Makes the modules. */
  readonly worker?: TranslationWorker;
  /** Called after every slice. */
  readonly sliceEnded?: () => void;
}

/** Runs a program on both engines, comparing registers after every slice and RAM at the end; returns how many regions were translated, and the share of instructions executed in them. */
export function compareEngines(
  source: string,
  { slice = 97, prepare = () => undefined, worker, sliceEnded }: LockstepOptions = {},
): { regions: number; share: number } {
  const program = assemble(`bits 32\norg ${ORIGIN}\n${source}`).bytes;
  const translation = wasmTranslation({ hotAfter: HOT_AFTER, batch: 1, ...(worker ? { worker } : {}) });
  const [a, b] = [subject(program), subject(program, translation)];
  prepare(a);
  prepare(b);
  const state = ({ processor }: Subject): string =>
    REGISTERS.map((name) => `${name} ${processor.registers[name].toString(16)}`).join(' ');
  for (let n = 0; n < 20_000; n++) {
    const stops = [a.processor.run(slice), b.processor.run(slice)];
    expect(state(b)).toBe(state(a));
    expect(b.processor.instructions).toBe(a.processor.instructions);
    expect(stops[1]).toEqual(stops[0]);
    if (stops[0]!.reason !== 'budget') break;
    sliceEnded?.();
  }
  const length = a.memory.ramBytes;
  expect(Buffer.compare(a.memory.readBytes(0, length), b.memory.readBytes(0, length))).toBe(0);
  const { regions, executed } = translation.statistics()!;
  return { regions, share: executed / b.processor.instructions };
}

/** {@link compareEngines}; the number of regions. */
export function lockstep(source: string, slice?: number): number {
  return compareEngines(source, slice === undefined ? {} : { slice }).regions;
}

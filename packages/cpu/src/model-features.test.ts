import { PhysicalMemory } from '@trapgate/mmu';
import { describe, expect, it } from 'vitest';
import { Processor } from './index';

const ORIGIN = 0x1000;

/** Runs an instruction in flat protected mode; the vector that it raises, or undefined. */
function vectorOf(model: string, ...bytes: number[]): number | undefined {
  const memory = PhysicalMemory.create({ ramBytes: 1 << 20 });
  const host = {
    readPort: () => 0,
    writePort: () => undefined,
    readMmio: () => 0,
    writeMmio: () => undefined,
    acknowledgeInterrupt: () => 0,
    readTimestamp: () => 0,
  };
  const processor = new Processor({ memory, host, model });
  // hlt behind the instruction.
  memory.writeBytes(ORIGIN, new Uint8Array([...bytes, 0xf4]));
  const { registers } = processor;
  registers.cr0 = 0x11;
  registers.setSegment('cs', { selector: 8, base: 0, limit: 0xffff_ffff, attributes: 0xc09b });
  for (const name of ['ss', 'ds', 'es', 'fs', 'gs'] as const) {
    registers.setSegment(name, { selector: 16, base: 0, limit: 0xffff_ffff, attributes: 0xc093 });
  }
  registers.setTable('idtr', { base: 0, limit: 0 });
  registers.eip = ORIGIN;
  processor.run(2);
  return processor.recentExceptions()[0]?.vector;
}

describe('instructions that a model lacks', () => {
  it.each([
    ['mfence (SSE2)', 'trapgate', [0x0f, 0xae, 0xf0], undefined],
    ['mfence (SSE2)', 'pentium3', [0x0f, 0xae, 0xf0], 6],
    ['sfence (SSE)', 'pentium3', [0x0f, 0xae, 0xf8], undefined],
    ['pause is nop', 'pentium3', [0xf3, 0x90], undefined],
    ['clflush', 'pentium3', [0x0f, 0xae, 0x38], 6],
    ['tzcnt is bsf', 'trapgate', [0xf3, 0x0f, 0xbc, 0xc1], undefined],
    ['popcnt', 'trapgate', [0xf3, 0x0f, 0xb8, 0xc1], undefined],
    ['popcnt', 'pentium3', [0xf3, 0x0f, 0xb8, 0xc1], 6],
    ['movbe', 'trapgate', [0x0f, 0x38, 0xf0, 0x00], undefined],
    ['movbe', 'pentium3', [0x0f, 0x38, 0xf0, 0x00], 6],
    ['pshufb (SSSE3, MMX)', 'trapgate', [0x0f, 0x38, 0x00, 0xc1], undefined],
    ['pshufb (SSSE3, MMX)', 'pentium3', [0x0f, 0x38, 0x00, 0xc1], 6],
    ['crc32 (SSE4.2)', 'trapgate', [0xf2, 0x0f, 0x38, 0xf1, 0xc1], undefined],
    ['crc32 (SSE4.2)', 'pentium3', [0xf2, 0x0f, 0x38, 0xf1, 0xc1], 6],
    ['lzcnt is bsr', 'trapgate', [0xf3, 0x0f, 0xbd, 0xc1], undefined],
    ['sha1nexte', 'trapgate', [0x0f, 0x38, 0xc8, 0xc1], 6],
  ] as const)('%s on %s', (_name, model, bytes, vector) => {
    expect(vectorOf(model, ...bytes)).toBe(vector);
  });
});

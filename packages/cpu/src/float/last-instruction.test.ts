import { PhysicalMemory } from '@trapgate/mmu';
import { describe, expect, it } from 'vitest';
import { Processor } from '../index';

const ORIGIN = 0x1000;
const ENVIRONMENT = 0x2000;
/** FNINIT; FLD1; FADD qword [3010h] */
const BEGIN = [0xdb, 0xe3, 0xd9, 0xe8, 0xdc, 0x05, 0x10, 0x30, 0x00, 0x00];
/** FNSTENV [2000h]; HLT */
const END = [0xd9, 0x35, 0x00, 0x20, 0x00, 0x00, 0xf4];

/** FIP, opcode, FCS, FDP and FDS after BEGIN and other instructions. */
function environment(...code: number[]): readonly number[] {
  const memory = PhysicalMemory.create({ ramBytes: 1 << 20 });
  const host = {
    readPort: () => 0,
    writePort: () => undefined,
    readMmio: () => 0,
    writeMmio: () => undefined,
    acknowledgeInterrupt: () => 0,
    readTimestamp: () => 0,
  };
  const processor = new Processor({ memory, host });
  const { registers } = processor;
  memory.writeBytes(ORIGIN, Uint8Array.from([...BEGIN, ...code, ...END]));
  registers.cr0 = 0x31;
  registers.setSegment('cs', { selector: 8, base: 0, limit: 0xffff_ffff, attributes: 0xc09b });
  for (const [n, name] of (['ss', 'ds', 'es', 'fs', 'gs'] as const).entries()) {
    const base = name === 'fs' ? 0x800 : 0;
    registers.setSegment(name, { selector: 16 + 8 * n, base, limit: 0xffff_ffff, attributes: 0xc093 });
  }
  registers.eip = ORIGIN;
  processor.run(20);
  const word = (n: number): number => memory.read32(ENVIRONMENT + 4 * n) >>> 0;
  expect(word(6) >>> 16).toBe(0xffff);
  return [word(3), word(4) >>> 16, word(4) & 0xffff, word(5), word(6) & 0xffff];
}

/** What AMD's processors leave, too; the opcode is there whether or not an exception was raised. */
describe("the last instruction's address, opcode and operand (SDM vol. 1, 8.1.8, 8.1.9)", () => {
  const operand = [0x3010, 0x18] as const;
  it.each([
    ['an operand in memory', [], [0x1004, 0x405, 8, ...operand]],
    ['registers leave the operand alone: FADD', [0xd8, 0xc1], [0x100a, 0x0c1, 8, ...operand]],
    ['FADDP ST(2)', [0xde, 0xc2], [0x100a, 0x6c2, 8, ...operand]],
    ['FNOP', [0xd9, 0xd0], [0x100a, 0x1d0, 8, ...operand]],
    ['FSIN, generated', [0xd9, 0xfe], [0x100a, 0x1fe, 8, ...operand]],
    ['FSIN of zero, the host', [0xd9, 0xee, 0xd9, 0xfe], [0x100c, 0x1fe, 8, ...operand]],
    [
      'a prefix: FLD dword fs:[3020h]',
      [0x64, 0xd9, 0x05, 0x20, 0x30, 0, 0],
      [0x100a, 0x105, 8, 0x3020, 0x28],
    ],
    ['FBSTP [3020h]', [0xdf, 0x35, 0x20, 0x30, 0, 0], [0x100a, 0x735, 8, 0x3020, 0x18]],
    [
      'FNCLEX, FWAIT and FNSTCW are not remembered',
      [0xdb, 0xe2, 0x9b, 0xd9, 0x3d, 0x20, 0x30, 0, 0],
      [0x1004, 0x405, 8, ...operand],
    ],
  ] as const)('%s', (_name, code, expected) => {
    expect(environment(...code)).toEqual(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { MEMORY_MAP, MemorySizeError, PhysicalAddressError, PhysicalMemory } from './index';

const MEGABYTE = 0x10_0000;
const memory = PhysicalMemory.create({ ramBytes: 2 * MEGABYTE });

describe('PhysicalMemory.create', () => {
  it.each([
    ['nothing', 0],
    ['less than 1 MB', 0xf_0000],
    ['no multiple of 64 KB', MEGABYTE + 1],
    ['no integer', 1.5 * MEGABYTE + 0.5],
    ['not a number', Number.NaN],
    ['more than fits below 4 GB', 4096 * MEGABYTE],
  ])('refuses %s', (_title, ramBytes) => {
    expect(() => PhysicalMemory.create({ ramBytes })).toThrow(MemorySizeError);
    expect(() => PhysicalMemory.create({ ramBytes })).toThrow(
      expect.objectContaining({ code: 'MEMORY_SIZE', ramBytes }),
    );
  });

  it('gives RAM that reads zero, in a memory that never grows', () => {
    expect([memory.ramBytes, memory.read32(0), memory.read32(2 * MEGABYTE - 4)]).toEqual([
      2 * MEGABYTE,
      0,
      0,
    ]);
    expect(() => memory.wasm.grow(1)).toThrow();
  });
});

describe('host accesses', () => {
  it('are little-endian and may be unaligned', () => {
    memory.write32(0x1001, 0x8765_4321);
    expect([memory.read8(0x1001), memory.read16(0x1002), memory.read32(0x1001)]).toEqual([
      0x21, 0x6543, 0x8765_4321,
    ]);
    memory.write16(0x1002, 0xaaaa);
    memory.write8(0x1004, 0xbb);
    expect([...memory.readBytes(0x1001, 4)]).toEqual([0x21, 0xaa, 0xaa, 0xbb]);
    expect(memory.bytes[MEMORY_MAP.ram + 0x1004]).toBe(0xbb);
  });

  it.each([
    ['behind RAM', 2 * MEGABYTE, 1],
    ['partly behind RAM', 2 * MEGABYTE - 3, 4],
    ['below 0', -1, 1],
    ['above 4 GB', 0x1_0000_1000, 4],
    ['not a number', Number.NaN, 4],
  ])('%s: an error with the address', (_title, physical, length) => {
    const bytes = new Uint8Array(length);
    const failure = expect.objectContaining({ code: 'PHYSICAL_ADDRESS', physical, length });
    expect(() => memory.readBytes(physical, length)).toThrow(failure);
    expect(() => memory.writeBytes(physical, bytes)).toThrow(PhysicalAddressError);
    if (length === 4) expect(() => memory.write32(physical, 0)).toThrow(PhysicalAddressError);
  });

  it('of no bytes are allowed anywhere', () => {
    expect(memory.readBytes(2 * MEGABYTE, 0)).toHaveLength(0);
  });

  it.each([
    [0x9_ffff, true],
    [0xa_0000, false],
    [0xb_ffff, false],
    [0xc_0000, true],
    [2 * MEGABYTE - 1, true],
    [2 * MEGABYTE, false],
    [-1, false],
  ])('isRam(%i) is %s: the video window is none', (physical, ram) => {
    expect(memory.isRam(physical)).toBe(ram);
  });

  it('tell every observer what is written, afterwards', () => {
    const own = PhysicalMemory.create({ ramBytes: MEGABYTE });
    const told: string[] = [];
    for (const name of ['a', 'b']) {
      own.observeCodeWrites((physical, length) =>
        told.push(`${name} ${physical}+${length}: ${own.read8(physical)}`),
      );
    }
    own.write8(1, 11);
    own.write16(2, 22);
    own.write32(4, 44);
    own.writeBytes(8, Uint8Array.of(88, 99));
    own.readBytes(8, 2);
    const expected = ['1+1: 11', '2+2: 22', '4+4: 44', '8+2: 88'];
    expect(told).toEqual(expected.flatMap((text) => [`a ${text}`, `b ${text}`]));
  });
});

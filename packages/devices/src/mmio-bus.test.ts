import { expect, it } from 'vitest';
import { MmioBus, MmioConflictError, type MmioDevice } from './mmio-bus';

const echo: MmioDevice = { readMmio: (offset) => 0x100 + offset, writeMmio: () => undefined };

it('addresses a device by the offset in its range', () => {
  const bus = new MmioBus();
  bus.map(0xfec0_0000, 0x1000, echo, 'a');
  bus.map(0x1_0000_0000, 0x10, echo, 'b');
  expect(bus.read(0xfec0_0010, 4)).toBe(0x110);
  expect(bus.read(0xfec0_0010, 1)).toBe(0x10);
  expect(bus.read(0x1_0000_0004, 2)).toBe(0x104);
});

it('reads all ones, unsigned, where nothing is', () => {
  const bus = new MmioBus();
  expect([bus.read(0, 1), bus.read(0, 2), bus.read(0, 4)]).toEqual([0xff, 0xffff, 0xffff_ffff]);
});

it('hands on writes, unsigned and cut to the size', () => {
  const bus = new MmioBus();
  const writes: number[][] = [];
  bus.map(16, 16, { readMmio: () => 0, writeMmio: (...write) => writes.push(write) }, 'a');
  bus.write(20, 4, -1);
  bus.write(21, 2, 0x12345678);
  expect(writes).toEqual([
    [4, 4, 0xffff_ffff],
    [5, 2, 0x5678],
  ]);
});

it('refuses overlaps, until the range is unmapped', () => {
  const bus = new MmioBus();
  bus.map(0x1000, 0x1000, echo, 'a');
  expect(() => bus.map(0x1fff, 2, echo, 'b')).toThrow(MmioConflictError);
  expect(() => bus.map(0x1fff, 2, echo, 'b')).toThrow('b: physical 1fffh + 2h already belongs to a');
  bus.unmap(0x1800);
  bus.map(0x1fff, 2, echo, 'b');
  expect(bus.read(0x1ffe, 1)).toBe(0xff);
});

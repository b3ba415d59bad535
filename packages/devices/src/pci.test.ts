import { beforeEach, describe, expect, it } from 'vitest';
import { PciConflictError, PciHost } from './pci';
import { PciBarError, PciFunction } from './pci-function';
import { type AccessSize, PortBus } from './port-bus';
import { ResetControl } from './reset-control';

let bus: PortBus;
let host: PciHost;
let card: PciFunction;
let moves: (number | null)[];
let resets: string[];

const select = (device: number, register: number, functionNumber = 0, busNumber = 0): void =>
  bus.write(
    0xcf8,
    4,
    (0x8000_0000 | (busNumber << 16) | (device << 11) | (functionNumber << 8) | register) >>> 0,
  );
const read = (register: number, size: AccessSize = 4, device = 3): number => {
  select(device, register & 0xfc);
  return bus.read(0xcfc + (register & 3), size);
};
const write = (register: number, size: AccessSize, value: number): void => {
  select(3, register & 0xfc);
  bus.write(0xcfc + (register & 3), size, value);
};

beforeEach(() => {
  bus = new PortBus();
  resets = [];
  host = new PciHost(new ResetControl((kind) => resets.push(kind)));
  host.attach(bus);
  moves = [];
  card = new PciFunction({
    vendor: 0x1af4,
    device: 0x1000,
    revision: 1,
    classCode: 0x020000,
    interruptPin: 1,
  });
  card.addBar({ index: 0, space: 'io', size: 0x20, moved: (base) => moves.push(base) });
  card.addBar({ index: 1, space: 'memory', size: 0x1000, moved: (base) => moves.push(base) });
  host.add(3, 0, card);
});

describe('configuration mechanism 1', () => {
  it.each<[number, AccessSize, number]>([
    [0x00, 4, 0x1000_1af4],
    [0x00, 2, 0x1af4],
    [0x02, 2, 0x1000],
    [0x03, 1, 0x10],
    [0x08, 4, 0x0200_0001],
    [0x0e, 1, 0x00],
    [0x3d, 1, 0x01],
  ])('reads register %x, size %i: %x', (register, size, value) => expect(read(register, size)).toBe(value));

  it('reads all ones where no function is', () => {
    expect(read(0, 4, 4)).toBe(0xffff_ffff);
    expect(read(0, 2, 4)).toBe(0xffff);
    select(3, 0, 1);
    expect(bus.read(0xcfc, 4)).toBe(0xffff_ffff);
    select(3, 0, 0, 1);
    expect(bus.read(0xcfc, 4)).toBe(0xffff_ffff);
    bus.write(0xcf8, 4, 0x1800);
    expect(bus.read(0xcfc, 4)).toBe(0xffff_ffff);
  });

  it('keeps the address, without its reserved bits, against narrower writes', () => {
    bus.write(0xcf8, 4, 0xffff_ffff);
    bus.write(0xcf8, 1, 0x00);
    bus.write(0xcfa, 2, 0x00);
    expect(bus.read(0xcf8, 4)).toBe(0x80ff_fffc);
  });

  it('leaves port CF9h to the reset control', () => {
    bus.write(0xcf9, 1, 0x06);
    expect([resets, bus.read(0xcf9, 1)]).toEqual([['hard'], 0x06]);
  });

  it('refuses two functions in one place', () => {
    expect(() => host.add(3, 0, card)).toThrow(PciConflictError);
    expect(() => host.add(32, 0, card)).toThrow('PCI 0:32.0');
  });
});

describe('configuration space', () => {
  it('has a read-only identity', () => {
    write(0x00, 4, 0);
    write(0x08, 4, 0);
    expect([read(0x00), read(0x0b, 1)]).toEqual([0x1000_1af4, 0x02]);
  });

  it('has a writable command, interrupt line and latency timer', () => {
    write(0x04, 2, 0xffff);
    write(0x3c, 1, 0x0b);
    write(0x0d, 1, 0x40);
    expect([read(0x04, 2), read(0x3c, 2), read(0x0d, 1)]).toEqual([0x0547, 0x010b, 0x40]);
  });

  it.each([
    [0x10, 0xffff_ffe1],
    [0x14, 0xffff_f000],
    [0x18, 0],
  ])('sizes base address register %x', (register, value) => {
    write(register, 4, 0xffff_ffff);
    expect(read(register)).toBe(value);
  });

  it('says where a range is, while the command register enables it', () => {
    write(0x10, 4, 0xc001);
    expect(moves).toEqual([]);
    write(0x04, 2, 0x0001);
    write(0x10, 4, 0xffff_ffff);
    write(0x10, 4, 0xc041);
    write(0x04, 2, 0x0000);
    expect(moves).toEqual([0xc000, null, 0xc040, null]);
  });

  it('moves memory above 2 GB', () => {
    write(0x14, 4, 0xfebf_f000);
    write(0x04, 2, 0x0002);
    expect(moves).toEqual([0xfebf_f000]);
  });

  it.each([
    [0, 'io', 3],
    [0, 'memory', 8],
    [0, 'memory', 0x1800],
    [6, 'io', 16],
  ] as const)('refuses register %i, %s, %i bytes', (index, space, size) => {
    expect(() => card.addBar({ index, space, size, moved: () => undefined })).toThrow(PciBarError);
  });

  it('restores a saved state, ranges included', () => {
    write(0x10, 4, 0xc001);
    write(0x04, 2, 0x0001);
    const saved = card.saveState();
    write(0x04, 2, 0x0000);
    moves = [];
    card.restoreState(saved);
    expect(moves).toEqual([0xc000]);
    select(3, 0x10);
    expect(host.saveState().address).toBe(0x8000_1810);
  });
});

import { describe, expect, it } from 'vitest';
import { type AccessSize, PortBus, PortConflictError, type PortDevice } from './port-bus';

class Recorder implements PortDevice {
  readonly log: string[] = [];
  constructor(readonly widestAccess: AccessSize) {}
  readPort(port: number, size: AccessSize): number {
    this.log.push(`r${size} ${port.toString(16)}`);
    return 0x8000_0000 + port;
  }
  writePort(port: number, size: AccessSize, value: number): void {
    this.log.push(`w${size} ${port.toString(16)} ${value.toString(16)}`);
  }
}

describe('PortBus', () => {
  it.each<[AccessSize, number, AccessSize, number, string[]]>([
    [1, 0x10, 1, 0x10, ['r1 10']],
    [1, 0x10, 2, 0x1110, ['r1 10', 'r1 11']],
    [1, 0x10, 4, 0x13121110, ['r1 10', 'r1 11', 'r1 12', 'r1 13']],
    [2, 0x10, 4, 0x00120010, ['r2 10', 'r2 12']],
    [4, 0x10, 4, 0x80000010, ['r4 10']],
    [4, 0x1e, 4, 0xffff001e, ['r2 1e']], // the range ends at 1Fh
    [1, 0x1f, 2, 0xff1f, ['r1 1f']],
    [1, 0x30, 1, 0xff, []],
    [1, 0xffff, 4, 0xffffffff, []],
  ])('device of width %i: reads at %x, size %i', (width, port, size, value, log) => {
    const bus = new PortBus();
    const device = new Recorder(width);
    bus.map(0x10, 16, device, 'recorder');
    expect(bus.read(port, size)).toBe(value);
    expect(device.log).toEqual(log);
  });

  it('splits writes, lowest port first', () => {
    const bus = new PortBus();
    const device = new Recorder(1);
    bus.map(0x10, 3, device, 'recorder');
    bus.write(0x10, 4, 0x44332211);
    expect(device.log).toEqual(['w1 10 11', 'w1 11 22', 'w1 12 33']);
  });

  it('refuses a range that is taken, and names both devices', () => {
    const bus = new PortBus();
    bus.map(0x60, 5, new Recorder(1), 'keyboard');
    expect(() => bus.map(0x64, 1, new Recorder(1), 'intruder')).toThrow(
      'intruder: ports 64h + 1 already belong to keyboard',
    );
    expect(() => bus.map(0xffff, 2, new Recorder(1), 'far')).toThrow(PortConflictError);
    bus.unmap(0x62);
    bus.map(0x64, 1, new Recorder(1), 'successor');
    expect(bus.nameOf(0x64)).toBe('successor');
    expect(bus.nameOf(0x60)).toBeUndefined();
  });
});

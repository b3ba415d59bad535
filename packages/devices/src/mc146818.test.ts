import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock';
import { Mc146818 } from './mc146818';
import { PortBus } from './port-bus';
import { RecordedLine } from './recorded-line.testing';

const [A, B, C, D] = [0x0a, 0x0b, 0x0c, 0x0d] as const;
const TIME = [0x32, 0x09, 0x08, 0x07, 0x06, 0x04, 0x02, 0x00] as const; // century ... seconds, day of week in between
const SECOND = 1e9;

let clock: ManualClock;
let irq: RecordedLine;
let rtc: Mc146818;

const hex = (registers: readonly number[]): string =>
  registers.map((register) => rtc.readRegister(register).toString(16).padStart(2, '0')).join(' ');
const start = (date: string): void => {
  clock = new ManualClock();
  irq = new RecordedLine();
  rtc = new Mc146818({
    clock,
    timers: clock.timers,
    irq,
    dates: { unixMilliseconds: () => Date.parse(date) },
  });
};
const set = (...pairs: [number, number][]): void => pairs.forEach((pair) => rtc.writeRegister(...pair));

beforeEach(() => start('2024-02-28T23:59:58.250Z')); // a Wednesday

describe('time', () => {
  it('is BCD, 24 hours at first', () => expect(hex(TIME)).toBe('20 24 02 28 04 23 59 58'));

  it('goes on in steps of a second, through leap days', () => {
    clock.advance(0.75 * SECOND - 1);
    expect(hex([0])).toBe('58');
    clock.advance(1);
    expect(hex([0])).toBe('59');
    clock.advance(SECOND);
    expect(hex(TIME)).toBe('20 24 02 29 05 00 00 00');
    clock.advance(86_400 * SECOND);
    expect(hex(TIME)).toBe('20 24 03 01 06 00 00 00');
  });

  it.each([
    [0x02, '20 24 02 28 04 23 59 58'],
    [0x06, '14 18 02 1c 04 17 3b 3a'],
    [0x00, '20 24 02 28 04 91 59 58'],
    [0x04, '14 18 02 1c 04 8b 3b 3a'],
  ])('with register B %x is shown as %s', (b, shown) => {
    set([B, b]);
    expect(hex(TIME)).toBe(shown);
  });

  it.each([
    ['00:10:00', '12 10'],
    ['12:10:00', '92 10'],
    ['11:59:00', '11 59'],
    ['13:00:00', '81 00'],
  ])('%s in 12 hours is %s', (time, shown) => {
    start(`2024-01-01T${time}Z`);
    set([B, 0]);
    expect(hex([4, 2])).toBe(shown);
  });

  it('is set while stopped by SET, and goes on at the old phase', () => {
    set([B, 0x82], [0x32, 0x19], [9, 0x99], [8, 0x12], [7, 0x31], [6, 0x01], [4, 0x23], [2, 0x59], [0, 0x59]);
    clock.advance(5 * SECOND);
    expect(hex(TIME)).toBe('19 99 12 31 01 23 59 59');
    set([B, 0x02]);
    clock.advance(0.75 * SECOND);
    expect(hex(TIME)).toBe('20 00 01 01 02 00 00 00');
  });

  it('starts half a second before an update when the divider is released', () => {
    set([A, 0x76], [0, 0x30], [A, 0x26]);
    clock.advance(0.5 * SECOND - 1);
    expect(hex([0])).toBe('30');
    clock.advance(1);
    expect(hex([0])).toBe('31');
  });

  it('can be set while it runs', () => {
    set([4, 0x12]);
    expect(hex(TIME)).toBe('20 24 02 28 04 12 59 58');
  });

  it('survives nonsense', () => {
    for (const register of TIME) set([register, 0xff]);
    clock.advance(SECOND);
    expect(hex(TIME)).toMatch(/^([0-9a-f]{2} ?){8}$/);
  });
});

describe('update in progress', () => {
  it('shows for 2228 us before each update, but not under SET', () => {
    clock.advance(0.75 * SECOND - 2_228_001);
    expect(hex([A])).toBe('26');
    clock.advance(1);
    expect(hex([A])).toBe('a6');
    set([B, 0x82]);
    expect(hex([A])).toBe('26');
    set([B, 0x02]);
    clock.advance(2_228_000);
    expect(hex([A])).toBe('26');
  });
});

describe('interrupts', () => {
  it('update-ended: once a second, until register C is read', () => {
    set([B, 0x12]);
    rtc.readRegister(C);
    clock.advance(0.75 * SECOND);
    expect(irq.level).toBe(true);
    expect(hex([C, C])).toBe('d0 00'); // the periodic flag is set, enabled or not
    expect(irq.level).toBe(false);
    clock.advance(10 * SECOND);
    expect(irq.rises).toBe(2);
  });

  it.each<[number, number]>([
    [0x26, 1024],
    [0x23, 8192],
    [0x21, 256],
    [0x22, 128],
    [0x2f, 2],
    [0x20, 0],
  ])('periodic: register A %x gives %i Hz', (a, hertz) => {
    set([A, a], [B, 0x42]);
    rtc.readRegister(C);
    let interrupts = 0;
    for (let i = 0; i < 100_000; i++) {
      clock.advance(1e4);
      if (irq.level) interrupts++;
      if (irq.level) rtc.readRegister(C);
    }
    expect(interrupts).toBe(hertz);
  });

  it.each([
    ['at a time', [0x01, 0x00, 0x00], 3 - 0.25],
    ['every minute', [0x01, 0xff, 0xff], 3 - 0.25],
    ['every second', [0xc0, 0xc0, 0xc0], 1 - 0.25],
  ])('alarm: %s', (_name, [second, minute, hour], after) => {
    set([1, second!], [3, minute!], [5, hour!], [B, 0x22]);
    rtc.readRegister(C);
    clock.advance(after * SECOND - 1);
    expect(irq.level).toBe(false);
    clock.advance(1);
    expect(irq.level).toBe(true);
    expect(rtc.readRegister(C) & 0xa0).toBe(0xa0);
  });

  it('sets the flags of what nobody waited for', () => {
    set([1, 0x10], [3, 0x00], [5, 0x00]);
    rtc.readRegister(C);
    clock.advance(100 * SECOND);
    expect(hex([C, C])).toBe('70 00');
    expect(clock.timers.nextDeadline()).toBe(Infinity);
  });
});

describe('CMOS', () => {
  it('is behind ports 70h and 71h, with the NMI mask', () => {
    const bus = new PortBus();
    rtc.attach(bus);
    bus.write(0x70, 1, 0xc0);
    bus.write(0x71, 1, 0x5a);
    expect([bus.read(0x71, 1), rtc.nmiMasked]).toEqual([0x5a, true]);
    bus.write(0x70, 2, 0x1240); // index, then data, as one word
    expect([rtc.readRegister(0x40), rtc.nmiMasked]).toEqual([0x12, false]);
  });

  it.each<[number, number, string]>([
    [16, 0, '80 02 00 3c 00 3c 00 00 00 00 00'],
    [256, 0, '80 02 ff ff ff ff 00 0f 00 00 00'],
    [3072, 1024, '80 02 ff ff ff ff 00 bf 00 40 00'],
  ])('tells of %i MB and %i MB above 4 GB', (below, above, bytes) => {
    rtc.setMemorySize(below * 0x10_0000, above * 0x10_0000);
    expect(hex([0x15, 0x16, 0x17, 0x18, 0x30, 0x31, 0x34, 0x35, 0x5b, 0x5c, 0x5d])).toBe(bytes);
  });

  it('has a valid battery, and read-only C and D', () => {
    set([C, 0xff], [D, 0x00]);
    expect(hex([D])).toBe('80');
  });
});

it('restores a saved state', () => {
  set([B, 0x12], [0x40, 0x77], [4, 0x12]);
  clock.advance(0.1 * SECOND);
  const saved = rtc.saveState();
  const line = new RecordedLine();
  const dates = { unixMilliseconds: () => 0 };
  const copy = new Mc146818({ clock, timers: clock.timers, irq: line, dates });
  copy.restoreState(saved);
  expect(copy.saveState()).toEqual(saved);
  clock.advance(SECOND);
  expect(line.level).toBe(true);
  expect(copy.readRegister(4)).toBe(0x12);
});

it('skips time during which the machine was off', () => {
  rtc.skip(86_400 + 2);
  expect(hex(TIME)).toBe('20 24 03 01 06 00 00 00');
  set([B, 0x82]); // the guest sets the clock: it stands still
  const later = rtc.saveState().boundarySeconds;
  rtc.skip(10);
  expect(rtc.saveState().boundarySeconds).toBe(later);
});

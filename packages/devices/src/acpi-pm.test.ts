import { beforeEach, describe, expect, it } from 'vitest';
import { ACPI_DISABLE, ACPI_ENABLE, AcpiPm, type AcpiPmNeeds, PM_TIMER_HZ } from './acpi-pm';
import { ManualClock } from './manual-clock';
import { PortBus } from './port-bus';
import { RecordedLine } from './recorded-line.testing';

const BASE = 0x600;
const [STATUS, ENABLE, CONTROL, TIMER, GPE_STATUS, GPE_ENABLE] = [
  0x600, 0x602, 0x604, 0x608, 0x60c, 0x60e,
] as const;

let clock: ManualClock;
let bus: PortBus;
let sci: RecordedLine;
let events: string[];
let pm: AcpiPm;

const make = (more: Partial<AcpiPmNeeds> = {}): void => {
  clock = new ManualClock();
  bus = new PortBus();
  sci = new RecordedLine();
  events = [];
  pm = new AcpiPm({
    clock,
    timers: clock.timers,
    sci,
    powerOff: () => events.push('off'),
    sleep: (type) => events.push(`sleep ${type}`),
    ...more,
  });
  pm.attach(bus);
  pm.moveTo(bus, BASE);
};

beforeEach(() => make());

describe('timer', () => {
  it.each([
    [24, 1e9, 3_579_545],
    [24, 5e9, (5 * 3_579_545) % 0x100_0000],
    [32, 5e9, 5 * 3_579_545],
    [32, 1500e9, (1500 * 3_579_545) % 0x1_0000_0000],
  ] as const)('of %i bits after %d ns: %i', (timerBits, ns, count) => {
    make({ timerBits });
    clock.advance(ns);
    expect(bus.read(TIMER, 4)).toBe(count);
    expect(bus.read(TIMER + 1, 1)).toBe((count >>> 8) & 0xff);
  });

  it('raises SCI each time its highest bit changes', () => {
    bus.write(0xb2, 1, ACPI_ENABLE);
    bus.write(ENABLE, 2, 0x0001);
    const half = (0x80_0000 * 1e9) / PM_TIMER_HZ;
    clock.advance(Math.floor(half));
    expect(sci.level).toBe(false);
    clock.advance(1);
    expect(sci.level).toBe(true);
    bus.write(STATUS, 2, 0x0001);
    expect(sci.level).toBe(false);
    clock.advance(half);
    expect([sci.level, bus.read(STATUS, 2)]).toEqual([true, 0x0001]);
  });
});

describe('events', () => {
  it('interrupt only when enabled, and in ACPI mode', () => {
    pm.pressPowerButton();
    expect([bus.read(STATUS, 2), sci.level]).toEqual([0x0100, false]);
    bus.write(ENABLE, 2, 0x0100);
    expect(sci.level).toBe(false);
    bus.write(0xb2, 1, ACPI_ENABLE);
    expect([sci.level, bus.read(CONTROL, 2)]).toEqual([true, 0x0001]);
    bus.write(0xb2, 1, ACPI_DISABLE);
    expect([sci.level, bus.read(0xb2, 1)]).toEqual([false, ACPI_DISABLE]);
  });

  it('are cleared by writing ones, byte by byte if asked', () => {
    pm.pressPowerButton();
    bus.write(STATUS, 1, 0xff);
    expect(bus.read(STATUS, 2)).toBe(0x0100);
    bus.write(STATUS + 1, 1, 0x01);
    expect(bus.read(STATUS, 2)).toBe(0);
  });

  it('have no reserved enable bits', () => {
    bus.write(ENABLE, 2, 0xffff);
    expect(bus.read(ENABLE, 2)).toBe(0x0721);
  });

  it('of general purpose interrupt as well', () => {
    bus.write(0xb2, 1, ACPI_ENABLE);
    bus.write(GPE_ENABLE, 2, 0x0102);
    pm.raiseEvent(0);
    expect(sci.level).toBe(false);
    pm.raiseEvent(8);
    expect([sci.level, bus.read(GPE_STATUS, 2)]).toEqual([true, 0x0101]);
    bus.write(GPE_STATUS, 2, 0x0100);
    expect(sci.level).toBe(false);
  });
});

describe('sleep', () => {
  it.each<[string, 1 | 2, number, number, number, string[]]>([
    ['S5', 2, CONTROL, 0x2001, 0, ['off']],
    ['S5 of another type', 2, CONTROL, 0x3401, 5, ['off']],
    ['by the high byte', 1, CONTROL + 1, 0x20, 0, ['off']],
    ['S3', 2, CONTROL, 0x2401, 0, ['sleep 1']],
    ['not without SLP_EN', 2, CONTROL, 0x0001, 0, []],
  ])('%s', (_name, size, port, value, softOffType, seen) => {
    make({ softOffType });
    bus.write(port, size, value);
    expect(events).toEqual(seen);
  });

  it('ends at once, with the wake status', () => {
    bus.write(CONTROL, 2, 0x2401);
    expect([bus.read(CONTROL, 2), bus.read(STATUS, 2)]).toEqual([0x0401, 0x8000]);
  });
});

describe('ports', () => {
  it('move', () => {
    pm.moveTo(bus, 0xb000);
    expect([bus.read(CONTROL, 2), bus.read(0xb004, 2)]).toEqual([0xffff, 0]);
    pm.moveTo(bus, null);
    expect(bus.read(0xb004, 2)).toBe(0xffff);
  });

  it('stay away when a guest puts them over another chip', () => {
    pm.moveTo(bus, 0x80);
    expect([bus.nameOf(0x80), bus.nameOf(0xb2)]).toEqual([undefined, 'SMI command']);
    pm.moveTo(bus, 0xffc0);
    expect(bus.nameOf(0xffff)).toBe('ACPI power management');
  });
});

it('restores a saved state', () => {
  bus.write(0xb2, 1, ACPI_ENABLE);
  bus.write(ENABLE, 2, 0x0100);
  pm.pressPowerButton();
  const saved = pm.saveState();
  make();
  pm.restoreState(saved);
  expect([sci.level, pm.saveState()]).toEqual([true, saved]);
});

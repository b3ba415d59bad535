import { beforeEach, describe, expect, it } from 'vitest';
import { I8254, pitNanoseconds, pitPulses } from './i8254';
import { ManualClock } from './manual-clock';
import { PortBus } from './port-bus';
import { Port61 } from './port61';
import { RecordedLine } from './recorded-line.testing';

let clock: ManualClock;
let pit: I8254;
let irq0: RecordedLine;
let bus: PortBus;

const out = (port: number, ...values: number[]): void => values.forEach((value) => bus.write(port, 1, value));
const word = (port: number): number => bus.read(port, 1) | (bus.read(port, 1) << 8);
/** To `pulses` CLK pulses after the current one. */
const pulses = (count: number): void => {
  clock.advance(pitNanoseconds(pitPulses(clock.now()) + count) - clock.now());
};
/** Counter 2, latched, as many bytes as it is programmed for. */
const count2 = (): number => {
  out(0x43, 0x80);
  return pit.saveState().counters[2]!.access === 3 ? word(0x42) : bus.read(0x42, 1);
};
const status2 = (): number => (out(0x43, 0xe8), bus.read(0x42, 1));

beforeEach(() => {
  clock = new ManualClock();
  irq0 = new RecordedLine();
  bus = new PortBus();
  pit = new I8254({ clock, timers: clock.timers, irq0 });
  pit.attach(bus);
  new Port61({ clock, timer: pit }).attach(bus);
  out(0x61, 1); // gate 2 high
  irq0.rises = 0;
});

/** What OUT and the count show at the pulses after the one at which the count was written. */
const trace = (
  control: number,
  bytes: number[],
  length: number,
  change?: (pulse: number) => void,
): string[] => {
  out(0x43, control);
  out(0x42, ...bytes);
  return Array.from({ length }, (_, index) => {
    pulses(1);
    const seen = `${pit.out(2) ? 'H' : 'L'}${count2().toString(16)}`;
    change?.(index);
    return seen;
  });
};

describe('modes (data sheet figures 15-20)', () => {
  it.each<[string, number, number[], string]>([
    ['0: terminal count', 0x90, [4], 'L4 L3 L2 L1 H0 Hff Hfe'],
    ['0: BCD', 0x91, [0x11], 'L11 L10 L9 L8'],
    ['1: not without a trigger', 0x92, [3], 'H0 H0 H0'],
    ['2: rate generator', 0x94, [3], 'H3 H2 L1 H3 H2 L1 H3'],
    ['3: square wave, even', 0x96, [4], 'H4 H2 L4 L2 H4 H2 L4'],
    ['3: square wave, odd', 0x96, [5], 'H4 H2 H0 L4 L2 H4 H2 H0 L4'],
    ['4: software strobe', 0x98, [3], 'H3 H2 H1 L0 Hff Hfe'],
    ['5: not without a trigger', 0x9a, [3], 'H0 H0 H0'],
    ['6 is 2', 0x9c, [3], 'H3 H2 L1 H3'],
    ['7 is 3', 0x9e, [4], 'H4 H2 L4 L2'],
    ['0: two bytes', 0xb0, [0x01, 0x01], 'L101 L100 Lff'],
    ['0: most significant byte only', 0xa0, [0x01], 'L1 L0 L0'],
    ['2: 0 is 65536', 0x94, [0], 'H0 Hff Hfe'],
    ['2: BCD 0 is 10000', 0x95, [0], 'H0 H99 H98'],
  ])('mode %s', (_name, control, bytes, seen) => {
    expect(trace(control, bytes, seen.split(' ').length).join(' ')).toBe(seen);
  });

  it.each<[string, number, number[], string, Record<number, () => void>]>([
    [
      '0: gate low stops',
      0x90,
      [4],
      'L4 L3 L3 L3 L2 L1 H0',
      { 1: () => out(0x61, 0), 3: () => out(0x61, 1) },
    ],
    ['0: new count', 0x90, [4], 'L4 L3 L2 L3 L2 L1 H0', { 2: () => out(0x42, 3) }],
    ['2: new count from the next period', 0x94, [3], 'H3 H2 L1 H2 L1 H2', { 1: () => out(0x42, 2) }],
    [
      '2: gate low lifts OUT',
      0x94,
      [3],
      'H3 H2 H2 H2 H3 H2 L1',
      { 1: () => out(0x61, 0), 3: () => out(0x61, 1) },
    ],
    ['3: new count from the next half', 0x96, [4], 'H4 H2 L6 L4 L2 H6 H4 H2 L6', { 0: () => out(0x42, 6) }],
    ['4: new count', 0x98, [3], 'H3 H2 H3 H2 H1 L0 Hff', { 1: () => out(0x42, 3) }],
  ])('mode %s', (_name, control, bytes, seen, changes) => {
    const change = (pulse: number): void => changes[pulse]?.();
    expect(trace(control, bytes, seen.split(' ').length, change).join(' ')).toBe(seen);
  });

  it.each<[string, number, string]>([
    ['1: one-shot', 0x92, 'L3 L2 L1 H0 Hff'],
    ['5: hardware strobe', 0x9a, 'H3 H2 H1 L0 Hff'],
  ])('mode %s, by a rising gate', (_name, control, seen) => {
    out(0x61, 0);
    out(0x43, control);
    out(0x42, 3);
    pulses(5);
    out(0x61, 1);
    const shown = seen.split(' ').map(() => (pulses(1), `${pit.out(2) ? 'H' : 'L'}${count2().toString(16)}`));
    expect(shown.join(' ')).toBe(seen);
  });
});

describe('reading', () => {
  it('latches once, until read', () => {
    out(0x43, 0xb4);
    out(0x42, 0x00, 0x10);
    pulses(1);
    out(0x43, 0x80);
    pulses(5);
    out(0x43, 0x80);
    expect(word(0x42)).toBe(0x1000);
    expect(word(0x42)).toBe(0x0ffb);
  });

  it('reads back status, then count', () => {
    out(0x43, 0xb6);
    out(0x42, 0x34, 0x12);
    pulses(1);
    out(0x43, 0xc8);
    expect(bus.read(0x42, 1)).toBe(0xb6); // OUT high, loaded, two bytes, mode 3
    expect(word(0x42)).toBe(0x1234);
  });

  it('shows in the status that a count is not loaded yet', () => {
    out(0x43, 0x94);
    expect(status2() & 0x40).toBe(0x40);
    out(0x42, 5);
    expect(status2() & 0x40).toBe(0x40);
    pulses(1);
    expect(status2() & 0x40).toBe(0);
    out(0x42, 7);
    expect(status2() & 0x40).toBe(0x40);
    pulses(5);
    expect(status2() & 0x40).toBe(0);
  });

  it('latches several counters with one read-back', () => {
    out(0x43, 0x34, 0xb4);
    out(0x40, 0, 1);
    out(0x42, 0, 2);
    pulses(1);
    out(0x43, 0xda);
    pulses(9);
    expect([word(0x40), word(0x42)]).toEqual([0x100, 0x200]);
  });
});

describe('port 61h', () => {
  it('shows OUT 2 and keeps its low four bits', () => {
    out(0x43, 0xb0);
    out(0x42, 0x10, 0x00);
    out(0x61, 0xfd);
    expect(bus.read(0x61, 1) & 0xef).toBe(0x0d);
    pulses(0x11);
    expect(bus.read(0x61, 1) & 0xef).toBe(0x2d);
  });

  it('toggles the refresh bit every 15 us', () => {
    let toggles = 0;
    for (let last = 0, i = 0; i < 1000; i++) {
      clock.advance(1000);
      const bit = bus.read(0x61, 1) & 0x10;
      if (bit !== last) toggles++;
      last = bit;
    }
    expect(toggles).toBe(66);
  });
});

describe('IRQ 0', () => {
  const periodic = (count: number, control = 0x34): void => {
    out(0x43, control);
    out(0x40, count & 0xff, count >> 8);
    irq0.rises = 0;
  };

  it.each([
    ['2', 0x34],
    ['3', 0x36],
  ])('ticks at 1193182 Hz / count in mode %s', (_mode, control) => {
    periodic(11932, control);
    clock.advance(10e9);
    expect(irq0.rises).toBe(999); // 99.99849 Hz
  });

  it('rises once in mode 0, and falls when a count is written', () => {
    periodic(1193, 0x30);
    expect(irq0.level).toBe(false);
    clock.advance(5e6);
    expect([irq0.level, irq0.rises]).toEqual([true, 1]);
    out(0x40, 1);
    expect(irq0.level).toBe(false);
  });

  it('strobes once in mode 4, one pulse after the count', () => {
    periodic(1193, 0x38);
    clock.advance(pitNanoseconds(1194));
    expect(irq0.rises).toBe(0);
    clock.advance(838);
    expect(irq0.rises).toBe(1);
    clock.advance(1e9);
    expect(irq0.rises).toBe(1);
  });

  it('makes up for missed ticks, at most at twice the rate', () => {
    periodic(11932);
    clock.advance(100e6);
    irq0.rises = 0;
    clock.jump(100e6);
    expect(irq0.rises).toBe(1);
    clock.advance(50e6);
    expect(irq0.rises).toBe(11);
    clock.advance(850e6);
    expect(irq0.rises).toBe(100);
    expect(pit.coalescedTicks).toBe(0);
  });

  it('drops what is older than 250 ms', () => {
    periodic(11932);
    clock.jump(3600e9);
    clock.advance(10e9);
    expect(irq0.rises).toBe(1 + 24 + 1000);
    expect(pit.coalescedTicks).toBe(359994 - 1 - 24);
  });

  it('is not stormed by the smallest counts', () => {
    periodic(2);
    clock.advance(1e6);
    expect(irq0.rises).toBeLessThan(101);
    expect(irq0.rises).toBeGreaterThan(80);
    periodic(1);
    clock.advance(1e6);
    expect(irq0.rises).toBeLessThan(2);
  });

  it('continues from a saved state', () => {
    periodic(11932);
    clock.advance(25e6);
    const line = new RecordedLine();
    const copy = new I8254({ clock, timers: clock.timers, irq0: line });
    copy.restoreState(pit.saveState());
    irq0.rises = line.rises = 0;
    clock.advance(100e6);
    expect([irq0.rises, line.rises]).toEqual([10, 10]);
    expect(copy.saveState()).toEqual(pit.saveState());
  });

  it('keeps the moment of the next tick, however near it is', () => {
    periodic(11932);
    const nearly = pitNanoseconds(pit.saveState().timer!.pulse - 3) - clock.now();
    clock.advance(nearly);
    const line = new RecordedLine();
    const copy = new I8254({ clock, timers: clock.timers, irq0: line });
    copy.restoreState(pit.saveState());
    irq0.rises = line.rises = 0;
    clock.advance(3e3);
    expect([irq0.rises, line.rises]).toEqual([1, 1]);
  });
});

import { describe, expect, it } from 'vitest';

import { ConsoleWatch } from './console-watch';
import { type GuestEvent } from './guest-job';

/** A watch whose clocks and counters the test sets. */
function watched() {
  const events: GuestEvent[] = [];
  const at = { milliseconds: 0, cpu: 0, instructions: 0, done: 0 };
  const watch = new ConsoleWatch({
    tell: (event) => void (event.kind === 'alive' || events.push(event)),
    now: () => at.milliseconds,
    cpuSeconds: () => at.cpu,
    counters: () => ({ instructions: at.instructions }),
    done: () => at.done++,
  });
  const put = (text: string) => Buffer.from(text, 'latin1').forEach((byte) => watch.put(byte));
  return { events, at, put };
}

describe('the watch over a console', () => {
  it('takes the time to /init when the kernel says so', () => {
    const { events, at, put } = watched();
    Object.assign(at, { milliseconds: 2500, cpu: 2, instructions: 7 });
    put('[    3.1] Run /init');
    at.milliseconds = 9000;
    put(' as init process\r\nRun /init\r\n');
    expect(events).toEqual([{ kind: 'init', seconds: 2.5, cpuSeconds: 2, counters: { instructions: 7 } }]);
  });

  it('takes the time of each pass between its two bytes', () => {
    const { events, at, put } = watched();
    Object.assign(at, { milliseconds: 1000, cpu: 1, instructions: 10 });
    put('\x02');
    Object.assign(at, { milliseconds: 1500, cpu: 1.25, instructions: 110 });
    put('\x03');
    at.milliseconds = 4000;
    put('fib 005704e7 480000000\r\n');
    put('\x02\x03fib 005704e7 0\r\n');
    const fib = { kind: 'program', name: 'fib', result: '005704e7' };
    expect(events).toEqual([
      {
        ...fib,
        pass: 1,
        seconds: 0.5,
        cpuSeconds: 0.25,
        guestSeconds: 0.48,
        counters: { instructions: 100 },
      },
      { ...fib, pass: 2, seconds: 0, cpuSeconds: 0, guestSeconds: 0, counters: { instructions: 0 } },
    ]);
  });

  it('reports what the guest complains of, but not what the kernel says before /init', () => {
    const { events, put } = watched();
    put('ACPI: RSDP was not found\r\nRun /init as init process\r\nprograms: fork: no memory\r\n');
    put('Kernel panic - not syncing\r\n');
    expect(events.slice(1)).toEqual([
      { kind: 'complaint', text: 'programs: fork: no memory' },
      { kind: 'complaint', text: 'Kernel panic - not syncing' },
    ]);
  });

  it('counts a program that was cut off, or that printed something else, as not run', () => {
    const { events, at, put } = watched();
    put('\x02\x03fib oops\r\nfib 005704e7 1\r\n\x02programs: x\r\n\x04');
    expect(events).toEqual([]);
    expect(at.done).toBe(1);
  });
});

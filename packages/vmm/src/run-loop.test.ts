import { TimerQueue } from '@trapgate/devices';
import { describe, expect, test } from 'vitest';
import { type ProcessorStop, RunLoop, type RunnableProcessor } from './run-loop';
import { HostTimeClock, InstructionClock, type GuestClock } from './time/guest-clock';
import type { HostScheduler } from './time/host-scheduler';

/** A host whose time passes only when somebody runs or sleeps. */
class FakeHost implements HostScheduler {
  milliseconds = 1000;
  turns = 0;
  slept: number[] = [];
  longestTurn = 0;
  onSleep: (() => void) | null = null;
  private turnStart = 1000;
  private woken = false;

  now(): number {
    return this.milliseconds;
  }
  date(): number {
    return 0;
  }
  async yield(): Promise<void> {
    this.turns++;
    this.turn();
  }
  async sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    this.turn();
    this.woken = false;
    this.onSleep?.();
    if (!this.woken) this.milliseconds += milliseconds;
    this.turnStart = this.milliseconds;
  }
  wake(): void {
    this.woken = true;
  }
  close(): void {}
  private turn(): void {
    this.longestTurn = Math.max(this.longestTurn, this.milliseconds - this.turnStart);
    this.turnStart = this.milliseconds;
  }
}

/** A processor at `mips`, whose guest halts whenever `halts` says so. */
class FakeProcessor implements RunnableProcessor {
  instructions = 0;
  budgets: number[] = [];
  mips = 100;
  stop = false;
  next: (processor: FakeProcessor) => ProcessorStop['reason'] = () => 'budget';
  constructor(private readonly host: FakeHost) {}

  run(budget: number): ProcessorStop {
    this.budgets.push(budget);
    this.stop = false;
    const reason = this.next(this);
    if (reason === 'budget') this.spend(budget);
    return { reason: this.stop ? 'requested' : reason };
  }
  spend(instructions: number): void {
    this.instructions += instructions;
    this.host.milliseconds += instructions / this.mips / 1000;
  }
  requestStop(): void {
    this.stop = true;
  }
}

function parts(kind: 'host' | 'icount', feedInput: () => void = () => {}) {
  const host = new FakeHost();
  const processor = new FakeProcessor(host);
  const clock: GuestClock =
    kind === 'host' ? new HostTimeClock(host) : new InstructionClock(() => processor.instructions, 10, host);
  const timers = new TimerQueue(clock);
  const loop = new RunLoop({ processor, timers, clock, host, feedInput, report: () => 'the report' });
  timers.onEarlierDeadline = () => loop.deadlineMoved();
  return { host, processor, clock, timers, loop };
}

describe('following host time', () => {
  test('slices are short and the event loop gets its turn within 5 ms', async () => {
    const { host, processor, timers, loop } = parts('host');
    timers.at(200e6, () => loop.end({ reason: 'power-off' }));
    expect(await loop.run(host)).toEqual({ reason: 'power-off' });
    expect(host.longestTurn).toBeGreaterThan(2);
    expect(host.longestTurn).toBeLessThan(5);
    expect(Math.max(...processor.budgets.slice(-50))).toBeLessThanOrEqual(100_000);
    expect(loop.times.running).toBeCloseTo(200, 0);
  });

  test('a slice ends near the next timer', async () => {
    const { host, processor, clock, timers, loop } = parts('host');
    const late: number[] = [];
    const tick = (due: number): void => {
      timers.at(due, () => {
        late.push(clock.now() - due);
        if (due < 100e6) tick(due + 0.7e6);
        else loop.end({ reason: 'power-off' });
      });
    };
    tick(50e6);
    await loop.run(host);
    expect(Math.max(...late)).toBeLessThan(60_000);
    expect(processor.instructions).toBeGreaterThan(1e6);
  });

  test('a slice is cut when its instructions turn out slow', async () => {
    const { host, processor, loop } = parts('host');
    let longest = 0;
    let slices = 0;
    processor.next = () => {
      if (++slices < 100) return 'budget';
      if (slices > 110) loop.end({ reason: 'reset' });
      const start = host.milliseconds;
      const budget = processor.budgets.at(-1)!;
      // 10 us at each port access, ten instructions apart.
      for (let done = 0; done < budget && !processor.stop; done += 10) {
        processor.instructions += 10;
        host.milliseconds += 0.01;
        loop.deviceAccess();
      }
      longest = Math.max(longest, host.milliseconds - start);
      return 'requested';
    };
    await loop.run(host);
    expect(longest).toBeLessThan(2.5);
  });

  test('a halted guest sleeps until its timer, and input wakes it', async () => {
    let input = 0;
    const { host, processor, timers, loop } = parts('host', () => {
      if (input === 1) loop.end({ reason: 'reset' });
    });
    processor.next = () => 'halted';
    timers.at(4e6, () => {});
    host.onSleep = () => {
      if (host.slept.length < 2) return;
      input = 1;
      loop.wake();
    };
    expect(await loop.run(host)).toEqual({ reason: 'reset' });
    expect(host.slept[0]).toBeCloseTo(4);
    expect(host.slept[1]).toBe(Infinity);
    expect(processor.budgets.length).toBe(2);
  });

  test('guest time stands still between runs', async () => {
    const { host, clock, timers, loop } = parts('host');
    timers.at(3e6, () => loop.end({ reason: 'stopped' }));
    await loop.run(host);
    const stopped = clock.now();
    host.milliseconds += 5000;
    expect(clock.now()).toBe(stopped);
    timers.at(stopped + 1e6, () => loop.end({ reason: 'stopped' }));
    await loop.run(host);
    expect(clock.now() - stopped).toBeLessThan(2.5e6);
  });
});

describe('counting instructions', () => {
  test('timers fire at the exact instruction, whatever the host does', async () => {
    const run = async (mips: number): Promise<number[]> => {
      const { host, processor, timers, loop } = parts('icount');
      processor.mips = mips;
      const fired: number[] = [];
      const tick = (due: number): void => {
        timers.at(due, () => {
          fired.push(processor.instructions);
          if (fired.length < 20) tick(due + 1_234_567);
          else loop.end({ reason: 'power-off' });
        });
      };
      tick(1_000_001);
      await loop.run(host);
      return fired;
    };
    const fast = await run(150);
    expect(fast).toEqual(await run(3));
    expect(fast.slice(0, 2)).toEqual([100_001, 223_457]);
  });

  test('a halted guest skips to its timer, and sleeps only when it is ahead of the host', async () => {
    const { host, processor, clock, timers, loop } = parts('icount');
    let work = 2;
    processor.next = (self) => {
      // First 50,000,000 instructions (500 ms of guest time) at 100 MIPS, then halt for ever.
      if (work-- > 0) {
        self.spend(25_000_000);
        return 'requested';
      }
      return 'halted';
    };
    timers.at(900e6, () => loop.end({ reason: 'power-off' }));
    await loop.run(host);
    expect(clock.now()).toBe(900e6);
    expect(host.slept.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(400);
  });
});

describe('the guest ends the run', () => {
  test.each([
    ['halted-forever', { reason: 'halted', report: 'the report' }],
    ['shutdown', { reason: 'triple-fault', report: 'the report' }],
  ] as const)('%s', async (reason, exit) => {
    const { host, processor, loop } = parts('host');
    processor.next = () => reason;
    expect(await loop.run(host)).toEqual(exit);
  });

  test('a timer queued during a slice stops it', async () => {
    const { host, processor, timers, loop } = parts('icount');
    let queued = false;
    processor.next = (self) => {
      if (queued) return 'budget';
      queued = true;
      timers.at(10_000, () => loop.end({ reason: 'power-off' }));
      expect(self.stop).toBe(true);
      return 'requested';
    };
    await loop.run(host);
    expect(processor.instructions).toBe(1000);
  });
});

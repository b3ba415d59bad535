import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock';

describe('TimerQueue', () => {
  it('fires in order of deadline, then of age', () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    clock.timers.at(20, () => fired.push('c'));
    clock.timers.at(10, () => fired.push('a'));
    clock.timers.at(10, () => fired.push('b'));
    expect(clock.timers.nextDeadline()).toBe(10);
    clock.jump(100);
    expect(fired).toEqual(['a', 'b', 'c']);
    expect(clock.timers.nextDeadline()).toBe(Infinity);
  });

  it('does not fire a cancelled timer', () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    const second = clock.timers.at(20, () => fired.push('second'));
    clock.timers.at(10, () => second.cancel());
    clock.jump(100);
    expect(fired).toEqual([]);
  });

  it('leaves a timer that is queued while timers fire to the next call', () => {
    const clock = new ManualClock();
    let fired = 0;
    const again = (): void => {
      fired++;
      clock.timers.at(clock.now(), again);
    };
    clock.timers.at(5, again);
    clock.jump(10);
    expect(fired).toBe(1);
    clock.timers.runDue();
    expect(fired).toBe(2);
  });

  it('tells when a new timer is due before all others', () => {
    const clock = new ManualClock();
    const earlier: number[] = [];
    clock.timers.onEarlierDeadline = (deadline) => earlier.push(deadline);
    for (const deadline of [30, 40, 20, 20]) clock.timers.at(deadline, () => undefined);
    expect(earlier).toEqual([30, 20]);
  });
});

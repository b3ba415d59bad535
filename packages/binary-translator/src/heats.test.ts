import { describe, expect, it } from 'vitest';
import { Heats, reportedAfter } from './heats';

/** Reports until a place is hot. */
function untilHot(heats: Heats, free: boolean, installed = false): number {
  for (let n = 1; n < 1000; n++) if (heats.report(7, 0x10, installed, free) > 0) return n;
  throw new Error('never hot');
}

describe('a place is hot', () => {
  it('after so many entries as were asked for', () => {
    for (const hotAfter of [1, 2, 3, 50, 100, 200, 500, 2000])
      expect(untilHot(new Heats(hotAfter), false) * reportedAfter(hotAfter)).toBe(hotAfter);
    expect(reportedAfter(150)).toBe(100);
    expect(untilHot(new Heats(150), false)).toBe(2);
    const heats = new Heats(2000);
    expect(untilHot(heats, false) * reportedAfter(2000)).toBe(2000);
    expect([1, 2, 3, 4, 5].map(() => heats.report(7, 0x10, false, false))).toEqual([1, 1, 1, 2, 2]);
  });

  it('after half of them while there is nothing else to translate', () => {
    expect(untilHot(new Heats(2000), true) * reportedAfter(2000)).toBe(1000);
    expect(untilHot(new Heats(1), true)).toBe(1);
  });

  it('after many more inside a region, which it may have to itself later', () => {
    const heats = new Heats(2000);
    heats.cover(7, 0x10, 0);
    expect(untilHot(heats, false)).toBe(68);
    heats.drop(7);
    expect(heats.report(7, 0x10, false, false)).toBeGreaterThan(0);
    heats.cover(7, 0x10, 0);
    expect(untilHot(heats, true)).toBe(8);
    heats.cover(7, 0x10, 0x10);
    expect(untilHot(heats, true)).toBe(8);
    heats.drop(-1);
    heats.cover(7, 0x10, 0);
    expect(untilHot(heats, false, true)).toBe(4);
  });

  it('later if the guest waits in between', () => {
    const heats = new Heats(2000);
    for (let n = 0; n < 100; n++) {
      expect(heats.report(7, 0x10, false, false)).toBe(0);
      expect(heats.report(7, 0x10, false, false)).toBe(0);
      heats.cool();
    }
    expect(untilHot(heats, false)).toBe(3);
  });

  it('anew when there have been very many others', () => {
    const heats = new Heats(2000);
    for (let n = 0; n < 3; n++) expect(heats.report(7, 0x10, false, false)).toBe(0);
    for (let page = 100; page < 116; page++)
      for (let offset = 0; offset < 4096; offset++) heats.report(page, offset, false, false);
    expect(untilHot(heats, false)).toBe(4);
  });
});

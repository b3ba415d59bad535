import { expect, it } from 'vitest';
import { I440fx, type ShadowRegion } from './i440fx';

it('is a host bridge 8086:1237', () => {
  const bridge = new I440fx();
  expect([bridge.get(0, 4), bridge.get(8, 4), bridge.get(0x0e, 1)]).toEqual([0x1237_8086, 0x0600_0002, 0]);
});

it.each<[number, number, number, boolean, boolean]>([
  [0x59, 0x10, 0xf0000, true, false],
  [0x59, 0x20, 0xf0000, false, true],
  [0x5a, 0x03, 0xc0000, true, true],
  [0x5a, 0x30, 0xc4000, true, true],
  [0x5c, 0x02, 0xd0000, false, true],
  [0x5f, 0x30, 0xec000, true, true],
])('register %x = %x: %x reads RAM %s, writes RAM %s', (register, value, base, readsRam, writesRam) => {
  let regions: readonly ShadowRegion[] = [];
  const bridge = new I440fx((changed) => (regions = changed));
  bridge.write(register, 1, value);
  const length = base === 0xf0000 ? 0x10000 : 0x4000;
  expect(regions.length).toBe(13);
  expect(regions.filter((region) => region.readsRam || region.writesRam)).toEqual([
    { base, length, readsRam, writesRam },
  ]);
});

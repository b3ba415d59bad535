import type { RegionEvent, RegionExit } from '@trapgate/vmm';
import { describe, expect, it } from 'vitest';
import { UnitStore } from './unit-store';

const region = (number: number, address: number, ...exits: RegionExit[]): RegionEvent => ({
  number,
  address,
  blocks: [{ address, instructions: [{ address, bytes: Uint8Array.of(0x90), text: 'nop' }], exits }],
  operations: '',
  text: '',
});

function store(): UnitStore {
  const units = new UnitStore();
  units.add(region(1, 0x100, { kind: 'call', target: 0x200 }, { kind: 'branch', target: 0x100 }));
  units.add(region(2, 0x200, { kind: 'indirect' }));
  units.add(region(3, 0x300, { kind: 'jump', target: 0x100 }, { kind: 'next', target: 0x305 }));
  return units;
}

describe('the units of the Translate panel', () => {
  it('are joined where one leads to the entry of another; a loop inside one is no edge', () => {
    const units = store();
    expect(units.edgesOf(units.unit(1)!)).toEqual([{ from: 1, to: 2, kind: 'call' }]);
    expect(units.edgesOf(units.unit(3)!)).toEqual([
      { from: 3, to: 1, kind: 'jump' },
      { from: 3, to: { address: 0x305 }, kind: 'next' },
    ]);
    expect(units.at(0x200)!.region.number).toBe(2);
    expect(units.around(units.unit(2)!, 1, 10).map((unit) => unit.region.number)).toEqual([2, 1]);
    expect(units.around(units.unit(2)!, 2, 10)).toHaveLength(3);
  });

  it('stay known for a while after they were dropped', () => {
    const units = store();
    units.drop({ numbers: [2], reason: 'written' });
    expect(units.unit(2)!.dropped).toBe('written');
    expect(units.at(0x200)).toBeUndefined();
    expect(units.edgesOf(units.unit(1)!)).toEqual([{ from: 1, to: { address: 0x200 }, kind: 'call' }]);
    for (let number = 10; number < 100; number++) {
      units.add(region(number, 0x1000));
      units.drop({ numbers: [number], reason: 'all' });
    }
    expect(units.units.length).toBe(42);
    expect(units.unit(2)).toBeUndefined();
  });

  it('are counted, but not kept, if there are very many or their texts are very long', () => {
    const units = new UnitStore();
    for (let number = 1; number <= 1000; number++) units.add(region(number, number * 0x1000));
    expect(units.units).toHaveLength(400);
    expect(units.totals).toEqual({ units: 1000, instructions: 1000 });
    expect(units.at(0x1000)).toBeUndefined();
    expect(units.at(1000 * 0x1000)!.region.number).toBe(1000);
    units.drop({ numbers: [1, 2, 1000], reason: 'written' });
    expect(units.totals.units).toBe(997);
    const long = 'x'.repeat(1 << 20);
    for (let number = 2001; number <= 2050; number++) units.add({ ...region(number, number), text: long });
    expect(units.units).toHaveLength(24);
    expect(units.totals.units).toBe(997 + 50);
  });
});

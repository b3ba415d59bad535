import type { RegionEvent, RegionExit, RegionsDroppedEvent } from '@trapgate/vmm';

/** A translated unit as the panel keeps it. */
export interface Unit {
  readonly region: RegionEvent;
  /** Why it is not executed any more; null: it is in use. */
  dropped: RegionsDroppedEvent['reason'] | null;
  /** Where it leads out of itself, each once. */
  readonly targets: readonly UnitTarget[];
}

export interface UnitTarget {
  readonly kind: RegionExit['kind'];
  readonly target: number;
}

/** A way from one unit to another one's entry, or to code where no unit begins. */
export interface UnitEdge {
  readonly from: number;
  readonly to: number | { readonly address: number };
  readonly kind: RegionExit['kind'];
}

const MOST_DROPPED = 40;
/** A kernel has thousands of units, with megabytes of text: the oldest are counted only. */
const MOST_UNITS = 400;
const MOST_CHARACTERS = 24 << 20;

const charactersOf = ({ operations, text }: RegionEvent): number => operations.length + text.length;
const instructionsOf = ({ blocks }: RegionEvent): number =>
  blocks.reduce((sum, { instructions }) => sum + instructions.length, 0);

function targetsOf({ blocks }: RegionEvent): UnitTarget[] {
  const own = new Set(blocks.map(({ address }) => address));
  const targets = new Map<string, UnitTarget>();
  for (const { kind, target } of blocks.flatMap(({ exits }) => exits)) {
    if (target === undefined || (own.has(target) && kind !== 'call')) continue;
    targets.set(`${kind === 'call' ? 'call' : 'jump'} ${target}`, { kind, target });
  }
  return [...targets.values()];
}

/** What is known of a machine's translations. */
export class UnitStore {
  private readonly all = new Map<number, Unit>();
  /** Units in use by their entries. */
  private readonly entries = new Map<number, Unit>();
  /** Units in use by where they lead. */
  private readonly sources = new Map<number, Set<Unit>>();
  /** Units in use that are only counted, with their instructions. */
  private readonly forgotten = new Map<number, number>();
  private characters = 0;

  clear(): void {
    this.all.clear();
    this.entries.clear();
    this.sources.clear();
    this.forgotten.clear();
    this.characters = 0;
  }

  add(region: RegionEvent): void {
    const unit: Unit = { region, dropped: null, targets: targetsOf(region) };
    this.all.set(region.number, unit);
    this.entries.set(region.address, unit);
    for (const { target } of unit.targets)
      this.sources.set(target, (this.sources.get(target) ?? new Set()).add(unit));
    this.characters += charactersOf(region);
    for (const old of this.all.values()) {
      if (this.all.size <= MOST_UNITS && this.characters <= MOST_CHARACTERS) break;
      if (old !== unit) this.forget(old);
    }
  }

  private forget(unit: Unit): void {
    const { region } = unit;
    this.all.delete(region.number);
    this.characters -= charactersOf(region);
    if (unit.dropped) return;
    this.forgotten.set(region.number, instructionsOf(region));
    this.leave(unit);
  }

  private leave(unit: Unit): void {
    const { address } = unit.region;
    if (this.entries.get(address) === unit) this.entries.delete(address);
    for (const { target } of unit.targets) {
      const from = this.sources.get(target);
      from?.delete(unit);
      if (from?.size === 0) this.sources.delete(target);
    }
  }

  drop({ numbers, reason }: RegionsDroppedEvent): void {
    for (const number of numbers) {
      this.forgotten.delete(number);
      const unit = this.all.get(number);
      if (!unit) continue;
      unit.dropped = reason;
      this.leave(unit);
    }
    const dropped = this.units.filter((unit) => unit.dropped);
    for (const unit of dropped.slice(0, Math.max(0, dropped.length - MOST_DROPPED))) this.forget(unit);
  }

  /** All units in use, and the guest's instructions in them. */
  get totals(): { readonly units: number; readonly instructions: number } {
    const { inUse, forgotten } = this;
    const kept = inUse.reduce((sum, { region }) => sum + instructionsOf(region), 0);
    const others = [...forgotten.values()].reduce((sum, count) => sum + count, 0);
    return { units: inUse.length + forgotten.size, instructions: kept + others };
  }

  /** In the order in which they were translated. */
  get units(): readonly Unit[] {
    return [...this.all.values()];
  }

  get inUse(): readonly Unit[] {
    return this.units.filter(({ dropped }) => !dropped);
  }

  unit(number: number): Unit | undefined {
    return this.all.get(number);
  }

  /** The unit in use that an address is in; rather one that begins there, or a later one. */
  at(physical: number): Unit | undefined {
    return (
      this.entries.get(physical) ??
      this.inUse.findLast(
        ({ region }) =>
          region.address >>> 12 === physical >>> 12 &&
          region.blocks.some(({ instructions }) => instructions.some(({ address }) => address === physical)),
      )
    );
  }

  /** The ways out of a unit that lead out of it, each once. */
  edgesOf(unit: Unit): UnitEdge[] {
    const from = unit.region.number;
    return unit.targets.map(({ kind, target }) => {
      const entered = this.entries.get(target);
      return { from, to: entered ? entered.region.number : { address: target }, kind };
    });
  }

  /** Units in use around one: it, what it leads to, and what leads to it, up to `distance` steps and `most` units. */
  around(start: Unit, distance: number, most: number): Unit[] {
    const found = new Set([start]);
    let edge = [start];
    for (let step = 0; step < distance; step++) {
      const next = edge.flatMap((unit) => [
        ...unit.targets.flatMap(({ target }) => this.entries.get(target) ?? []),
        ...(this.sources.get(unit.region.address) ?? []),
      ]);
      edge = [...new Set(next)].filter((unit) => !found.has(unit)).slice(0, most - found.size);
      for (const unit of edge) found.add(unit);
    }
    return [start, ...[...found].slice(1).sort((a, b) => a.region.number - b.region.number)];
  }
}

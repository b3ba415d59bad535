import type { RegionEvent, RegionExit, RegionsDroppedEvent } from '@trapgate/vmm';

/** A translated unit as the panel keeps it. */
export interface Unit {
  readonly region: RegionEvent;
  /** Why it is not executed any more; null: it is in use. */
  dropped: RegionsDroppedEvent['reason'] | null;
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

/** What is known of a machine's translations. */
export class UnitStore {
  private readonly all = new Map<number, Unit>();
  /** Units in use by their entries. */
  private readonly entries = new Map<number, Unit>();
  /** Units in use that are only counted, with their instructions. */
  private readonly forgotten = new Map<number, number>();
  private characters = 0;

  clear(): void {
    this.all.clear();
    this.entries.clear();
    this.forgotten.clear();
    this.characters = 0;
  }

  add(region: RegionEvent): void {
    const unit: Unit = { region, dropped: null };
    this.all.set(region.number, unit);
    this.entries.set(region.address, unit);
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
  edgesOf({ region }: Unit): UnitEdge[] {
    const own = new Set(region.blocks.map(({ address }) => address));
    const edges = new Map<string, UnitEdge>();
    for (const { kind, target } of region.blocks.flatMap(({ exits }) => exits)) {
      if (target === undefined || (own.has(target) && kind !== 'call')) continue;
      const entered = this.entries.get(target);
      const to = entered ? entered.region.number : { address: target };
      edges.set(`${kind === 'call' ? 'call' : 'jump'} ${target}`, { from: region.number, to, kind });
    }
    return [...edges.values()];
  }

  /** Units in use around one: it, what it leads to, and what leads to it, up to `distance` steps and `most` units. */
  around(start: Unit, distance: number, most: number): Unit[] {
    const { inUse } = this;
    const links = inUse.flatMap((unit) => this.edgesOf(unit));
    const found = new Set<number>([start.region.number]);
    let edge = [start.region.number];
    for (let step = 0; step < distance; step++) {
      const next = links.flatMap(({ from, to }) => {
        if (typeof to !== 'number') return [];
        if (edge.includes(from)) return [to];
        return edge.includes(to) ? [from] : [];
      });
      edge = [...new Set(next)].filter((number) => !found.has(number)).slice(0, most - found.size);
      for (const number of edge) found.add(number);
    }
    return [...new Set([start, ...inUse.filter(({ region }) => found.has(region.number))])];
  }
}

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

/** What is known of a machine's translations. */
export class UnitStore {
  private readonly all = new Map<number, Unit>();

  clear(): void {
    this.all.clear();
  }

  add(region: RegionEvent): void {
    this.all.set(region.number, { region, dropped: null });
  }

  drop({ numbers, reason }: RegionsDroppedEvent): void {
    for (const number of numbers) {
      const unit = this.all.get(number);
      if (unit) unit.dropped = reason;
    }
    const dropped = [...this.all].filter(([, unit]) => unit.dropped);
    for (const [number] of dropped.slice(0, Math.max(0, dropped.length - MOST_DROPPED)))
      this.all.delete(number);
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
      this.inUse.findLast(({ region }) => region.address === physical) ??
      this.inUse.findLast(({ region }) =>
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
      const entered = this.inUse.findLast((unit) => unit.region.address === target);
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

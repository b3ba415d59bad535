import type { VirtualMachine } from '@trapgate/vmm';
import type { UnitStore } from './unit-store';

/** Where a machine is, and what its translator has counted. */
export interface MachineMoment {
  /** Physical address of the next instruction; undefined if its page is not mapped. */
  readonly physical: number | undefined;
  readonly instructions: number;
  readonly translated: number;
  readonly chained: number;
}

/** Keeps a store filled with the translations of a machine, as long as somebody looks. */
export class WatchedMachine {
  private readonly end = new AbortController();

  constructor(
    readonly machine: VirtualMachine,
    store: UnitStore,
    changed: () => void,
  ) {
    const { signal } = this.end;
    // With the first listener the machine begins to translate anew.
    store.clear();
    machine.on(
      'region',
      (region) => {
        store.add(region);
        changed();
      },
      { signal },
    );
    machine.on(
      'regionsDropped',
      (dropped) => {
        store.drop(dropped);
        changed();
      },
      { signal },
    );
  }

  stop(): void {
    this.end.abort();
  }

  async moment(): Promise<MachineMoment> {
    const { machine } = this;
    const [stats, { eip, segments }] = await Promise.all([machine.stats(), machine.registers()]);
    const where = await machine.translateAddress((eip + segments.cs.base) >>> 0);
    const physical = where.kind === 'fault' ? undefined : where.physical;
    const { executed = 0, chained = 0 } = stats.translation ?? {};
    return { physical, instructions: stats.instructions, translated: executed, chained };
  }
}

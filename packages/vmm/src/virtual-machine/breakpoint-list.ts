import { MachineError } from '../errors';
import type { BreakpointSet } from './virtual-machine';

/** The breakpoints as their owner knows them; the machine is told of each change. */
export class BreakpointList implements BreakpointSet {
  private readonly addresses = new Set<number>();

  constructor(private readonly apply: (addresses: readonly number[]) => Promise<void>) {}

  async add(linear: number): Promise<void> {
    if (!(Number.isInteger(linear) && linear >= 0 && linear < 2 ** 32)) {
      throw new MachineError(
        'ERR_ARGUMENT',
        `a breakpoint has a linear address of 32 bits, not ${String(linear)}`,
        { linear },
      );
    }
    this.addresses.add(linear);
    await this.apply(this.list());
  }

  async delete(linear: number): Promise<boolean> {
    const known = this.addresses.delete(linear);
    await this.apply(this.list());
    return known;
  }

  async clear(): Promise<void> {
    this.addresses.clear();
    await this.apply([]);
  }

  list(): readonly number[] {
    return [...this.addresses].sort((a, b) => a - b);
  }
}

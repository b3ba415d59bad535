import { STATE, type RegisterFile } from '@trapgate/cpu';
import { inlinePlace } from '@trapgate/mmu';
import { i32, type I32, type Local } from '@trapgate/wasm-assembler';
import type { Instruction } from '@trapgate/x86-decoder';
import type { HostPlace, Site } from './frame-windows';
import type { PointerAccess, PointerWindow } from './pointer-windows';

/** The windows of a region's pointers: a local for each way to make an address, which points to the lowest byte of the window, or is 0. */
export class PointerPlaces {
  private readonly places = new Map<number, Local<'i32'>>();

  constructor(
    private readonly site: Site & { readonly registers: RegisterFile },
    private readonly accesses: ReadonlyMap<number, PointerAccess>,
  ) {
    for (const { window } of accesses.values())
      if (!this.places.has(window.key)) this.places.set(window.key, site.fn.local('i32'));
  }

  /** Where the access of the instruction at an offset is if the base is not 0; undefined if that has no window. The first checks the window. */
  place(offset: number, { base, index, scale, displacement }: Instruction): HostPlace | undefined {
    const access = this.accesses.get(offset);
    if (!access) return undefined;
    const { window, first } = access;
    const place = this.places.get(window.key)!;
    if (first) {
      const { registers } = this.site;
      let lowest = i32.const(window.low);
      if (index >= 0)
        lowest = i32.add(i32.shl(registers.current(index), i32.const(Math.log2(scale))), lowest);
      if (base >= 0) lowest = i32.add(registers.current(base), lowest);
      this.check(window, place, lowest);
    }
    return { base: place.get, offset: (displacement | 0) - window.low };
  }

  private check({ low, high, write }: PointerWindow, place: Local<'i32'>, address: I32): void {
    const { fn, s, support, context } = this.site;
    const mark = fn.mark();
    const lowest = fn.let(address);
    // Nothing is left: what may not be accessed at once is accessed bit by bit.
    const leave = (): void => undefined;
    const site = { fn, layout: STATE, functions: support.memory, s, leave, tlbContext: () => context.get };
    fn.set(place, i32.const(0));
    fn.block((otherwise) => {
      fn.set(place, inlinePlace(site, high - low, lowest, write ? 'write' : 'read', otherwise));
    });
    fn.release(mark);
  }
}

import { STATE, type SupportFunctions } from '@trapgate/cpu';
import { inlinePlace } from '@trapgate/mmu';
import { call, i32, type FunctionBuilder, type I32, type Local } from '@trapgate/wasm-assembler';
import type { StackFrames } from './stack-frames';

/** An address in linear memory with a static offset. */
export interface HostPlace {
  readonly base: I32;
  readonly offset: number;
}

/** What of a region the checks of its windows need. */
export interface Site {
  readonly fn: FunctionBuilder;
  readonly s: I32;
  readonly support: SupportFunctions;
  readonly context: Local<'i32'>;
}

/** The windows of a region's stack frames: a local for each, which points to its lowest byte once it has been checked. */
export class FrameWindows {
  private readonly places = new Map<number, Local<'i32'>>();

  constructor(
    private readonly site: Site,
    private readonly frames: StackFrames,
  ) {
    for (const anchor of frames.windows.keys()) this.places.set(anchor, site.fn.local('i32'));
  }

  /** Checks the window of an anchor, which has `value`. */
  check(anchor: number, value: I32, fail: () => void): void {
    const { fn, s, support, context } = this.site;
    const { low, high } = this.frames.windows.get(anchor)!;
    const place = this.places.get(anchor)!;
    const mark = fn.mark();
    const lowest = fn.let(i32.add(value, i32.const(low)));
    const functions = support.memory;
    const site = { fn, layout: STATE, functions, s, leave: fail, tlbContext: () => context.get };
    fn.block((done) => {
      fn.block((otherwise) => {
        fn.set(place, inlinePlace(site, high - low, lowest, 'write', otherwise));
        fn.br(done);
      });
      fn.set(place, call<'i32'>(functions.window, s, lowest, i32.const(high - low)));
      fn.ifRarely(i32.eqz(place.get), fail);
    });
    fn.release(mark);
  }

  /** Where the access of the instruction at an offset is, if in a checked frame. */
  place(offset: number): HostPlace | undefined {
    const symbol = this.frames.accesses.get(offset);
    if (!symbol) return undefined;
    const { low } = this.frames.windows.get(symbol.anchor)!;
    return { base: this.places.get(symbol.anchor)!.get, offset: symbol.delta - low };
  }
}

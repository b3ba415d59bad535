import {
  StaticBuilder,
  STATUS,
  type Builder,
  type HostInstruction,
  type Position,
  type Status,
  type Value,
} from '@trapgate/cpu';
import { loadHost, storeHost, TLB, type AccessBytes } from '@trapgate/mmu';
import { call, i32, type Expression, type I32 } from '@trapgate/wasm-assembler';
import { LazyFlags } from './lazy-flags';
import type { RegionEmitter } from './region';

/** A host address with a static offset. */
export interface HostPlace {
  readonly base: I32;
  readonly offset: number;
}

const PAGE_MASK = ~0xfff;

/** Emits one instruction into a region. */
export class RegionBuilder extends StaticBuilder {
  /** Stands for the linear address of an access in a checked stack frame: nothing computes it. */
  private readonly inFrame = i32.const(0);

  constructor(
    private readonly region: RegionEmitter,
    instruction: HostInstruction,
    position: Position,
    variant: { memory: boolean; general: boolean },
    /** Where the instruction's access is, if in a checked stack frame. */
    private readonly frame_: HostPlace | undefined,
  ) {
    super(region, instruction, position, variant);
  }

  protected override makeFlags(): LazyFlags {
    return new LazyFlags(this as unknown as Builder, this.region.flags);
  }
  /** The TLB context cannot change while a region runs. */
  override tlbContext(): I32 {
    return this.region.context.get;
  }

  // -- state -------------------------------------------------------------------------------------------------------

  /** The budget is in a local, from which the instructions since the last checkpoint have not been taken yet. */
  override state32(name: Parameters<StaticBuilder['state32']>[0], element = 0): I32 {
    if (name === 'budget') return i32.add(this.region.budget.get, i32.const(this.position.behind));
    return super.state32(name, element);
  }

  // -- memory ------------------------------------------------------------------------------------------------------

  override linear(): I32 {
    return this.frame_ && this.variant.memory ? this.inFrame : super.linear();
  }
  override segmentLinear(segment: number | I32, offset: I32, bytes: number, write: boolean): I32 {
    if (this.frame_ && !this.variant.memory) return this.inFrame;
    return super.segmentLinear(segment, offset, bytes, write);
  }

  /** Finds the TLB entry of an access; returns what to compare. */
  private entryOf(bytes: AccessBytes, linear: I32, tag: number): { entry: I32; hit: I32 } {
    const { fn } = this;
    const mask = (TLB.entries - 1) << TLB.entryShift;
    const entry = fn.let(i32.and(i32.shrU(linear, i32.const(12 - TLB.entryShift)), i32.const(mask)));
    const last = i32.and(i32.add(linear, i32.const(bytes - 1)), i32.const(PAGE_MASK));
    const wanted = i32.or(last, this.tlbContext());
    return { entry, hit: i32.eq(i32.load(entry, this.region.tlb + tag), wanted) };
  }
  private place(entry: I32, linear: I32): I32 {
    return i32.add(i32.load(entry, this.region.tlb + TLB.addend), linear);
  }

  /** The way out of an access that has faulted: where this is goes into a local before the access is tried. */
  private mayFault(): void {
    this.region.setWhere(STATUS.fault, this.position.offset, -this.position.behind - 1);
  }

  override load(bytes: AccessBytes, linear: I32): Value {
    const { fn, region } = this;
    if (linear === this.inFrame)
      return this.let(loadHost(bytes, this.frame_!.base, this.frame_!.offset) as Value);
    const address = this.let(linear);
    const value = fn.local(bytes === 8 ? 'i64' : 'i32');
    const { entry, hit } = this.entryOf(bytes, address, TLB.tagRead);
    fn.if(
      hit,
      () => fn.set(value, loadHost(bytes, this.place(entry, address))),
      () => {
        this.mayFault();
        fn.set(value, call(this.functions.load[bytes], this.s, address));
        fn.brIf(region.outStatic, super.state32('faulted'));
      },
    );
    return value.get as Value;
  }

  override store(bytes: AccessBytes, linear: I32, value: Value): void {
    const { fn, region } = this;
    if (linear === this.inFrame)
      return storeHost(fn, bytes, this.frame_!.base, value as Expression, this.frame_!.offset);
    const address = this.let(linear);
    const stored = this.let(value as Expression);
    const { entry, hit } = this.entryOf(bytes, address, TLB.tagWrite);
    fn.if(
      hit,
      () => storeHost(fn, bytes, this.place(entry, address), stored),
      () => {
        this.mayFault();
        fn.brIf(region.outStatic, call<'i32'>(this.functions.store[bytes], this.s, address, stored));
      },
    );
  }

  override modify(bytes: AccessBytes, linear: I32): I32 {
    const { fn, region } = this;
    if (linear === this.inFrame) return this.let(i32.add(this.frame_!.base, i32.const(this.frame_!.offset)));
    const address = this.let(linear);
    const place = fn.local('i32');
    const { entry, hit } = this.entryOf(bytes, address, TLB.tagWrite);
    fn.if(
      hit,
      () => fn.set(place, this.place(entry, address)),
      () => {
        this.mayFault();
        fn.set(place, call<'i32'>(this.functions.modify, this.s, address, i32.const(bytes)));
        fn.brIf(region.outStatic, i32.eqz(place.get));
      },
    );
    return place.get;
  }

  override commit(place: I32): void {
    if (this.frame_) return;
    super.commit(place);
  }

  // -- leaving -----------------------------------------------------------------------------------------------------

  override leaveWith(status: Status): void {
    const done = -this.position.behind - (status === STATUS.fault ? 1 : 0);
    this.region.leaveAt(status, this.position.offset, done);
  }
  override leaveNext(status: Status): void {
    const { offset, behind } = this.position;
    this.region.leaveAt(status, offset + this.instruction.decoded.length, -behind);
  }
  override leaveAgain(): void {
    this.region.leaveAt(STATUS.jump, this.position.offset, -this.position.behind);
  }
  override leaveToHost(): void {
    this.region.leaveAt(STATUS.interpret, this.position.offset, -this.position.behind - 1);
  }

  private get next(): number {
    return this.position.offset + this.instruction.decoded.length;
  }

  override jump(target: I32): void {
    const { mnemonic } = this.form;
    const { region } = this;
    if (mnemonic === 'call') return region.call(target, this.next, -this.position.behind);
    region.leaveTo(target, mnemonic === 'ret' ? 'return' : 'chain', -this.position.behind);
  }
  override jumpRelative(): void {
    const target = this.next + this.instruction.decoded.branch;
    if (this.form.mnemonic === 'call')
      return this.region.call(this.region.ip(target), this.next, -this.position.behind);
    this.region.branch(target, -this.position.behind);
  }
}

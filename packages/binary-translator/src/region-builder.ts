import {
  StaticBuilder,
  STATUS,
  type Builder,
  type HostInstruction,
  type Position,
  type Status,
  type Value,
} from '@trapgate/cpu';
import { loadHost, storeHost, type AccessBytes } from '@trapgate/mmu';
import { i32, type Expression, type I32 } from '@trapgate/wasm-assembler';
import type { HostPlace } from './frame-windows';
import { LazyFlags } from './lazy-flags';
import type { RegionEmitter } from './region';
import { windowLoad, windowModify, windowStore } from './window-access';

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
    /** Where it is if the base is not 0. */
    private readonly pointer: HostPlace | undefined,
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

  /** The budget is not in the state block. */
  override state32(name: Parameters<StaticBuilder['state32']>[0], element = 0): I32 {
    if (name === 'budget') return i32.add(this.region.clock.budget, i32.const(this.position.behind));
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

  /** Whether an access is the memory operand's, which lies in a window that may have been checked. */
  private inWindow(linear: I32): HostPlace | undefined {
    return this.pointer && linear === this.linear() ? this.pointer : undefined;
  }

  override load(bytes: AccessBytes, linear: I32): Value {
    const window = this.inWindow(linear);
    if (window) return windowLoad(this, bytes, window, linear) as Value;
    if (linear !== this.inFrame) return super.load(bytes, linear);
    return this.let(loadHost(bytes, this.frame_!.base, this.frame_!.offset) as Value);
  }

  override store(bytes: AccessBytes, linear: I32, value: Value): void {
    const window = this.inWindow(linear);
    if (window) return windowStore(this, bytes, window, linear, this.let(value as Expression));
    if (linear !== this.inFrame) return super.store(bytes, linear, value);
    storeHost(this.fn, bytes, this.frame_!.base, value as Expression, this.frame_!.offset);
  }

  override modify(bytes: AccessBytes, linear: I32): I32 {
    const window = this.inWindow(linear);
    if (window) return windowModify(this, bytes, window, linear);
    if (linear !== this.inFrame) return super.modify(bytes, linear);
    return this.let(i32.add(this.frame_!.base, i32.const(this.frame_!.offset)));
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
      return this.region.call(this.region.ip(target), this.next, -this.position.behind, target);
    this.region.branch(target, -this.position.behind);
  }
}

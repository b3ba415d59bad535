import { i32, type FunctionBuilder, type I32, type Label, type Local } from '@trapgate/wasm-assembler';
import type { Form } from '@trapgate/x86-decoder';
import type { SupportFunctions, Variant } from '../builder/builder';
import { STATUS, type Status } from '../system/context';
import { DynamicBuilder } from './dynamic-builder';
import { RECORD } from './record';

/** Locals and labels of the hot function. */
export interface HotFrame {
  readonly record: Local<'i32'>;
  readonly pageIp: Local<'i32'>;
  readonly address: Local<'i32'>;
  /** Lookup table of the current page. */
  readonly table: Local<'i32'>;
  /** Where to go on, for resync and miss. */
  readonly ip: Local<'i32'>;
  /** Next instruction: `record` is set. */
  readonly next: Label;
  /** Find the record of `ip`. */
  readonly resync: Label;
  /** Leave: no record for `ip`. */
  readonly miss: Label;
  /** Leave: fault in the running instruction. */
  readonly fault: Label;
  /** Entries are counted, those of loops too: backward branches look their target up like far ones. */
  readonly profiled: boolean;
}

/** A handler within the hot function. */
export class HotBuilder extends DynamicBuilder {
  private addressTaken = false;

  constructor(
    fn: FunctionBuilder,
    s: I32,
    support: SupportFunctions,
    form: Form,
    variant: Variant,
    private readonly frame: HotFrame,
    /** Relative branches: the target lies in the record's page, and the immediate is its place in the lookup table. */
    private readonly inPage: boolean,
  ) {
    super(fn, s, support, form, variant, {
      record: frame.record.get,
      pageIp: frame.pageIp.get,
      address: frame.address.get,
    });
  }

  protected takeAddress(): I32 {
    return this.frame.address.get;
  }
  override linear(): I32 {
    const linear = super.linear();
    if (!this.addressTaken) {
      this.addressTaken = true;
      this.fn.set(this.frame.address, i32.const(0));
    }
    return linear;
  }
  leaveWith(status: Status): void {
    if (status !== STATUS.fault)
      throw new Error(
        `${this.form.mnemonic} leaves with status ${status}: it belongs outside the hot function`,
      );
    this.fn.br(this.frame.fault);
  }
  leaveAgain(): void {
    throw new Error(`${this.form.mnemonic} repeats itself: it belongs outside the hot function`);
  }
  leaveToHost(): void {
    throw new Error(`${this.form.mnemonic} has a host function: it belongs outside the hot function`);
  }
  jump(target: I32): void {
    this.fn.set(this.frame.ip, target);
    this.fn.br(this.frame.resync);
  }
  jumpRelative(): void {
    const { fn, frame } = this;
    if (!this.inPage) return this.jump(this.relativeTarget());
    const place = fn.let(i32.load(frame.record.get, RECORD.immediate));
    if (frame.profiled) {
      const here = i32.shl(i32.load16U(frame.record.get, RECORD.offset), i32.const(2));
      fn.if(i32.leU(place, here), () => {
        fn.set(frame.ip, i32.add(frame.pageIp.get, i32.shrU(place, i32.const(2))));
        fn.br(frame.resync);
      });
    }
    const target = fn.let(i32.load(i32.add(frame.table.get, place)));
    fn.if(i32.eqz(target), () => {
      fn.set(frame.ip, i32.add(frame.pageIp.get, i32.shrU(place, i32.const(2))));
      fn.br(frame.miss);
    });
    fn.set(frame.record, target);
    fn.br(frame.next);
  }
}

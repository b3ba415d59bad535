import { call, constantOf, i32, select, type FunctionBuilder, type I32 } from '@trapgate/wasm-assembler';
import type { Form } from '@trapgate/x86-decoder';
import { Builder, type SupportFunctions, type Variant } from '../builder/builder';
import type { Place } from '../builder/operands';
import { meaningOf } from '../semantics';
import { AT } from '../state/layout';
import { STATUS, type Status } from '../system/context';
import { AUXILIARY, RECORD } from './record';

/** Where a handler finds what is being executed: leaves of the enclosing function. */
export interface RecordSource {
  /** Address of the record. */
  readonly record: I32;
  /** EIP of the first byte of the record's page. */
  readonly pageIp: I32;
  /** What the address record before left (0 without one); added to base + displacement. */
  readonly address: I32;
}

/** Operands come from the record: the interpreter's back end. */
export abstract class DynamicBuilder extends Builder {
  constructor(
    fn: FunctionBuilder,
    s: I32,
    support: SupportFunctions,
    form: Form,
    variant: Variant,
    protected readonly source: RecordSource,
  ) {
    super(fn, s, support, form, variant);
  }

  register(field: 'reg' | 'rm'): Place {
    return this.place(RECORD[field]);
  }
  /** The register whose place in the state block a byte of the record gives. */
  private place(field: number): Place {
    const fixed = constantOf(this.s);
    const within = i32.load8U(this.source.record, field);
    if (fixed !== undefined) return { base: this.let(within), offset: AT.gpr + fixed };
    return { base: this.let(i32.add(this.s, within)), offset: AT.gpr };
  }
  registerNumber(field: 'reg' | 'rm'): I32 {
    return this.let(i32.load8U(this.source.record, RECORD[field]));
  }
  /** Of an instruction with a host function, which has that one's number there, the immediate is in another place. */
  immediate(): I32 {
    const hosted = meaningOf(this.form)?.host === true && !this.variant.memory;
    return i32.load(this.source.record, hosted ? RECORD.displacement : RECORD.immediate);
  }
  protected effectiveAddress(): I32 {
    const { record } = this.source;
    const register = this.place(RECORD.rm);
    const base = i32.load(register.base, register.offset);
    return i32.add(i32.add(base, i32.load(record, RECORD.displacement)), this.takeAddress());
  }
  /** The address record's result; it is used up by this. */
  protected abstract takeAddress(): I32;

  /** EIP of the running instruction. */
  ip(): I32 {
    return i32.add(this.source.pageIp, i32.load16U(this.source.record, RECORD.offset));
  }
  nextIp(): I32 {
    return this.let(i32.add(this.ip(), i32.load8U(this.source.record, RECORD.length)));
  }
  private auxiliary(): I32 {
    return i32.load8U(this.source.record, RECORD.auxiliary);
  }
  stringSegment(): I32 {
    return this.let(i32.and(this.auxiliary(), i32.const(AUXILIARY.segment)));
  }
  addressMask(): I32 {
    if (!this.variant.general) return i32.const(-1);
    return this.let(
      select(i32.and(this.auxiliary(), i32.const(AUXILIARY.address16)), i32.const(0xffff), i32.const(-1)),
    );
  }
  repeat(): I32 {
    return this.let(i32.and(i32.shrU(this.auxiliary(), i32.const(AUXILIARY.repeatShift)), i32.const(3)));
  }
  /** Target of a relative branch that leaves the page or is masked: the record's immediate counts from the page's first byte. */
  relativeTarget(): I32 {
    const target = i32.add(this.source.pageIp, i32.load(this.source.record, RECORD.immediate));
    return this.let(this.form.operandSize === 16 ? i32.and(target, i32.const(0xffff)) : target);
  }
}

/** A handler in a function of its own: (state, record, pageIp, address) -> status. */
export class ColdBuilder extends DynamicBuilder {
  constructor(fn: FunctionBuilder, support: SupportFunctions, form: Form, variant: Variant) {
    super(fn, fn.param<'i32'>(0), support, form, variant, {
      record: fn.param<'i32'>(1),
      pageIp: fn.param<'i32'>(2),
      address: fn.param<'i32'>(3),
    });
  }
  protected takeAddress(): I32 {
    return this.source.address;
  }
  leaveWith(status: Status): void {
    this.fn.return(i32.const(status));
  }
  leaveAgain(): void {
    this.jump(this.let(this.ip()));
  }
  /** @param memory - compute the memory operand's linear address for it. */
  leaveToHost(memory = false): void {
    const linear = memory ? this.linear() : i32.const(0);
    this.fn.return(
      call<'i32'>(this.support.host, i32.load(this.source.record, RECORD.immediate), linear, this.ip()),
    );
  }
  jump(target: I32): void {
    this.fn.store('i32.store', this.s, target, AT.rip);
    this.leaveWith(STATUS.jump);
  }
  jumpRelative(): void {
    this.jump(this.relativeTarget());
  }
}

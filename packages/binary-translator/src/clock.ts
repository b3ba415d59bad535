import { CLOCK_CHAINED } from '@trapgate/cpu';
import {
  i32,
  i64,
  type Expression,
  type FunctionBuilder,
  type I32,
  type Local,
} from '@trapgate/wasm-assembler';

/** A region's clock (see TRANSLATION): the budget in its lower half, from which the instructions since the last checkpoint have not been taken yet. */
export class Clock {
  private readonly local: Local<'i64'>;

  constructor(private readonly fn: FunctionBuilder) {
    this.local = fn.params[3] as Local<'i64'>;
  }

  get now(): Expression<'i64'> {
    return this.local.get;
  }

  get budget(): I32 {
    return i32.wrap(this.local.get);
  }

  set(value: Expression<'i64'>): void {
    this.fn.set(this.local, value);
  }

  /** Takes instructions from the budget. */
  take(instructions: Expression<'i64'>): void {
    this.set(i64.sub(this.local.get, instructions));
  }

  /** After a transfer to another region. */
  chained(): Expression<'i64'> {
    return i64.add(this.local.get, i64.const(CLOCK_CHAINED));
  }
}

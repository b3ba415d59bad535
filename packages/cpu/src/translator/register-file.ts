import { i32, type FunctionBuilder, type I32, type Local, type Statement } from '@trapgate/wasm-assembler';
import type { Place } from '../builder/operands';
import { AT } from '../state/layout';

/** Registers of 16- and 32-bit code; 64-bit code will need sixteen, of 64 bits. */
const COUNT = 8;
const SLOT = 8;

/**
 * The general registers of one translated function in locals. All that it uses are loaded at its entry and all that it
 * writes are stored by {@link writeBack} at its one way out, so every exit may assume that both have happened.
 */
export class RegisterFile {
  private readonly locals: readonly Local<'i32'>[];
  private readonly used = new Set<number>();
  private readonly written = new Set<number>();

  constructor(
    private readonly fn: FunctionBuilder,
    private readonly s: I32,
  ) {
    this.locals = Array.from({ length: COUNT }, () => fn.local('i32'));
  }

  /** Whether a place is a general register. */
  holds(place: Place): boolean {
    return place.base === this.s && place.offset >= AT.gpr && place.offset < AT.gpr + COUNT * SLOT;
  }

  private local(offset: number): {
    readonly local: Local<'i32'>;
    readonly number: number;
    readonly high: boolean;
  } {
    const number = (offset - AT.gpr) >> 3;
    this.used.add(number);
    return { local: this.locals[number]!, number, high: (offset & 1) !== 0 };
  }

  /** The register's low `width` bits (or AH, CH, DH, BH), zero-extended, in a local that later writes do not change. */
  read(offset: number, width: 8 | 16 | 32): I32 {
    const { local, high } = this.local(offset);
    const shifted = high ? i32.shrU(local.get, i32.const(8)) : local.get;
    return this.fn.variable(width === 32 ? shifted : i32.and(shifted, i32.const(maskOf(width)))).get;
  }

  /** Writes the low `width` bits; the others stay. */
  write(offset: number, width: 8 | 16 | 32, value: I32): void {
    const { local, number, high } = this.local(offset);
    this.written.add(number);
    if (width === 32) return this.fn.set(local, value);
    const mask = maskOf(width);
    const kept = i32.and(local.get, i32.const(~(high ? mask << 8 : mask)));
    const low = i32.and(value, i32.const(mask));
    this.fn.set(local, i32.or(kept, high ? i32.shl(low, i32.const(8)) : low));
  }

  /** Loads of the registers that have been used so far, for the function's entry. */
  loads(): Statement[] {
    const numbers = [...this.used].sort((a, b) => a - b);
    return numbers.map((n) => ({
      kind: 'set',
      local: this.locals[n]!,
      value: i32.load(this.s, AT.gpr + n * SLOT),
    }));
  }

  /** Declares all registers used and written: for functions that give up the registers on the way. */
  useAll(): void {
    for (let n = 0; n < COUNT; n++) {
      this.used.add(n);
      this.written.add(n);
    }
  }

  /** Emits loads of all registers used so far, after something else may have changed them in the state block. */
  reload(): void {
    for (const statement of this.loads()) this.fn.append(statement);
  }

  /** Emits the stores of all registers written so far. The upper halves of the slots mean nothing in 32-bit code. */
  writeBack(): void {
    for (const n of [...this.written].sort((a, b) => a - b)) {
      this.fn.store('i32.store', this.s, this.locals[n]!.get, AT.gpr + n * SLOT);
    }
  }
}

function maskOf(width: 8 | 16): number {
  return width === 8 ? 0xff : 0xffff;
}

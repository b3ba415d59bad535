import {
  getLocal,
  i32,
  type FunctionBuilder,
  type I32,
  type Local,
  type Statement,
} from '@trapgate/wasm-assembler';
import type { Place } from '../builder/operands';
import { AT } from '../state/layout';

/** Registers of 16- and 32-bit code; 64-bit code will need sixteen, of 64 bits. */
const COUNT = 8;
const SLOT = 8;

/** A whole register read as it is, without a copy: should the instruction write the register, `copy` gets one made at the read. */
interface DirectRead {
  readonly value: { local: Local<'i32'> };
  readonly copy: Statement[];
}

const ALL = 0xff;
const NOTHING_KNOWN: ReadonlyMap<number, I32> = new Map();

/**
 * The general registers of one translated function in locals. All that it uses are loaded at its entry and all that it
 * writes are stored wherever {@link writeBack} is emitted, so every exit may assume that both have happened.
 */
export class RegisterFile {
  private readonly locals: readonly Local<'i32'>[];
  private readonly used = new Set<number>();
  private readonly written = new Set<number>();
  private readonly reads: DirectRead[][] = Array.from({ length: COUNT }, () => []);
  private mayWrite = ALL;
  /** A bit for each register that may differ here from what the state block has: to be kept by whoever emits paths. */
  changed = ALL;
  /** Where loads and stores of all registers used or written in the end are wanted. */
  private readonly loadsWanted: { readonly into: Statement[]; readonly known: ReadonlyMap<number, I32> }[] =
    [];
  private readonly storesWanted: { readonly into: Statement[]; readonly of: number }[] = [];

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

  /**
   * Begins the next instruction: values read so far are not used any more. `mayWrite` has a bit for each register that it
   * may write; the others are read without precautions.
   */
  begin(mayWrite = ALL): void {
    this.mayWrite = mayWrite;
    for (const list of this.reads) if (list.length > 0) list.length = 0;
  }

  /** The register's present value, which later writes change; a leaf. */
  current(number: number): I32 {
    this.used.add(number);
    return this.locals[number]!.get;
  }

  /** The register's low `width` bits (or AH, CH, DH, BH), zero-extended; a leaf that later writes do not change. */
  read(offset: number, width: 8 | 16 | 32): I32 {
    const number = (offset - AT.gpr) >> 3;
    const local = this.locals[number]!;
    this.used.add(number);
    if (width === 32) {
      if (((this.mayWrite >> number) & 1) === 0) return local.get;
      const copy = this.fn.group();
      const value = getLocal(local);
      this.reads[number]!.push({ value: value as unknown as DirectRead['value'], copy });
      return value;
    }
    const shifted = (offset & 1) !== 0 ? i32.shrU(local.get, i32.const(8)) : local.get;
    return this.fn.variable(i32.and(shifted, i32.const(maskOf(width)))).get;
  }

  /** Writes the low `width` bits; the others stay. */
  write(offset: number, width: 8 | 16 | 32, value: I32): void {
    const number = (offset - AT.gpr) >> 3;
    const local = this.locals[number]!;
    this.used.add(number);
    this.written.add(number);
    this.changed |= 1 << number;
    if (((this.mayWrite >> number) & 1) === 0)
      throw new Error(`register ${number} was not expected to be written`);
    this.keepReads(number);
    if (width === 32) return this.fn.set(local, value);
    const high = (offset & 1) !== 0;
    const mask = maskOf(width);
    const kept = i32.and(local.get, i32.const(~(high ? mask << 8 : mask)));
    const low = i32.and(value, i32.const(mask));
    this.fn.set(local, i32.or(kept, high ? i32.shl(low, i32.const(8)) : low));
  }

  private keepReads(number: number): void {
    const list = this.reads[number]!;
    for (const { value, copy } of list) {
      const kept = this.fn.local('i32');
      copy.push({ kind: 'set', local: kept, value: this.locals[number]!.get });
      value.local = kept;
    }
    list.length = 0;
  }

  /** Declares all registers used and written: for functions that give up the registers on the way. */
  useAll(): void {
    for (let n = 0; n < COUNT; n++) {
      this.used.add(n);
      this.written.add(n);
    }
  }

  /** Emits loads of all registers that the function uses, here and farther on; those known already (leaves) are not loaded. */
  reload(known: ReadonlyMap<number, I32> = NOTHING_KNOWN): void {
    this.loadsWanted.push({ into: this.fn.group(), known });
    this.changed = 0;
  }

  /** Emits stores of all registers that the function writes, here and farther on. The upper halves of the slots mean nothing in 32-bit code. */
  writeBack(): void {
    this.storesWanted.push({ into: this.fn.group(), of: ALL });
  }

  /** Like {@link writeBack} for those that have changed on the way here. */
  writeBackChanged(): void {
    this.storesWanted.push({ into: this.fn.group(), of: this.changed });
    this.changed = 0;
  }

  /** Paths meet here: any register may have changed. */
  merge(): void {
    this.changed = ALL;
  }

  /** Puts the loads and stores wanted into their places, now that all instructions are there. */
  finish(): void {
    const inOrder = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b);
    const used = inOrder(this.used);
    const written = inOrder(this.written);
    for (const { into, known } of this.loadsWanted)
      for (const n of used) {
        const value = known.get(n) ?? i32.load(this.s, AT.gpr + n * SLOT);
        into.push({ kind: 'set', local: this.locals[n]!, value });
      }
    for (const { into, of } of this.storesWanted)
      for (const n of written.filter((n) => (of >> n) & 1))
        into.push({
          kind: 'store',
          name: 'i32.store',
          address: this.s,
          value: this.locals[n]!.get,
          offset: AT.gpr + n * SLOT,
        });
  }
}

function maskOf(width: 8 | 16): number {
  return width === 8 ? 0xff : 0xffff;
}

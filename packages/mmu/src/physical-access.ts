import {
  call,
  i32,
  i64,
  type Expression,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type I64,
  type ModuleBuilder,
  type Signature,
} from '@trapgate/wasm-assembler';
import { MEMORY_MAP } from './memory-map';
import { isRam, type StateLayout } from './walk';

/** Bytes of one memory access. */
export type AccessBytes = 1 | 2 | 4 | 8;

const SIZES = [1, 2, 4, 8] as const;
const STORE_OPERATION: Readonly<Record<AccessBytes, string>> = {
  1: 'i32.store8',
  2: 'i32.store16',
  4: 'i32.store',
  8: 'i64.store',
};

/** The type of a value in generated code: i32, zero-extended, up to 4 bytes. */
export const accessType = (bytes: AccessBytes): 'i32' | 'i64' => (bytes === 8 ? 'i64' : 'i32');

/** Loads 1, 2, 4 (zero-extended to i32) or 8 bytes (i64) at an address in linear memory. */
export function loadHost(bytes: AccessBytes, address: I32, offset = 0): Expression {
  if (bytes === 1) return i32.load8U(address, offset);
  if (bytes === 2) return i32.load16U(address, offset);
  return bytes === 4 ? i32.load(address, offset) : i64.load(address, offset);
}

export function storeHost(
  fn: FunctionBuilder,
  bytes: AccessBytes,
  address: I32,
  value: Expression,
  offset = 0,
): void {
  fn.store(STORE_OPERATION[bytes], address, value, offset);
}

/** Makes one of a kind for each size of access. */
export function eachSize<T>(make: (bytes: AccessBytes) => T): Readonly<Record<AccessBytes, T>> {
  return { 1: make(1), 2: make(2), 4: make(4), 8: make(8) };
}

/** Address of the word that tells which lines of a physical page hold decoded code. */
export function codeLines(physical: I32): I32 {
  return i32.add(
    i32.const(MEMORY_MAP.codeLines),
    i32.and(i32.shrU(physical, i32.const(9)), i32.const(0x7ff_fff8)),
  );
}

/** What accesses to physical addresses need from JavaScript. */
export interface PhysicalImports {
  /** (physical: i32, bytes: i32) -> i32. */
  readonly readMmio: FunctionRef;
  /** (physical: i32, bytes: i32, value: i32). */
  readonly writeMmio: FunctionRef;
  /** (physical: i32, bytes: i32): lines that hold decoded code have been written. */
  readonly codeWritten: FunctionRef;
}

export const PHYSICAL_IMPORTS: Readonly<Record<keyof PhysicalImports, Signature>> = {
  readMmio: { params: ['i32', 'i32'], results: ['i32'] },
  writeMmio: { params: ['i32', 'i32', 'i32'], results: [] },
  codeWritten: { params: ['i32', 'i32'], results: [] },
};

/**
 * Reads and writes of physical addresses (i64), RAM or not: an operand within one page is one access, of 8 bytes two of 4
 * outside RAM. Nothing answers above 4 GB: reads give ones, writes are lost.
 */
export class PhysicalAccess {
  /** (state, physical: i64) -> value. */
  readonly read: Readonly<Record<AccessBytes, FunctionRef>>;
  /** (state, physical: i64, value). */
  readonly write: Readonly<Record<AccessBytes, FunctionRef>>;
  /** (state): fills the bounce buffer from the places in bounceAddress. */
  readonly gather: FunctionRef;
  /** (state): writes the bounce buffer to the places in bounceAddress. */
  readonly scatter: FunctionRef;

  constructor(
    private readonly module: ModuleBuilder,
    private readonly layout: StateLayout,
    private readonly imports: PhysicalImports,
  ) {
    this.read = eachSize((bytes) => this.emitRead(bytes));
    this.write = eachSize((bytes) => this.emitWrite(bytes));
    this.gather = this.emitGather();
    this.scatter = this.emitScatter();
  }

  private below4G(physical: I64): I32 {
    return i32.eqz(i32.wrap(i64.shrU(physical, i64.const(32))));
  }

  private emitRead(bytes: AccessBytes): FunctionRef {
    const { imports } = this;
    const fn = this.module.function(`read${bytes * 8}`, {
      params: ['i32', 'i64'],
      results: [accessType(bytes)],
    });
    const [s, physical] = [fn.param<'i32'>(0), fn.param<'i64'>(1)];
    const ones = bytes === 8 ? i64.const(-1) : i32.const(2 ** (8 * bytes) - 1);
    fn.if(i32.eqz(this.below4G(physical)), () => fn.return(ones));
    const address = fn.let(i32.wrap(physical));
    fn.if(isRam(this.layout, s, address), () => fn.return(loadHost(bytes, address, MEMORY_MAP.ram)));
    const mmio = (at: I32, count: number): I32 => call<'i32'>(imports.readMmio, at, i32.const(count));
    if (bytes < 8) fn.return(mmio(address, bytes));
    else {
      const low = fn.let(i64.extendI32U(mmio(address, 4)));
      fn.return(i64.or(low, i64.shl(i64.extendI32U(mmio(i32.add(address, i32.const(4)), 4)), i64.const(32))));
    }
    return fn;
  }

  private emitWrite(bytes: AccessBytes): FunctionRef {
    const { imports } = this;
    const fn = this.module.function(`write${bytes * 8}`, {
      params: ['i32', 'i64', accessType(bytes)],
      results: [],
    });
    const [s, physical, value] = [fn.param<'i32'>(0), fn.param<'i64'>(1), fn.param(2)];
    fn.if(i32.eqz(this.below4G(physical)), () => fn.return());
    const address = fn.let(i32.wrap(physical));
    fn.if(isRam(this.layout, s, address), () => {
      this.writeRam(fn, bytes, address, value);
      fn.return();
    });
    const mmio = (at: I32, count: number, part: I32): void =>
      fn.call(imports.writeMmio, at, i32.const(count), part);
    if (bytes < 8) mmio(address, bytes, value as I32);
    else {
      mmio(address, 4, i32.wrap(value as I64));
      mmio(i32.add(address, i32.const(4)), 4, i32.wrap(i64.shrU(value as I64, i64.const(32))));
    }
    return fn;
  }

  /** Stores into RAM within one page, telling of writes to lines that hold decoded code. */
  private writeRam(fn: FunctionBuilder, bytes: AccessBytes, physical: I32, value: Expression): void {
    storeHost(fn, bytes, physical, value, MEMORY_MAP.ram);
    const lines = fn.let(i64.load(codeLines(physical)));
    fn.if(i64.ne(lines, i64.const(0)), () => {
      const bit = (address: I32): I32 =>
        i32.wrap(i64.shrU(lines, i64.extendI32U(i32.and(i32.shrU(address, i32.const(6)), i32.const(63)))));
      const touched = i32.or(bit(physical), bit(i32.add(physical, i32.const(bytes - 1))));
      fn.if(i32.and(touched, i32.const(1)), () =>
        fn.call(this.imports.codeWritten, physical, i32.const(bytes)),
      );
    });
  }

  /** The operand of the bounce buffer: whole if it lies within a page, else byte by byte. */
  private transfer(fn: FunctionBuilder, move: (bytes: AccessBytes, n: I32, physical: I64) => void): void {
    const { layout } = this;
    const s = fn.param<'i32'>(0);
    const length = fn.let(layout.load32(s, 'bounceLength'));
    const start = fn.let(layout.load64(s, 'bounceAddress', 0));
    const first = fn.let(i32.sub(i32.const(0x1000), i32.and(i32.wrap(start), i32.const(0xfff))));
    fn.if(i32.leU(length, first), () => {
      for (const bytes of SIZES) {
        fn.if(i32.eq(length, i32.const(bytes)), () => {
          move(bytes, i32.const(0), start);
          fn.return();
        });
      }
    });
    const n = fn.variable(i32.const(0));
    const physical = fn.local('i64');
    fn.loop((again) => {
      fn.if(
        i32.ltU(n.get as I32, first),
        () => fn.set(physical, i64.add(start, i64.extendI32U(n.get as I32))),
        () => {
          const rest = i64.extendI32U(i32.sub(n.get as I32, first));
          fn.set(physical, i64.add(layout.load64(s, 'bounceAddress', 1), rest));
        },
      );
      move(1, n.get as I32, physical.get as I64);
      fn.set(n, i32.add(n.get as I32, i32.const(1)));
      fn.brIf(again, i32.ltU(n.get as I32, length));
    });
  }

  private emitGather(): FunctionRef {
    const fn = this.module.function('gather', { params: ['i32'], results: [] });
    const s = fn.param<'i32'>(0);
    this.transfer(fn, (bytes, n, physical) => {
      const value = fn.let(call(this.read[bytes], s, physical));
      storeHost(fn, bytes, i32.add(s, n), value, this.layout.offset('bounce'));
    });
    return fn;
  }

  private emitScatter(): FunctionRef {
    const fn = this.module.function('scatter', { params: ['i32'], results: [] });
    const s = fn.param<'i32'>(0);
    this.transfer(fn, (bytes, n, physical) => {
      fn.call(this.write[bytes], s, physical, loadHost(bytes, i32.add(s, n), this.layout.offset('bounce')));
    });
    return fn;
  }
}

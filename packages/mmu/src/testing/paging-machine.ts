import {
  call,
  i32,
  i64,
  Layout,
  ModuleBuilder,
  type Expression,
  type ValueType,
} from '@trapgate/wasm-assembler';
import {
  ACCESS,
  emitMemoryFunctions,
  inlineCommit,
  inlineLoad,
  inlineModify,
  inlineProbe,
  inlineStore,
  loadHost,
  MEMORY_IMPORTS,
  MEMORY_MAP,
  PAGING_FIELDS,
  PhysicalMemory,
  PROCESSOR_MAP,
  RIGHTS,
  storeHost,
  TLB,
  type AccessBytes,
  type AccessSite,
  type MemoryFunctions,
  type MemoryImports,
  type PagingField,
} from '../index';

const LAYOUT = new Layout(PAGING_FIELDS);
const STATE = MEMORY_MAP.processors + PROCESSOR_MAP.state;
const SIZES = [1, 2, 4, 8] as const;
const S = 0;
const BIT = { P: 1, W: 2, U: 4, A: 0x20, D: 0x40, S: 0x80, G: 0x100 } as const;
const OPTION_BITS = {
  cr0: { WP: 1 << 16 },
  cr4: { PSE: 1 << 4, PAE: 1 << 5, SMEP: 1 << 20 },
  efer: { NXE: 1 << 11 },
} as const;

/** walk32, fillTlb, place32 and probe16; load1 .. load8, store1 .. store8, add1 .. add8, whose 8-byte values are bigint. */
type Exports = Readonly<
  Record<string, (state: number, linear: number, operand: number | bigint) => number | bigint>
>;

/** One inlined load, store and read-modify-write (an addition) of a size. */
function emitAccesses(module: ModuleBuilder, functions: MemoryFunctions, bytes: AccessBytes): void {
  const type: ValueType = bytes === 8 ? 'i64' : 'i32';
  const zero: Expression = bytes === 8 ? i64.const(0) : i32.const(0);
  const begin = (name: string, results: readonly ValueType[], faulted: Expression) => {
    const fn = module.function(name + bytes, { params: ['i32', 'i32', type], results }, { exported: true });
    const leave = (): void => fn.return(faulted);
    const site: AccessSite = { fn, layout: LAYOUT, functions, s: fn.param<'i32'>(S), leave };
    return { fn, site, linear: fn.param<'i32'>(1), value: fn.param(2) };
  };
  const load = begin('load', [type], zero);
  load.fn.return(inlineLoad(load.site, bytes, load.linear));
  const store = begin('store', ['i32'], i32.const(1));
  inlineStore(store.site, bytes, store.linear, store.value);
  store.fn.return(i32.const(0));
  const add = begin('add', ['i32'], i32.const(1));
  const place = inlineModify(add.site, bytes, add.linear);
  const old = loadHost(bytes, place) as Expression<'i32'> & Expression<'i64'>;
  const value = add.value as Expression<'i32'> & Expression<'i64'>;
  storeHost(add.fn, bytes, place, bytes === 8 ? i64.add(old, value) : i32.add(old, value));
  inlineCommit(add.site, place);
  add.fn.return(i32.const(0));
}

function compile(): WebAssembly.Module {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', 1, 65536);
  const imports = Object.fromEntries(
    Object.entries(MEMORY_IMPORTS).map(([name, signature]) => [
      name,
      module.importFunction('env', name, signature),
    ]),
  ) as unknown as MemoryImports;
  const functions = emitMemoryFunctions(module, LAYOUT, imports);
  const three = { params: ['i32', 'i32', 'i32'], results: ['i32'] } as const;
  const walk = module.function('walk32', three, { exported: true });
  const linear = i64.extendI32U(walk.param<'i32'>(1));
  walk.return(call(functions.walk, walk.param(S), linear, walk.param(2)));
  const fill = module.function('fillTlb', three, { exported: true });
  fill.return(call(functions.fill, fill.param(S), fill.param(1), fill.param(2)));
  const place = module.function('place32', three, { exported: true });
  place.return(call(functions.place, place.param(S), place.param(1), place.param(2)));
  for (const bytes of SIZES) emitAccesses(module, functions, bytes);
  const probe = module.function('probe16', { params: ['i32', 'i32'], results: ['i32'] }, { exported: true });
  const leave = (): void => probe.return(i32.const(1));
  inlineProbe({ fn: probe, layout: LAYOUT, functions, s: probe.param(S), leave }, 16, probe.param(1));
  probe.return(i32.const(0));
  return new WebAssembly.Module(module.finish().bytes as BufferSource);
}

/** `'5000 PWU'`: an entry with that address (hexadecimal) and those bits; `X` is bit 63. */
export function entry(text: string): bigint {
  const [address, letters = ''] = text.split(' ');
  let value = BigInt(`0x${address}`);
  for (const letter of letters) value |= letter === 'X' ? 1n << 63n : BigInt(BIT[letter as keyof typeof BIT]);
  return value;
}

/** `'uw'`: letters r, w and f for read, write and fetch; u for user. */
function accessBits(text: string): number {
  const bits = { r: 0, w: ACCESS.write, f: ACCESS.fetch, u: ACCESS.user } as const;
  return [...text].reduce((all, letter) => all | bits[letter as keyof typeof bits], 0);
}

/** A processor block and RAM with the memory functions instantiated over them, and the calls that they make. */
export class PagingMachine {
  static readonly ramBytes = 0x80_0000;
  readonly memory = PhysicalMemory.create({ ramBytes: PagingMachine.ramBytes });
  private readonly view = new DataView(this.memory.buffer);
  private readonly exports: Exports;
  /** MMIO accesses and code notifications since the last {@link reset}, in order. */
  calls: string[] = [];
  /** What MMIO reads give, by physical address. */
  mmio = (physical: number, _bytes: number): number => physical;

  constructor() {
    const hex = (value: number): string => (value >>> 0).toString(16);
    const env = {
      memory: this.memory.wasm,
      readMmio: (physical: number, bytes: number): number => {
        this.calls.push(`read ${hex(physical)}:${bytes}`);
        return this.mmio(physical >>> 0, bytes);
      },
      writeMmio: (physical: number, bytes: number, value: number): void => {
        this.calls.push(`write ${hex(physical)}:${bytes} ${hex(value & (2 ** (8 * bytes) - 1))}`);
      },
      codeWritten: (physical: number, bytes: number): void => {
        this.calls.push(`code ${hex(physical)}:${bytes}`);
      },
      filled: (linear: number, physical: number, access: number): void => {
        this.calls.push(`filled ${hex(linear)} ${hex(physical)} ${access}`);
      },
      accessed: (linear: number, bytes: number, access: number): void => {
        this.calls.push(`accessed ${hex(linear)} ${bytes} ${access}`);
      },
      marked: (physical: number): void => {
        this.calls.push(`marked ${hex(physical)} ${this.memory.read8(physical >>> 0).toString(16)}`);
      },
    };
    const instance = new WebAssembly.Instance(compile(), { env } as unknown as WebAssembly.Imports);
    this.exports = instance.exports as unknown as Exports;
  }

  /** Everything zero, no paging, A20 enabled, CPL 0. */
  reset(): void {
    const { processors, codeLines, ram } = MEMORY_MAP;
    this.memory.bytes.fill(0, processors, processors + MEMORY_MAP.processorStride);
    this.memory.bytes.fill(0, codeLines, codeLines + 0x4000);
    this.memory.bytes.fill(0, ram, ram + PagingMachine.ramBytes);
    this.set('ramBytes', PagingMachine.ramBytes);
    this.set('a20Mask', -1);
    this.context(false, 1);
    this.calls = [];
  }

  set(field: PagingField, value: number | bigint, element = 0): void {
    const at = STATE + LAYOUT.offset(field, element);
    if (LAYOUT.field(field).width === 32) this.view.setInt32(at, Number(value), true);
    else this.view.setBigInt64(at, BigInt(value), true);
  }

  get(field: PagingField): number {
    return this.view.getUint32(STATE + LAYOUT.offset(field), true);
  }

  /** Sets CPL 3 or 0 and the generation, as MOV CR3 does. */
  context(user: boolean, generation = 1): void {
    this.set('tlbContext', (generation << 1) | (user ? 1 : 0));
  }

  /** Paging with CR3 = 1000h; options are WP, PSE, PAE, SMEP, NXE, separated by spaces. */
  enable(options = ''): void {
    const chosen = options.split(' ');
    const bits = (of: Readonly<Record<string, number>>): number =>
      chosen.reduce((all, name) => all | (of[name] ?? 0), 0);
    this.set('cr0', BigInt.asIntN(32, BigInt(0x8000_0001 | bits(OPTION_BITS.cr0))));
    this.set('cr4', bits(OPTION_BITS.cr4));
    this.set('efer', bits(OPTION_BITS.efer));
    this.set('cr3', 0x1000);
  }

  /** Writes a page-table entry of 4 or 8 bytes. */
  put(physical: number, bytes: 4 | 8, text: string): void {
    if (bytes === 4) this.memory.write32(physical, Number(entry(text)));
    else this.view.setBigUint64(MEMORY_MAP.ram + physical, entry(text), true);
  }

  /** `'5123 wx'`: physical address and the rights cached (`L`: large page); or `'#PF 7'`: the error code, in hexadecimal. */
  walk(linear: number, access: string): string {
    return this.result(this.exports['walk32']!(STATE, linear, accessBits(access)), linear);
  }

  /** As {@link walk}, for the current privilege, and fills the TLB. */
  fill(linear: number, access: string): string {
    return this.result(this.exports['fillTlb']!(STATE, linear, accessBits(access)), linear);
  }

  private result(status: number | bigint, linear: number): string {
    if (status !== 0) {
      const fault = this.takeFault();
      return fault.endsWith(`at ${(linear >>> 0).toString(16)}`) ? fault.replace(/ at .*/, '') : fault;
    }
    const at = STATE + LAYOUT.offset('walkPhysical');
    const rights = this.get('walkRights');
    const letters = [
      rights & RIGHTS.writable && 'w',
      rights & RIGHTS.executable && 'x',
      rights & RIGHTS.large && 'L',
    ];
    return `${this.view.getBigUint64(at, true).toString(16)} ${letters.filter(Boolean).join('')}`.trim();
  }

  /** The recorded fault as `'#PF 6 at 403000'`, or `'none'`; clears it. */
  takeFault(): string {
    if (this.get('faulted') === 0) return 'none';
    this.set('faulted', 0);
    const name = this.get('faultVector') === 14 ? '#PF' : `vector ${this.get('faultVector')}`;
    return `${name} ${this.get('faultError').toString(16)} at ${this.get('faultAddress').toString(16)}`;
  }

  load(bytes: AccessBytes, linear: number): bigint {
    const zero = bytes === 8 ? 0n : 0;
    return BigInt.asUintN(8 * bytes, BigInt(this.exports[`load${bytes}`]!(STATE, linear, zero)));
  }

  /** The fault, or `'none'`. */
  store(bytes: AccessBytes, linear: number, value: bigint): string {
    return this.write('store', bytes, linear, value);
  }

  /** Adds to memory: one read-modify-write. The fault, or `'none'`. */
  add(bytes: AccessBytes, linear: number, value: bigint): string {
    return this.write('add', bytes, linear, value);
  }

  private write(kind: 'store' | 'add', bytes: AccessBytes, linear: number, value: bigint): string {
    const operand = bytes === 8 ? BigInt.asIntN(64, value) : Number(BigInt.asIntN(32, value));
    const status = this.exports[kind + bytes]!(STATE, linear, operand);
    const fault = this.takeFault();
    return status === (fault === 'none' ? 0 : 1) ? fault : `status ${status} with fault ${fault}`;
  }

  /** Checks 16 bytes for writing. The fault, or `'none'`. */
  probe(linear: number): string {
    const status = this.exports['probe16']!(STATE, linear, 0);
    const fault = this.takeFault();
    return status === (fault === 'none' ? 0 : 1) ? fault : `status ${status} with fault ${fault}`;
  }

  /** The physical address that direct access to a page's bytes begins at (hexadecimal), or `'none'`. */
  place(linear: number, write: boolean): string {
    const place = Number(this.exports['place32']!(STATE, linear, write ? 1 : 0));
    return place === 0 ? 'none' : (place - MEMORY_MAP.ram).toString(16);
  }

  /** Which tags of the linear address's TLB entry are current: letters r, w, x. */
  tags(linear: number): string {
    const at =
      STATE - PROCESSOR_MAP.state + PROCESSOR_MAP.tlb + (((linear >>> 12) % TLB.entries) << TLB.entryShift);
    const wanted = ((linear & ~0xfff) | this.get('tlbContext')) >>> 0;
    const current = (field: number): boolean => this.view.getUint32(at + field, true) === wanted;
    return `${current(TLB.tagRead) ? 'r' : ''}${current(TLB.tagWrite) ? 'w' : ''}${current(TLB.tagExecute) ? 'x' : ''}`;
  }

  /** Marks the 64-byte line of a physical address as code. */
  markCode(physical: number): void {
    const at = MEMORY_MAP.codeLines + (physical >>> 12) * 8;
    this.view.setBigUint64(
      at,
      this.view.getBigUint64(at, true) | (1n << BigInt((physical >>> 6) & 63)),
      true,
    );
  }

  /** A page-table entry's accessed and dirty bits: `'A'`, `'AD'`, or empty. */
  marks(physical: number): string {
    const low = this.memory.read32(physical);
    return `${low & BIT.A ? 'A' : ''}${low & BIT.D ? 'D' : ''}`;
  }
}

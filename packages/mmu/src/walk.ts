import {
  call,
  i32,
  i64,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type I64,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import { MEMORY_MAP, VIDEO_WINDOW } from './memory-map';
import type { PagingField } from './paging-fields';

/**
 * Bits of a walk's access argument: those of the page-fault error code (SDM 3A, 4.7), `implicit` for accesses to
 * descriptor tables and the like, which EFLAGS.AC does not exempt from SMAP (4.6.1), and `ahead` for translations that no
 * instruction has asked for yet: they fail where an accessed bit would have to be set.
 */
export const ACCESS = {
  present: 1,
  write: 2,
  user: 4,
  reserved: 8,
  fetch: 16,
  implicit: 32,
  ahead: 64,
} as const;
/**
 * Bits of walkRights. `uncached`: allowed by EFLAGS.AC only, so that it must not be remembered. `global`: the entry's G bit, which
 * counts while CR4.PGE is set (SDM 3A, 4.10.2.4).
 */
export const RIGHTS = { writable: 1, executable: 2, large: 4, uncached: 8, global: 0x100 } as const;

const PTE = { present: 1, write: 2, user: 4, accessed: 0x20, dirty: 0x40, large: 0x80 } as const;
const CR0_WP = 1 << 16;
const CR4_PAE = 1 << 5;
const CR4_SMEP = 1 << 20;
const EFER_NXE = 1 << 11;
/** PAE entries: bits 62:36 must be 0 (36 physical address bits). */
const PAE_RESERVED = 0x7fff_fff0_0000_0000n;
const PAE_ADDRESS = 0xf_ffff_f000n;
/** 4 MB pages with PSE-36 and 36 physical address bits: bits 16:13 are address bits 35:32, bits 21:17 must be 0 (4.3). */
const PSE36_RESERVED = 0x3e_0000;

/** The part of a state block's layout that translation uses; any layout that includes {@link PAGING_FIELDS} has it. */
export interface StateLayout {
  offset(name: PagingField, element?: number): number;
  load32(base: I32, name: PagingField, element?: number): I32;
  load64(base: I32, name: PagingField, element?: number): I64;
  store32(fn: FunctionBuilder, base: I32, name: PagingField, value: I32, element?: number): void;
  store64(fn: FunctionBuilder, base: I32, name: PagingField, value: I64, element?: number): void;
}

/** 1 if the physical address (below 4 GB) is RAM. */
export function isRam(layout: StateLayout, s: I32, physical: I32): I32 {
  return i32.and(
    i32.ltU(physical, layout.load32(s, 'ramBytes')),
    i32.geU(i32.sub(physical, i32.const(VIDEO_WINDOW.first)), i32.const(VIDEO_WINDOW.length)),
  );
}

/** Reads or updates page-table entries in RAM; what is not RAM reads as 0 (not present) and ignores writes. */
class EntryAccess {
  constructor(
    private readonly fn: FunctionBuilder,
    private readonly layout: StateLayout,
    private readonly s: I32,
    private readonly marked: FunctionRef,
  ) {}

  load32(address: I32): I32 {
    const fn = this.fn;
    const value = fn.variable(i32.const(0));
    fn.if(isRam(this.layout, this.s, address), () => fn.set(value, i32.load(address, MEMORY_MAP.ram)));
    return value.get as I32;
  }

  load64(address: I32): I64 {
    const fn = this.fn;
    const value = fn.variable(i64.const(0));
    fn.if(isRam(this.layout, this.s, address), () => fn.set(value, i64.load(address, MEMORY_MAP.ram)));
    return value.get as I64;
  }

  /** Sets accessed (and dirty) bits that are not set yet; the flags are in an entry's low byte. */
  mark(address: I32, entry: I32, bits: I32): void {
    const fn = this.fn;
    const missing = fn.let(i32.and(bits, i32.xor(entry, i32.const(-1))));
    fn.if(i32.and(i32.ne(missing, i32.const(0)), isRam(this.layout, this.s, address)), () => {
      fn.if(this.layout.load32(this.s, 'watching'), () => fn.call(this.marked, address));
      fn.store('i32.store8', address, i32.or(i32.and(entry, i32.const(0xff)), missing), MEMORY_MAP.ram);
    });
  }
}

interface Leaf {
  /** AND of the rights of all levels, low bits as in an entry. */
  readonly rights: I32;
  readonly noExecute: I32;
  readonly large: I32;
  readonly entry: I32;
  readonly entryAddress: I32;
  readonly upper: readonly { entry: I32; address: I32 }[];
  readonly physical: I64;
}

/** Emits `walk` into a module: see {@link emitWalk}. */
class WalkEmitter {
  private readonly fn: FunctionBuilder;
  private readonly s: I32;
  private readonly lin: I32;
  private readonly access: I32;
  private readonly entries: EntryAccess;

  constructor(
    module: ModuleBuilder,
    private readonly layout: StateLayout,
    marked: FunctionRef,
  ) {
    this.fn = module.function('walk', { params: ['i32', 'i64', 'i32'], results: ['i32'] });
    this.s = this.fn.param<'i32'>(0);
    this.access = this.fn.param<'i32'>(2);
    this.lin = this.fn.let(i32.wrap(this.fn.param<'i64'>(1)));
    this.entries = new EntryAccess(this.fn, layout, this.s, marked);
  }

  emit(): FunctionRef {
    const { fn, layout, s } = this;
    fn.if(i32.geS(layout.load32(s, 'cr0'), i32.const(0)), () => this.unpaged());
    const cr4 = fn.let(layout.load32(s, 'cr4'));
    fn.if(i32.and(cr4, i32.const(CR4_PAE)), () => this.pae());
    this.legacy(cr4);
    return fn;
  }

  private masked(physical: I64): I64 {
    return i64.and(physical, i64.extendI32S(this.layout.load32(this.s, 'a20Mask')));
  }

  /** Address line 20 is masked for page-table entries, too. */
  private entryAddress(address: I32): I32 {
    return this.fn.let(i32.and(address, this.layout.load32(this.s, 'a20Mask')));
  }

  private unpaged(): void {
    const { fn, layout, s } = this;
    layout.store64(fn, s, 'walkPhysical', this.masked(i64.extendI32U(this.lin)));
    layout.store32(fn, s, 'walkRights', i32.const(RIGHTS.writable | RIGHTS.executable));
    fn.return(i32.const(0));
  }

  private fault(errorBits: number): void {
    const { fn, layout, s } = this;
    layout.store32(fn, s, 'faulted', i32.const(1));
    layout.store32(fn, s, 'faultVector', i32.const(14));
    // The error code's I/D bit is defined only with execute-disable or SMEP on (SDM 3A, 4.7).
    const fetchShown = i32.or(
      i32.and(
        i32.ne(i32.and(layout.load32(s, 'cr4'), i32.const(CR4_PAE)), i32.const(0)),
        i32.ne(i32.and(layout.load32(s, 'efer'), i32.const(EFER_NXE)), i32.const(0)),
      ),
      i32.ne(i32.and(layout.load32(s, 'cr4'), i32.const(CR4_SMEP)), i32.const(0)),
    );
    const shown = i32.or(i32.shl(fetchShown, i32.const(4)), i32.const(ACCESS.write | ACCESS.user));
    layout.store32(fn, s, 'faultError', i32.or(i32.and(this.access, shown), i32.const(errorBits)));
    layout.store64(fn, s, 'faultAddress', i64.extendI32U(this.lin));
    fn.return(i32.const(1));
  }

  private require(condition: I32, errorBits: number): void {
    this.fn.if(i32.eqz(condition), () => this.fault(errorBits));
  }

  /** 32-bit paging, 4 KB and 4 MB pages (SDM 3A, 4.3). */
  private legacy(cr4: I32): void {
    const { fn, layout, s, lin, entries } = this;
    const table = (base: I32, shift: number): I32 =>
      this.entryAddress(
        i32.or(i32.and(base, i32.const(~0xfff)), i32.and(i32.shrU(lin, i32.const(shift)), i32.const(0xffc))),
      );
    const pdeAddress = table(layout.load32(s, 'cr3'), 20);
    const pde = entries.load32(pdeAddress);
    this.require(i32.and(pde, i32.const(PTE.present)), 0);
    const large = i32.and(i32.shrU(pde, i32.const(7)), i32.and(i32.shrU(cr4, i32.const(4)), i32.const(1)));
    fn.if(large, () => {
      this.require(i32.eqz(i32.and(pde, i32.const(PSE36_RESERVED))), ACCESS.present | ACCESS.reserved);
      const high = i64.shl(
        i64.extendI32U(i32.and(i32.shrU(pde, i32.const(13)), i32.const(0xf))),
        i64.const(32),
      );
      const low = i32.or(i32.and(pde, i32.const(0xffc0_0000)), i32.and(lin, i32.const(0x3f_ffff)));
      this.finish({
        rights: pde,
        noExecute: i32.const(0),
        large: i32.const(1),
        entry: pde,
        entryAddress: pdeAddress,
        upper: [],
        physical: i64.or(high, i64.extendI32U(low)),
      });
    });
    const pteAddress = table(pde, 10);
    const pte = entries.load32(pteAddress);
    this.require(i32.and(pte, i32.const(PTE.present)), 0);
    this.finish({
      rights: fn.let(i32.and(pde, pte)),
      noExecute: i32.const(0),
      large: i32.const(0),
      entry: pte,
      entryAddress: pteAddress,
      upper: [{ entry: pde, address: pdeAddress }],
      physical: i64.extendI32U(i32.or(i32.and(pte, i32.const(~0xfff)), i32.and(lin, i32.const(0xfff)))),
    });
  }

  private requireUnreserved(entry: I64, noExecuteEnabled: I32, extra: bigint): I32 {
    const { fn } = this;
    this.require(i32.and(i32.wrap(entry), i32.const(PTE.present)), 0);
    const noExecute = fn.let(i32.wrap(i64.shrU(entry, i64.const(63))));
    const bad = i32.or(
      i64.ne(i64.and(entry, i64.const(PAE_RESERVED | extra)), i64.const(0)),
      i32.and(noExecute, i32.eqz(noExecuteEnabled)),
    );
    fn.if(bad, () => this.fault(ACCESS.present | ACCESS.reserved));
    return noExecute;
  }

  /** PAE paging, 4 KB and 2 MB pages (SDM 3A, 4.4). */
  private pae(): void {
    const { fn, layout, s, lin } = this;
    const slot = i32.add(s, i32.shl(i32.shrU(lin, i32.const(30)), i32.const(3)));
    const pdpte = fn.let(layout.load64(slot, 'pdpte'));
    this.require(i32.and(i32.wrap(pdpte), i32.const(PTE.present)), 0);
    const nxe = fn.let(i32.and(i32.shrU(layout.load32(s, 'efer'), i32.const(11)), i32.const(1)));
    const index = (shift: number): I32 => i32.and(i32.shrU(lin, i32.const(shift - 3)), i32.const(0xff8));
    // Tables above 4 GB are not RAM here; their low halves would alias, so they read as not present.
    const table = (entry: I64, shift: number): I32 =>
      this.entryAddress(i32.or(i32.wrap(i64.and(entry, i64.const(PAE_ADDRESS))), index(shift)));
    const pdeAddress = table(pdpte, 21);
    const pde = this.load64In(pdpte, pdeAddress);
    fn.if(i32.and(i32.wrap(pde), i32.const(PTE.large)), () => {
      const noExecute = this.requireUnreserved(pde, nxe, 0x1f_e000n);
      const low = fn.let(i32.wrap(pde));
      this.finish({
        rights: low,
        noExecute,
        large: i32.const(1),
        entry: low,
        entryAddress: pdeAddress,
        upper: [],
        physical: i64.or(
          i64.and(pde, i64.const(0xf_ffe0_0000n)),
          i64.extendI32U(i32.and(lin, i32.const(0x1f_ffff))),
        ),
      });
    });
    const pdeNoExecute = this.requireUnreserved(pde, nxe, 0n);
    const pteAddress = table(pde, 12);
    const pte = this.load64In(pde, pteAddress);
    const noExecute = i32.or(pdeNoExecute, this.requireUnreserved(pte, nxe, 0n));
    const pdeLow = fn.let(i32.wrap(pde));
    const pteLow = fn.let(i32.wrap(pte));
    this.finish({
      rights: fn.let(i32.and(pdeLow, pteLow)),
      noExecute: fn.let(noExecute),
      large: i32.const(0),
      entry: pteLow,
      entryAddress: pteAddress,
      upper: [{ entry: pdeLow, address: pdeAddress }],
      physical: i64.or(i64.and(pte, i64.const(PAE_ADDRESS)), i64.extendI32U(i32.and(lin, i32.const(0xfff)))),
    });
  }

  private load64In(parent: I64, address: I32): I64 {
    const { fn } = this;
    const value = fn.variable(i64.const(0));
    fn.if(i64.eqz(i64.and(parent, i64.const(0xf_0000_0000n))), () =>
      fn.set(value, this.entries.load64(address)),
    );
    return value.get as I64;
  }

  /** Checks rights, sets accessed and dirty, leaves the result and returns. */
  private finish(leaf: Leaf): void {
    const { fn, layout, s, access, entries } = this;
    const user = fn.let(i32.and(access, i32.const(ACCESS.user)));
    const write = fn.let(i32.and(access, i32.const(ACCESS.write)));
    const denied = ACCESS.present;
    fn.if(i32.and(i32.ne(user, i32.const(0)), i32.eqz(i32.and(leaf.rights, i32.const(PTE.user)))), () =>
      this.fault(denied),
    );
    // Supervisor writes ignore read-only pages unless CR0.WP is set (SDM 3A, 4.6).
    const protectedWrite = i32.or(user, i32.and(layout.load32(s, 'cr0'), i32.const(CR0_WP)));
    const writable = fn.let(
      i32.or(i32.ne(i32.and(leaf.rights, i32.const(PTE.write)), i32.const(0)), i32.eqz(protectedWrite)),
    );
    fn.if(i32.and(i32.ne(write, i32.const(0)), i32.eqz(writable)), () => this.fault(denied));
    const smep = i32.and(
      i32.and(i32.eqz(user), i32.ne(i32.and(leaf.rights, i32.const(PTE.user)), i32.const(0))),
      i32.ne(i32.and(layout.load32(s, 'cr4'), i32.const(CR4_SMEP)), i32.const(0)),
    );
    const executable = fn.let(i32.eqz(i32.or(leaf.noExecute, smep)));
    fn.if(i32.and(i32.ne(i32.and(access, i32.const(ACCESS.fetch)), i32.const(0)), i32.eqz(executable)), () =>
      this.fault(denied),
    );
    const exempt = this.preventSupervisor(leaf, user);
    const entriesRead = leaf.upper.reduce((all, { entry }) => i32.and(all, entry), leaf.entry);
    const unmarked = i32.eqz(i32.and(entriesRead, i32.const(PTE.accessed)));
    fn.if(i32.and(i32.ne(i32.and(access, i32.const(ACCESS.ahead)), i32.const(0)), unmarked), () =>
      fn.return(i32.const(1)),
    );
    for (const { entry, address } of leaf.upper) entries.mark(address, entry, i32.const(PTE.accessed));
    // write is 2 for a write: times 20h it is the dirty bit.
    entries.mark(
      leaf.entryAddress,
      leaf.entry,
      fn.let(i32.or(i32.shl(write, i32.const(5)), i32.const(PTE.accessed))),
    );
    const dirty = i32.ne(i32.or(write, i32.and(leaf.entry, i32.const(PTE.dirty))), i32.const(0));
    layout.store64(fn, s, 'walkPhysical', this.masked(leaf.physical));
    layout.store32(
      fn,
      s,
      'walkRights',
      i32.or(
        i32.or(i32.and(writable, dirty), i32.shl(exempt, i32.const(3))),
        i32.or(
          i32.and(leaf.entry, i32.const(RIGHTS.global)),
          i32.or(i32.shl(executable, i32.const(1)), i32.shl(leaf.large, i32.const(2))),
        ),
      ),
    );
    fn.return(i32.const(0));
  }

  /** SMAP (4.6): supervisor data accesses to user pages fault, unless EFLAGS.AC exempts them. 1 if such a page is accessed. */
  private preventSupervisor(leaf: Leaf, user: I32): I32 {
    const { fn, layout, s, access } = this;
    const exempt = fn.variable(i32.const(0));
    const smap = fn.let(layout.load32(s, 'smap'));
    fn.if(i32.and(i32.and(smap, i32.const(1)), i32.eqz(user)), () =>
      fn.if(i32.and(leaf.rights, i32.const(PTE.user)), () => {
        const data = i32.eqz(i32.and(access, i32.const(ACCESS.fetch)));
        const forbidden = i32.or(i32.and(smap, i32.const(2)), i32.and(access, i32.const(ACCESS.implicit)));
        fn.if(i32.and(data, i32.ne(forbidden, i32.const(0))), () => this.fault(ACCESS.present));
        fn.set(exempt, i32.const(1));
      }),
    );
    return exempt.get as I32;
  }
}

/**
 * Emits `walk(state, linear: i64, access) -> i32`: translates one linear address by the paging mode in force (none, 32-bit,
 * PAE), sets accessed and dirty bits, leaves walkPhysical and walkRights. 0: translated; 1: page fault recorded. `marked` is
 * called with an entry's physical address before bits are set in it, while watching is set.
 */
export function emitWalk(module: ModuleBuilder, layout: StateLayout, marked: FunctionRef): FunctionRef {
  return new WalkEmitter(module, layout, marked).emit();
}

/** `walk` for a 32-bit linear address; the expression is 1 on a fault. */
export function callWalk(walk: FunctionRef, s: I32, linear: I32, access: I32): I32 {
  return call<'i32'>(walk, s, i64.extendI32U(linear), access);
}

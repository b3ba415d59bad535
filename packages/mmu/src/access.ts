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
import { FLUSH_NOTES, MEMORY_MAP, PROCESSOR_MAP, TLB } from './memory-map';
import {
  accessType,
  codeLines,
  eachSize,
  loadHost,
  PHYSICAL_IMPORTS,
  PhysicalAccess,
  storeHost,
  type AccessBytes,
  type PhysicalImports,
} from './physical-access';
import { ACCESS, RIGHTS, callWalk, emitWalk, isRam, type StateLayout } from './walk';

/** What address translation needs from JavaScript. */
export interface MemoryImports extends PhysicalImports {
  /** (linear: i32, physical: i32, access: i32): a translation has been entered into the TLB, while observeFills is set. */
  readonly filled: FunctionRef;
  /** (linear: i32, bytes: i32, access: i32): data have been accessed or are about to be, while watching is set. */
  readonly accessed: FunctionRef;
  /** (physical: i32): accessed or dirty bits are about to be set in a page-table entry's low byte, while watching is set. */
  readonly marked: FunctionRef;
}

/** The signatures of `MemoryImports`: what a module that contains the memory functions must import. */
export const MEMORY_IMPORTS: Readonly<Record<keyof MemoryImports, Signature>> = {
  ...PHYSICAL_IMPORTS,
  filled: { params: ['i32', 'i32', 'i32'], results: [] },
  accessed: { params: ['i32', 'i32', 'i32'], results: [] },
  marked: { params: ['i32'], results: [] },
};

/** The functions behind the inlined TLB checks. Addresses are 32-bit linear addresses. */
export interface MemoryFunctions {
  /** (state, linear: i64, access) -> 1 on a fault; result in walkPhysical, walkRights. */
  readonly walk: FunctionRef;
  /** (state, linear, access) -> 1 on a fault; walks for the current privilege and fills the TLB. */
  readonly fill: FunctionRef;
  /** (state, linear) -> value; look at `faulted` afterwards. */
  readonly load: Readonly<Record<AccessBytes, FunctionRef>>;
  /** (state, linear, value) -> 1 on a fault, and then nothing is stored. */
  readonly store: Readonly<Record<AccessBytes, FunctionRef>>;
  /** (state, linear, bytes) -> address in linear memory of the operand, checked for writing, or 0 on a fault. */
  readonly modify: FunctionRef;
  /** (state): writes back what `modify` assembled in the bounce buffer. */
  readonly commit: FunctionRef;
  /** (state, linear, bytes, access) -> 1 on a fault: checks one or two pages. */
  readonly probe: FunctionRef;
  /** (state, linear, write) -> address in linear memory of a byte whose page can be accessed directly up to its end, or 0; never faults. */
  readonly place: FunctionRef;
  /** (state, linear, bytes) -> {@link place} of up to a page's bytes, for reading and writing, in one page or two that lie side by side in RAM; sets no accessed or dirty bit. */
  readonly window: FunctionRef;
}

const ALIGNMENT_CHECK = 17;
/** Value of `faulted` for a refused write. */
const REFUSED = 2;

const PAGE_MASK = i32.const(~0xfff);
const OFFSET_MASK = i32.const(0xfff);

/** Address of the TLB entry of a linear address, less the constant PROCESSOR_MAP.tlb. */
export function tlbEntry(s: I32, linear: I32): I32 {
  const mask = (TLB.entries - 1) << TLB.entryShift;
  return i32.add(s, i32.and(i32.shrU(linear, i32.const(12 - TLB.entryShift)), i32.const(mask)));
}

/** The tag that an access of `bytes` at `linear` needs: it names the last byte's page, so a page-crossing access never hits. */
export function tlbTag(layout: StateLayout, s: I32, linear: I32, bytes: number, context?: I32): I32 {
  const page = i32.and(i32.add(linear, i32.const(bytes - 1)), PAGE_MASK);
  return i32.or(page, context ?? layout.load32(s, 'tlbContext'));
}

/** Puts an offset into one of the lists of FLUSH_NOTES. */
export function noteFlushed(fn: FunctionBuilder, list: number, offset: I32): void {
  const place = MEMORY_MAP.flushNotes + list;
  const zero = i32.const(0);
  const count = fn.let(i32.load(zero, place));
  fn.if(
    i32.ltU(count, i32.const(FLUSH_NOTES.most)),
    () => {
      fn.store('i32.store', zero, i32.add(count, i32.const(1)), place);
      fn.store('i32.store', i32.shl(count, i32.const(2)), offset, place + 4);
    },
    () => fn.store('i32.store', zero, i32.const(FLUSH_NOTES.most + 1), place),
  );
}

class AccessEmitter {
  private readonly walk: FunctionRef;
  private readonly fill: FunctionRef;
  private readonly probe: FunctionRef;
  private readonly physical: PhysicalAccess;

  constructor(
    private readonly module: ModuleBuilder,
    private readonly layout: StateLayout,
    private readonly imports: MemoryImports,
  ) {
    this.walk = emitWalk(module, layout, imports.marked);
    this.physical = new PhysicalAccess(module, layout, imports);
    this.fill = this.emitFill();
    this.probe = this.emitProbe();
  }

  emit(): MemoryFunctions {
    return {
      walk: this.walk,
      fill: this.fill,
      load: eachSize((bytes) => this.emitLoad(bytes)),
      store: eachSize((bytes) => this.emitStore(bytes)),
      modify: this.emitModify(),
      commit: this.physical.scatter,
      probe: this.probe,
      place: this.emitPlace(),
      window: this.emitWindow(),
    };
  }

  /** The user bit of the current privilege, as an access bit. */
  private privilege(s: I32): I32 {
    return i32.shl(i32.and(this.layout.load32(s, 'tlbContext'), i32.const(1)), i32.const(2));
  }

  /** True if walkPhysical is RAM below 4 GB. */
  private walkedRam(s: I32, physical: I32): I32 {
    return i32.and(
      i32.eqz(i32.wrap(i64.shrU(this.layout.load64(s, 'walkPhysical'), i64.const(32)))),
      isRam(this.layout, s, physical),
    );
  }

  private emitFill(): FunctionRef {
    const { layout } = this;
    const fn = this.module.function('fill', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
    const [s, lin, access] = [fn.param<'i32'>(0), fn.param<'i32'>(1), fn.param<'i32'>(2)];
    fn.if(callWalk(this.walk, s, lin, i32.or(access, this.privilege(s))), () => fn.return(i32.const(1)));
    const physical = fn.let(i32.wrap(layout.load64(s, 'walkPhysical')));
    const rights = fn.let(layout.load32(s, 'walkRights'));
    fn.if(layout.load32(s, 'observeFills'), () => fn.call(this.imports.filled, lin, physical, access));
    fn.if(i32.and(rights, i32.const(RIGHTS.large)), () => this.noteLarge(fn, s, lin));
    const checked = i32.or(layout.load32(s, 'alignmentCheck'), layout.load32(s, 'watching'));
    const exempt = i32.and(rights, i32.const(RIGHTS.uncached));
    const uncached = i32.or(
      i32.eqz(this.walkedRam(s, physical)),
      i32.ne(i32.or(checked, exempt), i32.const(0)),
    );
    fn.if(uncached, () => fn.return(i32.const(0)));
    const entry = fn.let(tlbEntry(s, lin));
    const tag = fn.let(i64.extendI32U(tlbTag(layout, s, lin, 1)));
    const noCode = i64.eqz(i64.load(codeLines(physical)));
    const writable = i32.and(rights, noCode);
    const at = (field: number): number => PROCESSOR_MAP.tlb + field;
    fn.store('i64.store', entry, tag, at(TLB.tagRead));
    fn.store(
      'i64.store',
      entry,
      i64.mul(tag, i64.extendI32U(i32.and(writable, i32.const(1)))),
      at(TLB.tagWrite),
    );
    fn.store(
      'i64.store',
      entry,
      i64.mul(tag, i64.extendI32U(i32.and(i32.shrU(rights, i32.const(1)), i32.const(1)))),
      at(TLB.tagExecute),
    );
    fn.store('i32.store', entry, i32.sub(i32.add(physical, i32.const(MEMORY_MAP.ram)), lin), at(TLB.addend));
    fn.store('i32.store', entry, i32.shrU(physical, i32.const(12)), at(TLB.physicalPage));
    const global = i32.and(rights, i32.const(RIGHTS.global));
    fn.if(
      global,
      () => fn.store('i32.store', entry, i32.const(1), at(TLB.global)),
      () => noteFlushed(fn, FLUSH_NOTES.tlb, i32.sub(entry, s)),
    );
    fn.return(i32.const(0));
    return fn;
  }

  private noteLarge(fn: FunctionBuilder, s: I32, lin: I32): void {
    this.layout.store32(fn, s, 'largePagesCached', i32.const(1));
    const byte = fn.let(i32.shrU(lin, i32.const(25)));
    const bit = i32.shl(i32.const(1), i32.and(i32.shrU(lin, i32.const(22)), i32.const(7)));
    const place = MEMORY_MAP.flushNotes + FLUSH_NOTES.large;
    fn.store('i32.store8', byte, i32.or(i32.load8U(byte, place), bit), place);
  }

  /** Translates both pages of an operand; their places stay in bounceAddress, so nothing that is written meanwhile moves them. */
  private emitProbe(): FunctionRef {
    const { layout } = this;
    const fn = this.module.function('probe', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
    const [s, lin, bytes, access] = [
      fn.param<'i32'>(0),
      fn.param<'i32'>(1),
      fn.param<'i32'>(2),
      fn.param<'i32'>(3),
    ];
    const rights = fn.let(i32.or(access, this.privilege(s)));
    const keep = (element: number): void =>
      layout.store64(fn, s, 'bounceAddress', layout.load64(s, 'walkPhysical'), element);
    fn.if(callWalk(this.walk, s, lin, rights), () => fn.return(i32.const(1)));
    keep(0);
    layout.store32(fn, s, 'bounceLength', bytes);
    const last = fn.let(i32.add(lin, i32.sub(bytes, i32.const(1))));
    fn.if(i32.and(i32.xor(lin, last), PAGE_MASK), () => {
      fn.if(callWalk(this.walk, s, i32.and(last, PAGE_MASK), rights), () => fn.return(i32.const(1)));
      keep(1);
    });
    fn.return(i32.const(0));
    return fn;
  }

  /** #AC(0) for an operand that is not aligned to its size, while alignment is checked. */
  private checkAlignment(fn: FunctionBuilder, s: I32, lin: I32, mask: I32, failed: Expression): void {
    const { layout } = this;
    fn.if(layout.load32(s, 'alignmentCheck'), () => {
      fn.if(i32.and(lin, mask), () => {
        layout.store32(fn, s, 'faulted', i32.const(1));
        layout.store32(fn, s, 'faultVector', i32.const(ALIGNMENT_CHECK));
        layout.store32(fn, s, 'faultError', i32.const(0));
        fn.return(failed);
      });
    });
  }

  /** Tells of an access that will not fault any more, while somebody watches. */
  private tell(fn: FunctionBuilder, s: I32, lin: I32, bytes: I32, access: number): void {
    fn.if(this.layout.load32(s, 'watching'), () =>
      fn.call(this.imports.accessed, lin, bytes, i32.const(access)),
    );
  }

  private crosses(lin: I32, bytes: number): I32 {
    return i32.gtU(i32.and(lin, OFFSET_MASK), i32.const(0x1000 - bytes));
  }

  /** What the TLB allows of a byte and `more` behind it: code that has not looked there, but at a window around the access, calls these functions, too. */
  private ifDirect(
    fn: FunctionBuilder,
    s: I32,
    lin: I32,
    more: I32,
    tag: number,
    then: (address: I32) => void,
  ): void {
    const entry = fn.let(tlbEntry(s, lin));
    const page = i32.and(i32.add(lin, more), PAGE_MASK);
    const wanted = i32.or(page, this.layout.load32(s, 'tlbContext'));
    fn.if(i32.eq(i32.load(entry, PROCESSOR_MAP.tlb + tag), wanted), () =>
      then(i32.add(i32.load(entry, PROCESSOR_MAP.tlb + TLB.addend), lin)),
    );
  }

  private emitLoad(bytes: AccessBytes): FunctionRef {
    const { layout } = this;
    const fn = this.module.function(`load${bytes * 8}`, {
      params: ['i32', 'i32'],
      results: [accessType(bytes)],
    });
    const [s, lin] = [fn.param<'i32'>(0), fn.param<'i32'>(1)];
    const zero = bytes === 8 ? i64.const(0) : i32.const(0);
    this.ifDirect(fn, s, lin, i32.const(bytes - 1), TLB.tagRead, (address) =>
      fn.return(loadHost(bytes, address)),
    );
    if (bytes > 1) {
      this.checkAlignment(fn, s, lin, i32.const(bytes - 1), zero);
      fn.if(this.crosses(lin, bytes), () => {
        fn.if(call<'i32'>(this.probe, s, lin, i32.const(bytes), i32.const(0)), () => fn.return(zero));
        this.tell(fn, s, lin, i32.const(bytes), 0);
        fn.call(this.physical.gather, s);
        fn.return(loadHost(bytes, s, layout.offset('bounce')));
      });
    }
    fn.if(call<'i32'>(this.fill, s, lin, i32.const(0)), () => fn.return(zero));
    this.tell(fn, s, lin, i32.const(bytes), 0);
    fn.return(call(this.physical.read[bytes], s, layout.load64(s, 'walkPhysical')));
    return fn;
  }

  /**
   * Leaves a write undone that would change the translated code that is running: `faulted` becomes 2, and the engine has
   * the instruction executed by the interpreter, which notices at the next one.
   */
  private refuse(fn: FunctionBuilder, s: I32, place: I64, bytes: I32, failed: Expression): void {
    const { layout } = this;
    const running = fn.let(layout.load32(s, 'translatedPage'));
    fn.if(running, () => {
      const physical = fn.let(i32.wrap(place));
      fn.if(i32.eq(running, i32.add(i32.shrU(physical, i32.const(12)), i32.const(1))), () => {
        const lines = fn.let(i64.load(codeLines(physical)));
        const bit = (address: I32): I32 =>
          i32.wrap(i64.shrU(lines, i64.extendI32U(i32.and(i32.shrU(address, i32.const(6)), i32.const(63)))));
        const last = i32.add(physical, i32.sub(bytes, i32.const(1)));
        fn.if(i32.and(i32.or(bit(physical), bit(last)), i32.const(1)), () => {
          layout.store32(fn, s, 'faulted', i32.const(REFUSED));
          fn.return(failed);
        });
      });
    });
  }

  /** {@link refuse} for the two places of a checked operand that crosses a page. */
  private refuseCrossing(fn: FunctionBuilder, s: I32, failed: Expression): void {
    for (const n of [0, 1])
      this.refuse(fn, s, this.layout.load64(s, 'bounceAddress', n), i32.const(1), failed);
  }

  private emitStore(bytes: AccessBytes): FunctionRef {
    const { layout } = this;
    const params = ['i32', 'i32', accessType(bytes)] as const;
    const fn = this.module.function(`store${bytes * 8}`, { params, results: ['i32'] });
    const [s, lin, value] = [fn.param<'i32'>(0), fn.param<'i32'>(1), fn.param(2)];
    this.ifDirect(fn, s, lin, i32.const(bytes - 1), TLB.tagWrite, (address) => {
      storeHost(fn, bytes, address, value);
      fn.return(i32.const(0));
    });
    if (bytes > 1) {
      this.checkAlignment(fn, s, lin, i32.const(bytes - 1), i32.const(1));
      fn.if(this.crosses(lin, bytes), () => {
        fn.if(call<'i32'>(this.probe, s, lin, i32.const(bytes), i32.const(ACCESS.write)), () =>
          fn.return(i32.const(1)),
        );
        this.refuseCrossing(fn, s, i32.const(1));
        this.tell(fn, s, lin, i32.const(bytes), ACCESS.write);
        storeHost(fn, bytes, s, value, layout.offset('bounce'));
        fn.call(this.physical.scatter, s);
        fn.return(i32.const(0));
      });
    }
    fn.if(call<'i32'>(this.fill, s, lin, i32.const(ACCESS.write)), () => fn.return(i32.const(1)));
    this.refuse(fn, s, layout.load64(s, 'walkPhysical'), i32.const(bytes), i32.const(1));
    this.tell(fn, s, lin, i32.const(bytes), ACCESS.write);
    fn.call(this.physical.write[bytes], s, layout.load64(s, 'walkPhysical'), value);
    fn.return(i32.const(0));
    return fn;
  }

  private emitModify(): FunctionRef {
    const { layout } = this;
    const fn = this.module.function('modify', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
    const [s, lin, bytes] = [fn.param<'i32'>(0), fn.param<'i32'>(1), fn.param<'i32'>(2)];
    const more = fn.let(i32.sub(bytes, i32.const(1)));
    this.ifDirect(fn, s, lin, more, TLB.tagWrite, (address) => fn.return(address));
    this.checkAlignment(fn, s, lin, more, i32.const(0));
    const plain = fn.let(i32.leU(i32.add(i32.and(lin, OFFSET_MASK), bytes), i32.const(0x1000)));
    fn.if(plain, () => {
      fn.if(call<'i32'>(this.fill, s, lin, i32.const(ACCESS.write)), () => fn.return(i32.const(0)));
      this.tell(fn, s, lin, bytes, ACCESS.write);
      const physical = fn.let(i32.wrap(layout.load64(s, 'walkPhysical')));
      fn.if(this.walkedRam(s, physical), () =>
        fn.if(i64.eqz(i64.load(codeLines(physical))), () =>
          fn.return(i32.add(physical, i32.const(MEMORY_MAP.ram))),
        ),
      );
    });
    fn.if(call<'i32'>(this.probe, s, lin, bytes, i32.const(ACCESS.write)), () => fn.return(i32.const(0)));
    fn.if(i32.eqz(plain), () => this.tell(fn, s, lin, bytes, ACCESS.write));
    this.refuse(fn, s, layout.load64(s, 'bounceAddress', 0), bytes, i32.const(0));
    this.refuse(fn, s, layout.load64(s, 'bounceAddress', 1), i32.const(1), i32.const(0));
    fn.call(this.physical.gather, s);
    fn.return(i32.add(s, i32.const(layout.offset('bounce'))));
    return fn;
  }

  /** For block operations: a TLB hit, after a fill if need be. A fault is dropped: the access itself will raise it again. */
  private emitPlace(): FunctionRef {
    const { layout } = this;
    const fn = this.module.function('place', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
    const [s, lin, write] = [fn.param<'i32'>(0), fn.param<'i32'>(1), fn.param<'i32'>(2)];
    const entry = fn.let(tlbEntry(s, lin));
    const tag = fn.let(tlbTag(layout, s, lin, 1));
    // tagWrite lies 8 bytes behind tagRead.
    const tagAt = fn.let(i32.add(entry, i32.shl(write, i32.const(3))));
    fn.if(i32.ne(i32.load(tagAt, PROCESSOR_MAP.tlb + TLB.tagRead), tag), () => {
      fn.if(call<'i32'>(this.fill, s, lin, i32.shl(write, i32.const(1))), () => {
        layout.store32(fn, s, 'faulted', i32.const(0));
        fn.return(i32.const(0));
      });
      fn.if(i32.ne(i32.load(tagAt, PROCESSOR_MAP.tlb + TLB.tagRead), tag), () => fn.return(i32.const(0)));
    });
    fn.return(i32.add(i32.load(entry, PROCESSOR_MAP.tlb + TLB.addend), lin));
    return fn;
  }

  private emitWindow(): FunctionRef {
    const { layout } = this;
    const fn = this.module.function('window', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
    const [s, low, bytes] = [fn.param<'i32'>(0), fn.param<'i32'>(1), fn.param<'i32'>(2)];
    const none = (): void => fn.return(i32.const(0));
    const addend = (linear: I32): I32 => {
      const entry = fn.let(tlbEntry(s, linear));
      const tag = fn.let(tlbTag(layout, s, linear, 1));
      const missing = (): I32 => i32.ne(i32.load(entry, PROCESSOR_MAP.tlb + TLB.tagWrite), tag);
      fn.if(missing(), () => {
        fn.if(layout.load32(s, 'observeFills'), none);
        fn.if(call<'i32'>(this.fill, s, linear, i32.const(ACCESS.ahead)), () => {
          layout.store32(fn, s, 'faulted', i32.const(0));
          none();
        });
        fn.if(missing(), none);
      });
      return fn.let(i32.load(entry, PROCESSOR_MAP.tlb + TLB.addend));
    };
    const first = addend(low);
    const last = fn.let(i32.add(low, i32.sub(bytes, i32.const(1))));
    fn.if(i32.and(i32.xor(low, last), PAGE_MASK), () => fn.if(i32.ne(addend(last), first), none));
    fn.return(i32.add(low, first));
    return fn;
  }
}

/** Emits translation and the slow paths of memory accesses into a module. */
export function emitMemoryFunctions(
  module: ModuleBuilder,
  layout: StateLayout,
  imports: MemoryImports,
): MemoryFunctions {
  return new AccessEmitter(module, layout, imports).emit();
}

import {
  ACCESS,
  FETCH_CACHE,
  FLUSH_NOTES,
  JUMP_CACHE,
  MEMORY_MAP,
  noteFlushed,
  PROCESSOR_MAP,
  PROFILE,
  TLB,
  tlbEntry,
  TRANSLATION_COUNTERS,
} from '@trapgate/mmu';
import {
  call,
  callIndirect,
  callTable,
  i32,
  i64,
  type ModuleBuilder,
  type FunctionBuilder,
  type FunctionRef,
  type Expression,
  type I32,
  type Label,
  type Signature,
} from '@trapgate/wasm-assembler';
import type { SupportFunctions } from '../builder/builder';
import { AT, GPR, SEGMENT, STATE } from '../state/layout';
import { MODE } from '../state/mode';
import { STATUS } from '../system/context';
import { SPECIAL, type Handler, type HandlerTable } from './handlers';
import { HotBuilder, type HotFrame } from './hot-builder';
import { RECORD } from './record';
import { COLD } from './translator-entries';

/** Where the state block of the first processor lies. */
export const STATE_PLACE = MEMORY_MAP.processors + PROCESSOR_MAP.state;

/** Why the hot function returned. */
export const LEAVE = {
  /** The budget is used up; rip names the next instruction. */
  budget: 0,
  /** A fault is recorded; rip names the faulting instruction. */
  fault: 1,
  /** Nothing is decoded at rip (or fetching there faults: see `faulted`). */
  miss: 2,
  /** A host function asked to leave; rip names the next instruction. */
  exit: 3,
  /** The instruction at rip continues in the next page and has to be decoded anew. */
  straddle: 4,
  /** Code at rip is entered often. */
  hot: 5,
} as const;

/**
 * (pageIp, depth, esp, clock) -> (STATUS, clock): translated code, entered with its address in rip. rip and (perhaps pending) flags
 * are in the state on return. `depth` is how deep translations may call each other, `esp` what the state has, too: a load would wait
 * for the caller's store. `clock` is the budget in the lower half, and in the upper how often translations have gone on in others.
 */
export const TRANSLATION: Signature = { params: ['i32', 'i32', 'i32', 'i64'], results: ['i32', 'i64'] };
/** One transfer from a translation to another, in a clock. */
export const CLOCK_CHAINED = 1n << 32n;
/** Number of the table that translations are called through. */
const TRANSLATIONS = 1;
/** The depth of a translation that the interpreter has called. A translation's frame takes at most about a kilobyte of the host's stack, which has a megabyte. */
export const CALL_DEPTH = 200;

/** Emits `fetch(state, linear) -> table`: the lookup table of the page at a linear address, or 0 if there is none in this mode. */
export function emitFetch(module: ModuleBuilder, fill: FunctionRef): FunctionRef {
  const fn = module.function('fetch', { params: ['i32', 'i32'], results: ['i32'] });
  const [s, lin] = [fn.param<'i32'>(0), fn.param<'i32'>(1)];
  const context = fn.let(STATE.load32(s, 'tlbContext'));
  const tag = fn.let(i32.or(i32.and(lin, i32.const(~0xfff)), context));
  const entry = fn.let(tlbEntry(s, lin));
  const physical = fn.local('i32');
  const flat = fn.let(i32.and(STATE.load32(s, 'mode'), i32.const(MODE.flat)));
  fn.if(i32.eqz(flat), () => {
    // EIP, and the last byte of its page, beyond the limit of CS.
    const limit = fn.let(STATE.load32(s, 'segmentLimit', SEGMENT.cs));
    const ip = fn.let(i32.sub(lin, i32.load(s, STATE.offset('segmentBase', SEGMENT.cs))));
    const last = i32.add(ip, i32.sub(i32.const(0xfff), i32.and(lin, i32.const(0xfff))));
    fn.if(i32.gtU(ip, limit), () => fn.return(i32.const(0)));
    fn.if(i32.and(i32.gtU(last, limit), i32.eqz(STATE.load32(s, 'limitedFetch'))), () =>
      fn.return(i32.const(0)),
    );
  });
  fn.if(
    i32.eq(i32.load(entry, PROCESSOR_MAP.tlb + TLB.tagExecute), tag),
    () => fn.set(physical, i32.load(entry, PROCESSOR_MAP.tlb + TLB.physicalPage)),
    () => {
      fn.if(call<'i32'>(fill, s, lin, i32.const(ACCESS.fetch)), () => fn.return(i32.const(0)));
      fn.set(physical, i32.wrap(i64.shrU(STATE.load64(s, 'walkPhysical'), i64.const(12))));
      fn.if(i32.gtU(physical.get, i32.const(0xfffff)), () => fn.return(i32.const(0)));
    },
  );
  // What is not in the TLB may be anything.
  const cached = i32.eq(i32.load(entry, PROCESSOR_MAP.tlb + TLB.tagExecute), tag);
  const global = fn.let(i32.and(cached, i32.load(entry, PROCESSOR_MAP.tlb + TLB.global)));
  const table = fn.let(i32.load(i32.shl(physical.get, i32.const(2)), MEMORY_MAP.codeDirectory));
  fn.if(i32.eqz(table), () => fn.return(i32.const(0)));
  fn.if(i32.ne(i32.load(i32.sub(table, i32.const(16))), STATE.load32(s, 'mode')), () =>
    fn.return(i32.const(0)),
  );
  // The cache knows nothing of limits.
  fn.if(i32.eqz(flat), () => fn.return(table));
  const slot = fn.let(fetchSlot(s, lin));
  fn.store('i32.store', slot, tag, PROCESSOR_MAP.fetchCache + FETCH_CACHE.tag);
  fn.store('i32.store', slot, table, PROCESSOR_MAP.fetchCache + FETCH_CACHE.table);
  fn.store('i32.store', slot, global, PROCESSOR_MAP.fetchCache + FETCH_CACHE.global);
  fn.return(table);
  return fn;
}

function fetchSlot(s: I32, lin: I32): I32 {
  const mask = (FETCH_CACHE.entries - 1) << FETCH_CACHE.entryShift;
  return i32.add(s, i32.and(i32.shrU(lin, i32.const(12 - FETCH_CACHE.entryShift)), i32.const(mask)));
}

/** Offset of an address' entry in the jump cache. `ip` is a leaf. */
export function jumpCacheEntry(ip: I32): I32 {
  const hash = i32.xor(i32.shl(ip, i32.const(JUMP_CACHE.entryShift)), i32.shrU(ip, i32.const(6)));
  return i32.and(hash, i32.const((JUMP_CACHE.entries - 1) << JUMP_CACHE.entryShift));
}

/** What a module is generated for. */
export interface InterpreterOptions {
  /** Entries counted at one place before `run` leaves with LEAVE.hot; 0: nothing is counted. */
  readonly hotAfter: number;
}

export interface HotFunctions {
  readonly options: InterpreterOptions;
  readonly support: SupportFunctions;
  readonly fetch: FunctionRef;
  readonly addressRecord: FunctionRef;
  /** (): see emitMaterialize. */
  readonly materialize: FunctionRef;
}

/** No translation asks for more before it begins. */
const AMPLE_BUDGET = 256;

/** Builds `run(state, start) -> LEAVE`: the interpreter's loop with the hot handlers inside. */
export class HotFunction {
  private readonly fn: FunctionBuilder;
  private readonly s: I32;
  private readonly budget;
  private readonly frameLocals;

  constructor(
    module: ModuleBuilder,
    private readonly table: HandlerTable,
    private readonly functions: HotFunctions,
  ) {
    const fn = module.function('run', { params: ['i32', 'i32'], results: ['i32'] }, { exported: true });
    this.fn = fn;
    // One processor so far: its block's place is a constant of the code, which saves an addition for every register.
    this.s = i32.const(STATE_PLACE);
    this.frameLocals = {
      record: fn.local('i32'),
      pageIp: fn.local('i32'),
      address: fn.local('i32'),
      table: fn.local('i32'),
      ip: fn.local('i32'),
    };
    this.budget = fn.local('i32');
  }

  emit(): void {
    const { fn, s } = this;
    const { ip, pageIp, address } = this.frameLocals;
    fn.set(ip, i32.load(s, AT.rip));
    fn.set(this.budget, i32.load(s, AT.budget));
    fn.set(address, i32.const(0));
    // No page yet: ip - pageIp is not below 4096.
    fn.set(pageIp, i32.add(ip.get, i32.const(0x1000)));
    fn.block((miss) => {
      fn.block((fault) => {
        fn.block((spent) => fn.loop((resync) => this.lookup(resync, { miss, fault, spent })));
        this.leave(LEAVE.budget, this.currentIp(), i32.const(0));
      });
      // What did not complete does not count.
      this.leave(LEAVE.fault, this.currentIp(), i32.add(this.budget.get, i32.const(1)));
    });
    this.leave(LEAVE.miss, ip.get, this.budget.get);
  }

  private currentIp(): I32 {
    const { pageIp, record } = this.frameLocals;
    return i32.add(pageIp.get, i32.load16U(record.get, RECORD.offset));
  }

  private leave(reason: number, ip: I32, budget: I32): void {
    const { fn, s } = this;
    fn.store('i32.store', s, ip, AT.rip);
    fn.store('i32.store', s, budget, AT.budget);
    fn.return(i32.const(reason));
  }

  /** Finds the record of `ip`: within the current page by its table, elsewhere by the fetch cache. */
  private lookup(resync: Label, exits: { miss: Label; fault: Label; spent: Label }): void {
    const { fn, s } = this;
    const { ip, pageIp, table, record } = this.frameLocals;
    const start = fn.params[1]!;
    fn.if(i32.geU(i32.sub(ip.get, pageIp.get), i32.const(0x1000)), () => {
      const lin = fn.let(i32.add(ip.get, i32.load(s, STATE.offset('segmentBase', SEGMENT.cs))));
      const slot = fn.let(fetchSlot(s, lin));
      const tag = i32.or(i32.and(lin, i32.const(~0xfff)), STATE.load32(s, 'tlbContext'));
      fn.set(table, i32.load(slot, PROCESSOR_MAP.fetchCache + FETCH_CACHE.table));
      fn.if(i32.ne(i32.load(slot, PROCESSOR_MAP.fetchCache + FETCH_CACHE.tag), tag), () => {
        fn.set(table, call<'i32'>(this.functions.fetch, s, lin));
        fn.brIf(exits.miss, i32.eqz(table.get));
      });
      fn.set(pageIp, i32.sub(ip.get, i32.and(lin, i32.const(0xfff))));
    });
    fn.set(record, i32.load(i32.add(table.get, i32.shl(i32.sub(ip.get, pageIp.get), i32.const(2)))));
    fn.brIf(exits.miss, i32.eqz(record.get));
    fn.if(start.get as I32, () => {
      fn.set(record, start.get as I32);
      fn.set(start, i32.const(0));
    });
    this.profile();
    fn.loop((next) => {
      fn.set(this.budget, i32.sub(this.budget.get, i32.const(1)));
      fn.brIf(exits.spent, i32.ltS(this.budget.get, i32.const(0)));
      fn.loop((same) =>
        this.dispatch(
          {
            ...this.frameLocals,
            next,
            resync,
            miss: exits.miss,
            fault: exits.fault,
            profiled: this.functions.options.hotAfter > 0,
          },
          same,
        ),
      );
    });
  }

  /** Counts entries into code that is not translated. */
  private profile(): void {
    const { fn } = this;
    const { ip, record } = this.frameLocals;
    if (this.functions.options.hotAfter === 0) return;
    fn.if(i32.ne(i32.load16U(record.get, RECORD.handler), i32.const(SPECIAL.enter)), () =>
      this.countEntry(ip.get, () => this.leave(LEAVE.hot, ip.get, this.budget.get)),
    );
  }

  private countEntry(ip: I32, hot: () => void): void {
    const { fn, s } = this;
    const hash = i32.xor(ip, i32.shrU(ip, i32.const(12)));
    const counter = fn.let(
      i32.add(s, i32.and(i32.shl(hash, i32.const(2)), i32.const((PROFILE.entries - 1) << 2))),
    );
    const count = fn.let(i32.add(i32.load(counter, PROCESSOR_MAP.profile), i32.const(1)));
    fn.store('i32.store', counter, count, PROCESSOR_MAP.profile);
    fn.if(i32.gtU(count, i32.const(this.functions.options.hotAfter)), () => {
      fn.store('i32.store', counter, i32.const(0), PROCESSOR_MAP.profile);
      hot();
    });
  }

  /** Calls a translation. One that refuses (too little budget is left) is interpreted instead. */
  private enterTranslation(frame: HotFrame, same: Label): void {
    const { fn, s, budget } = this;
    const { record, pageIp, ip } = frame;
    const here = fn.let(this.currentIp());
    fn.store('i32.store', s, here, AT.rip);
    const granted = fn.let(i32.add(budget.get, i32.const(1)));
    const slot = fn.let(i32.load(record.get, RECORD.immediate));
    this.noteJump(here, slot);
    const depth = i32.const(CALL_DEPTH);
    const esp = i32.load(s, AT.gpr + 8 * GPR.esp);
    const clock = i64.extendI32S(granted);
    const [status, after] = fn.letResults(
      callTable(TRANSLATIONS, TRANSLATION, slot, pageIp.get, depth, esp, clock),
    ) as [I32, Expression<'i64'>];
    fn.store('i32.store', s, i32.const(0), AT.translatedPage);
    fn.if(i32.load(s, AT.pendingKind), () => fn.call(this.functions.materialize));
    fn.set(budget, i32.wrap(after));
    fn.store('i32.store', s, budget.get, AT.budget);
    this.count(TRANSLATION_COUNTERS.instructions, i64.extendI32S(i32.sub(granted, budget.get)));
    this.count(
      TRANSLATION_COUNTERS.chained,
      i64.shrU(i64.sub(after, i64.extendI32S(budget.get)), i64.const(32)),
    );
    fn.if(i32.eq(status, i32.const(STATUS.jump)), () => {
      fn.set(ip, i32.load(s, AT.rip));
      // A transfer called by a translation may have changed privilege: look the page up again.
      fn.set(pageIp, i32.add(ip.get, i32.const(0x1000)));
      fn.br(frame.resync);
    });
    fn.if(i32.eq(status, i32.const(STATUS.interpret)), () => {
      fn.set(ip, i32.load(s, AT.rip));
      fn.brIf(frame.resync, i32.ne(ip.get, here));
      // The record may have been dropped meanwhile.
      fn.brIf(frame.resync, i32.ne(i32.load16U(record.get, RECORD.handler), i32.const(SPECIAL.enter)));
      fn.if(i32.leS(budget.get, i32.const(0)), () => fn.return(i32.const(LEAVE.budget)));
      // Not for want of budget: its stack frames are not where it could use them.
      fn.if(i32.gtS(budget.get, i32.const(AMPLE_BUDGET)), () =>
        this.countEntry(ip.get, () => fn.return(i32.const(LEAVE.hot))),
      );
      fn.set(budget, i32.sub(budget.get, i32.const(1)));
      fn.set(record, i32.load(record.get, RECORD.displacement));
      fn.br(same);
    });
    fn.if(i32.eq(status, i32.const(STATUS.fault)), () => fn.return(i32.const(LEAVE.fault)));
    fn.return(i32.const(LEAVE.exit));
  }

  private count(counter: number, more: Expression<'i64'>): void {
    const at = MEMORY_MAP.translationCounters + counter;
    const zero = i32.const(0);
    this.fn.store('i64.store', zero, i64.add(i64.load(zero, at), more), at);
  }

  /** Enters a translation into the jump cache. */
  private noteJump(ip: I32, slot: I32): void {
    const { fn, s } = this;
    const entry = fn.let(jumpCacheEntry(ip));
    const { jumpCache } = MEMORY_MAP;
    const fetched = fn.let(fetchSlot(s, ip));
    const tag = i32.or(i32.and(ip, i32.const(~0xfff)), STATE.load32(s, 'tlbContext'));
    const known = i32.eq(i32.load(fetched, PROCESSOR_MAP.fetchCache + FETCH_CACHE.tag), tag);
    const global = i32.and(known, i32.load(fetched, PROCESSOR_MAP.fetchCache + FETCH_CACHE.global));
    fn.if(i32.eqz(global), () => noteFlushed(fn, FLUSH_NOTES.jumps, entry));
    fn.store('i32.store', entry, ip, jumpCache + JUMP_CACHE.ip);
    fn.store('i32.store', entry, STATE.load32(s, 'tlbContext'), jumpCache + JUMP_CACHE.context);
    fn.store('i32.store', entry, slot, jumpCache + JUMP_CACHE.slot);
    const page = i32.and(i32.shrU(ip, i32.const(12)), i32.const(JUMP_CACHE.pageMask));
    fn.store('i32.store8', page, i32.const(1), jumpCache + JUMP_CACHE.pages);
  }

  private dispatch(frame: HotFrame, same: Label): void {
    const { fn } = this;
    const count = this.table.firstCold;
    const labels: Label[] = new Array<Label>(count);
    const nest = (n: number): void => {
      fn.block((label) => {
        labels[n] = label;
        if (n > 0) nest(n - 1);
        else fn.brTable(i32.load16U(frame.record.get, RECORD.handler), labels, cold);
      });
      const mark = fn.mark();
      if (n < SPECIAL.count) this.special(n, frame, same);
      else this.handler(this.table.hot[n - SPECIAL.count]!, frame);
      fn.release(mark);
    };
    let cold: Label;
    fn.block((label) => {
      cold = label;
      nest(count - 1);
    });
    this.callCold(frame);
  }

  private advance(frame: HotFrame, to: Label): void {
    this.fn.set(frame.record, i32.add(frame.record.get, i32.const(RECORD.bytes)));
    this.fn.br(to);
  }

  private handler(handler: Handler, frame: HotFrame): void {
    const k = new HotBuilder(
      this.fn,
      this.s,
      this.functions.support,
      handler.form,
      handler.variant,
      frame,
      handler.inPage,
    );
    handler.meaning.semantics(k, ...handler.form.operands.map((spec) => k.operand(spec)));
    this.advance(frame, frame.next);
  }

  private uncount(): void {
    this.fn.set(this.budget, i32.add(this.budget.get, i32.const(1)));
  }

  private special(number: number, frame: HotFrame, same: Label): void {
    const { fn, s } = this;
    const { record } = frame;
    switch (number) {
      case SPECIAL.resync:
        this.uncount();
        fn.set(frame.ip, this.currentIp());
        return fn.br(frame.resync);
      case SPECIAL.addressIndex: {
        const index = i32.load(i32.load8U(record.get, RECORD.reg), STATE_PLACE + AT.gpr);
        fn.set(frame.address, i32.shl(index, i32.load8U(record.get, RECORD.auxiliary)));
        return this.advance(frame, same);
      }
      case SPECIAL.addressGeneral:
        fn.set(frame.address, call<'i32'>(this.functions.addressRecord, s, record.get));
        fn.brIf(frame.fault, STATE.load32(s, 'faulted'));
        return this.advance(frame, same);
      case SPECIAL.link:
        fn.set(record, i32.load(record.get, RECORD.immediate));
        return fn.br(same);
      case SPECIAL.enter:
        return this.enterTranslation(frame, same);
      default:
        return this.straddle(frame, same);
    }
  }

  /** The decoded form is good while the next page is still the one it was decoded from (displacement: its physical number). */
  private straddle(frame: HotFrame, same: Label): void {
    const { fn, s } = this;
    const { record, pageIp } = frame;
    const lin = fn.let(
      i32.add(i32.add(pageIp.get, i32.const(0x1000)), i32.load(s, STATE.offset('segmentBase', SEGMENT.cs))),
    );
    const entry = fn.let(tlbEntry(s, lin));
    const tag = i32.or(lin, STATE.load32(s, 'tlbContext'));
    const mapped = i32.eq(i32.load(entry, PROCESSOR_MAP.tlb + TLB.tagExecute), tag);
    const expected = i32.eq(
      i32.load(entry, PROCESSOR_MAP.tlb + TLB.physicalPage),
      i32.load(record.get, RECORD.displacement),
    );
    // Where the limit of CS lies in the next page, the instruction's end has to be looked at.
    const limit = STATE.load32(s, 'segmentLimit', SEGMENT.cs);
    const within = i32.leU(i32.add(pageIp.get, i32.const(0x1fff)), limit);
    fn.if(i32.and(i32.and(mapped, expected), within), () => {
      fn.set(record, i32.load(record.get, RECORD.immediate));
      fn.br(same);
    });
    this.leave(LEAVE.straddle, this.currentIp(), i32.add(this.budget.get, i32.const(1)));
  }

  /** All other handlers: functions of their own, reached through the module's table. */
  private callCold(frame: HotFrame): void {
    const { fn, s } = this;
    const { record, pageIp, address } = frame;
    fn.store('i32.store', s, this.budget.get, AT.budget);
    const slot = i32.sub(i32.load16U(record.get, RECORD.handler), i32.const(this.table.firstCold));
    const status = fn.let(callIndirect<'i32'>(COLD, slot, s, record.get, pageIp.get, address.get));
    fn.set(address, i32.const(0));
    fn.set(this.budget, i32.load(s, AT.budget));
    fn.if(i32.eqz(status), () => this.advance(frame, frame.next));
    fn.brIf(frame.fault, i32.eq(status, i32.const(STATUS.fault)));
    fn.if(i32.eq(status, i32.const(STATUS.jump)), () => {
      fn.set(frame.ip, i32.load(s, AT.rip));
      // A transfer by a host function may have changed privilege: look the page up again.
      fn.set(pageIp, i32.add(frame.ip.get, i32.const(0x1000)));
      fn.br(frame.resync);
    });
    fn.return(i32.const(LEAVE.exit));
  }
}

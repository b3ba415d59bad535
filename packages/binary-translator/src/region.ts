import {
  AT,
  CALL_DEPTH,
  meaningOf,
  RegisterFile,
  segmentCheck,
  STATE_PLACE,
  STATUS,
  TRANSLATION,
  usesMemory,
  variantOf,
  type BlockFrame,
  type Builder,
  type HostInstruction,
  type Position,
  type Status,
  type SupportFunctions,
} from '@trapgate/cpu';
import {
  call,
  callIndirect,
  i32,
  i64,
  select,
  type Expression,
  type FunctionBuilder,
  type I32,
  type Label,
  type Local,
} from '@trapgate/wasm-assembler';
import type { Form } from '@trapgate/x86-decoder';
import { checkpointsOf, type Checkpoints } from './checkpoints';
import { Clock } from './clock';
import { recounts, type BasicBlock, type ControlFlow, type RegionInstruction } from './discover';
import { RegionFlags, type LazyFlags } from './lazy-flags';
import { isApart, isInline, isSimpleProducer, leavesRegion, mayCallHost } from './translated-forms';
import { mayWrite } from './written-registers';
import { RegionBuilder } from './region-builder';
import type { ColdRecord, RegionFunctions, RegionOptions } from './region-options';
import { NO_FRAMES, stackFramesOf, type StackFrames } from './stack-frames';
import { CHAIN, EXIT, exitField, exitWord } from './exit-word';
import { FrameWindows } from './frame-windows';
import { PointerPlaces } from './pointer-places';
import { pointerWindowsOf } from './pointer-windows';
import { lookUp } from './jump-cache';
import { isCut, structureOf, type Structure } from './structure';
import { rotates, WantedFlags } from './wanted-flags';

const ESP = 4;
const EBP = 5;

/** Emits one region's code into a function, TRANSLATION. */
export class RegionEmitter implements BlockFrame {
  readonly s = i32.const(STATE_PLACE);
  readonly start: I32;
  readonly support: SupportFunctions;
  readonly mode: number;
  readonly registers: RegisterFile;
  readonly flags: RegionFlags;
  readonly context: Local<'i32'>;
  readonly clock: Clock;
  /** A branch to it leaves by what {@link setWhere} has set. */
  outStatic!: Label;
  private readonly depth: I32;
  private readonly esp: I32;
  private readonly where: Local<'i32'>;
  private readonly rip: Local<'i32'>;
  private readonly epoch: Local<'i32'>;
  private readonly structure: Structure;
  private readonly checkpoints: Checkpoints;
  private readonly frames: StackFrames;
  private readonly windows: FrameWindows;
  private readonly pointers: PointerPlaces;
  private readonly wanted: WantedFlags;
  private readonly loopLabels = new Map<number, Label>();
  private readonly mergeLabels = new Map<number, Label>();
  private out!: Label;
  /** A branch to it goes on where the state block says, in the translation there if there is one. */
  private onward!: Label;
  private current!: BasicBlock;
  /** Instructions executed on this path that the budget does not know of. */
  private done = 0;

  constructor(
    readonly fn: FunctionBuilder,
    private readonly functions: RegionFunctions,
    private readonly flow: ControlFlow,
    private readonly options: RegionOptions,
  ) {
    this.start = fn.param<'i32'>(0);
    this.depth = fn.param<'i32'>(1);
    this.esp = fn.param<'i32'>(2);
    this.support = functions.support;
    this.mode = options.mode;
    this.registers = new RegisterFile(fn, this.s);
    this.flags = new RegionFlags(fn, this.s, functions.materialize, rotates(flow));
    const local = (): Local<'i32'> => fn.local('i32');
    this.context = local();
    this.clock = new Clock(fn);
    this.where = local();
    this.rip = local();
    this.epoch = local();
    this.structure = structureOf(flow, options.entry);
    const order = [...this.structure.order.keys()];
    this.checkpoints = checkpointsOf(flow, this.structure, options.entry, order);
    const direct = ({ form, decoded }: RegionInstruction): boolean =>
      isInline(form, this.variant(form, decoded).general);
    this.frames =
      options.unframed === undefined
        ? NO_FRAMES
        : stackFramesOf(flow, options.entry, order, options.mode, direct);
    this.windows = new FrameWindows(this, this.frames);
    const accesses = pointerWindowsOf(flow, this.structure, options.mode, this.frames, direct);
    this.pointers = new PointerPlaces(this, accesses);
    this.wanted = new WantedFlags(flow, options.mode, this.structure.loops);
  }

  private load(field: number): I32 {
    return i32.load(this.s, field);
  }

  private save(field: number, value: I32): void {
    this.fn.store('i32.store', this.s, value, field);
  }

  /** Entry: enough budget, and checked stack frames. */
  emit(): void {
    const { fn, options } = this;
    const { entry, page } = options;
    const refuse = (): void => this.return(i32.const(STATUS.interpret));
    fn.ifRarely(i32.ltS(this.clock.budget, i32.const(this.checkpoints.needs.get(entry)!)), refuse);
    fn.set(this.context, this.load(AT.tlbContext));
    for (const { anchor, register } of this.frames.atEntry)
      this.windows.check(anchor, register === ESP ? this.esp : this.load(AT.gpr + 8 * register), () =>
        this.goOnUnframed(),
      );
    fn.set(this.epoch, this.load(AT.translationEpoch));
    this.save(AT.translatedPage, i32.const(page + 1));
    this.registers.reload(new Map([[ESP, this.esp]]));
    fn.block((onward) => {
      this.onward = onward;
      fn.block((out) => {
        this.out = out;
        fn.block((outStatic) => {
          this.outStatic = outStatic;
          this.tree(entry);
        });
        fn.set(this.rip, i32.add(this.start, exitField(this.where.get, 0, EXIT.done)));
      });
      this.wayOut();
    });
    this.goOnward();
    this.registers.finish();
  }

  private goOnUnframed(): void {
    const { fn, start, depth, esp, clock, options } = this;
    const slot = i32.const(options.unframed!);
    if (options.tailCalls) fn.returnCallIndirect(TRANSLATION, slot, start, depth, esp, clock.now);
    else fn.return(...fn.letResults(callIndirect(TRANSLATION, slot, start, depth, esp, clock.now)));
  }

  private return(status: I32): void {
    this.fn.return(status, this.clock.now);
  }

  /** Everything goes back into the state block; a jump goes on in the translation of its target. */
  private wayOut(): void {
    const { fn } = this;
    this.registers.writeBack();
    if (this.flags.touched)
      this.flags.writeBackCode(fn.let(exitField(this.where.get, EXIT.kind, EXIT.status)));
    this.save(AT.rip, this.rip.get);
    this.clock.take(i64.extendI32U(exitField(this.where.get, EXIT.done, EXIT.kind)));
    const status = fn.let(exitField(this.where.get, EXIT.status, 32));
    fn.brIf(this.onward, i32.eq(status, i32.const(CHAIN)));
    this.return(status);
  }

  private goOnward(): void {
    const { fn } = this;
    if (this.options.tailCalls) {
      const ip = fn.let(this.load(AT.rip));
      // Privilege may have changed.
      fn.set(this.context, this.load(AT.tlbContext));
      const { slot, hit } = lookUp(fn, this.context.get, ip);
      fn.if(hit, () => {
        const page = i32.and(ip, i32.const(~0xfff));
        const esp = this.load(AT.gpr + 8 * ESP);
        fn.returnCallIndirect(TRANSLATION, slot(), page, this.depth, esp, this.clock.chained());
      });
    }
    this.return(i32.const(STATUS.jump));
  }

  private variant(form: Form, decoded: HostInstruction['decoded']): { memory: boolean; general: boolean } {
    return variantOf(form, decoded, this.mode, meaningOf(form)?.implicit === true);
  }

  ip(offset: number): I32 {
    return this.fn.let(i32.add(this.start, i32.const(offset)));
  }

  // -- control flow ------------------------------------------------------------------------------------------------

  /** A block and all that it dominates. */
  private tree(start: number): void {
    const { fn, structure } = this;
    const merges = [...(structure.dominatedMerges.get(start) ?? [])].reverse();
    const nest = (n: number): void => {
      const merge = merges[n];
      if (merge === undefined) return this.block(this.flow.get(start)!);
      fn.block((label) => {
        this.mergeLabels.set(merge, label);
        nest(n + 1);
      });
      this.flags.meet(this.wanted.meeting(merge));
      this.registers.merge();
      this.done = 0;
      this.tree(merge);
    };
    if (!structure.loops.has(start)) return nest(0);
    this.settle(start);
    this.flags.meet(this.wanted.meeting(start));
    fn.loop((label) => {
      this.loopLabels.set(start, label);
      this.registers.merge();
      nest(0);
    });
  }

  /** Before paths meet: budget and flags are where every path has them. */
  private settle(target: number): void {
    this.flags.settle(this.wanted.meeting(target));
    this.count();
  }

  private count(): void {
    if (this.done > 0) this.clock.take(i64.const(this.done));
    this.done = 0;
  }

  /** Goes to an offset of the page, `done` instructions after the last count. Does not fall through. */
  branch(target: number, done: number): void {
    const { structure, flags, fn, registers } = this;
    const [known, source, before, changed] = [flags.snapshot(), this.current, this.done, registers.changed];
    this.done = done;
    if (!this.flow.has(target) || isCut(structure, source.start, target)) {
      this.leaveTo(i32.add(this.start, i32.const(target)), 'chain', done);
    } else if (
      structure.loops.has(target) &&
      structure.order.get(target)! <= structure.order.get(source.start)!
    ) {
      this.settle(target);
      fn.br(this.loopLabels.get(target)!);
    } else if (structure.merges.has(target)) {
      this.settle(target);
      fn.br(this.mergeLabels.get(target)!);
    } else this.tree(target);
    flags.restore(known);
    registers.changed = changed;
    this.current = source;
    this.done = before;
  }

  private block(block: BasicBlock): void {
    const { fn } = this;
    this.current = block;
    const { start } = block;
    const need = this.checkpoints.needs.get(start);
    if (need !== undefined && start !== this.options.entry) {
      this.count();
      this.checkBudget(start, need);
    } else if (need !== undefined && this.structure.loops.has(start)) this.checkBudget(start, need);
    for (const { anchor, register } of this.frames.atBlock.get(start) ?? [])
      this.windows.check(anchor, this.registers.current(register), () =>
        this.leaveAt(STATUS.interpret, start, this.done),
      );
    for (const instruction of block.instructions) {
      const mark = fn.mark();
      this.registers.begin(mayWrite(instruction));
      const { offset } = instruction;
      this.instruction(instruction, { offset, behind: -this.done - 1 });
      this.done++;
      for (const made of this.frames.behind.get(offset) ?? []) this.frameMade(made, instruction);
      fn.release(mark);
    }
    const last = block.instructions[block.instructions.length - 1]!;
    if (block.falls !== undefined) this.branch(block.falls, this.done);
    else if (mayCallHost(last.form)) this.leaveAt(STATUS.jump, last.offset + last.decoded.length, this.done);
  }

  private checkBudget(start: number, need: number): void {
    this.fn.ifRarely(i32.ltS(this.clock.budget, i32.const(need)), () =>
      this.leaveAt(STATUS.interpret, start, this.done),
    );
  }

  private frameMade(
    { anchor, register }: { anchor: number; register: number },
    instruction: RegionInstruction,
  ): void {
    const next = instruction.offset + instruction.decoded.length;
    this.windows.check(anchor, this.registers.current(register), () =>
      this.leaveAt(STATUS.interpret, next, this.done),
    );
  }

  /** Notes how a way out that may be taken is to be understood. */
  setWhere(status: number, offset: number, done: number): void {
    this.fn.set(this.where, i32.const(exitWord(offset, done, this.flags.code(), status)));
  }

  /** Leaves; rip becomes the address of an offset. */
  leaveAt(status: Status, offset: number, done: number): void {
    this.setWhere(status, offset, done);
    this.fn.br(this.outStatic);
  }

  /** Leaves for any address: the ways that are taken most, each by itself. */
  leaveTo(target: I32, how: 'return' | 'chain', done: number): void {
    const { fn } = this;
    this.settleState(target, done);
    if (how === 'return') {
      // Called by no translation: that of the caller, if there is one, goes on from the jump cache.
      fn.ifRarely(i32.eq(this.depth, i32.const(CALL_DEPTH)), () => fn.br(this.onward));
      this.return(i32.const(STATUS.jump));
    } else fn.br(this.onward);
  }

  /** State block and clock hold everything; rip becomes `target`. */
  private settleState(target: I32, done: number): void {
    this.flags.toState();
    this.registers.writeBackChanged();
    this.save(AT.rip, target);
    this.clock.take(i64.const(done));
  }

  leave(status: Status, ip: I32, notRun: number): void {
    this.fn.set(this.rip, ip);
    this.setWhere(status, 0, -notRun);
    this.fn.br(this.out);
  }

  leaveToHost(): void {
    throw new Error('host instructions are left to the interpreter');
  }

  /**
   * Calls the translation of a call's target, and goes on behind the call if that returns there; if it returns to elsewhere, the
   * state block holds everything then. `offset`: the target's from this page, if that is known.
   */
  call(target: I32, next: number, done: number, offset?: number): void {
    const { fn, registers } = this;
    const to = fn.let(target);
    this.settleState(to, done);
    const deep = i32.eqz(this.depth);
    const unable = (): void => this.return(i32.const(STATUS.jump));
    const depth = i32.sub(this.depth, i32.const(1));
    const esp = registers.current(ESP);
    let called: Expression;
    // While this runs, it cannot have been dropped: whatever may drop it is looked at behind (translationEpoch).
    if (offset === this.options.entry) {
      fn.ifRarely(deep, unable);
      called = call(fn, this.start, depth, esp, this.clock.chained());
    } else {
      const { hit, slot } = lookUp(fn, this.context.get, to);
      fn.ifRarely(i32.or(i32.eqz(hit), deep), unable);
      const page = i32.and(to, i32.const(~0xfff));
      called = callIndirect(TRANSLATION, slot(), page, depth, esp, this.clock.chained());
    }
    const [status, after] = fn.letResults(called) as [I32, Expression<'i64'>];
    this.clock.set(after);
    fn.ifRarely(i32.ne(status, i32.const(STATUS.jump)), () => this.return(status));
    let differs = i32.xor(this.load(AT.rip), this.ip(next));
    differs = i32.or(differs, i32.xor(this.load(AT.translationEpoch), this.epoch.get));
    // Nearly every callee leaves them so. Then windows stay good, and nothing waits for what the callee has stored.
    const kept = new Map<number, I32>();
    if (this.frames.windows.size > 0) {
      kept.set(ESP, fn.let(i32.add(registers.current(ESP), i32.const(4))));
      if (this.frames.usesEbp) kept.set(EBP, registers.current(EBP));
    }
    for (const [register, value] of kept)
      differs = i32.or(differs, i32.xor(this.load(AT.gpr + 8 * register), value));
    fn.brIf(this.onward, differs, 'false');
    this.save(AT.translatedPage, i32.const(this.options.page + 1));
    registers.reload(kept);
    this.done = -1;
  }

  // -- instructions ------------------------------------------------------------------------------------------------

  private instruction(instruction: RegionInstruction, position: Position): void {
    const { form, decoded } = instruction;
    const variant = this.variant(form, decoded);
    const meaning = meaningOf(form);
    if (leavesRegion(instruction, this.mode)) {
      return this.leaveAt(STATUS.interpret, position.offset, this.done);
    }
    const place = this.windows.place(position.offset);
    const pointer = this.pointers.place(position.offset, decoded);
    const k = new RegionBuilder(this, instruction, position, variant, place, pointer);
    if (usesMemory(form, decoded) && segmentCheck(form, decoded, this.mode)) k.linear();
    if (!meaning || !isInline(form, variant.general)) return this.cold(instruction, position, k);
    const flags = form.flags;
    const writes = (flags.written | flags.cleared | flags.set | flags.undefined) !== 0;
    if (writes && !isSimpleProducer(instruction.form)) (k.flags as LazyFlags).canonical();
    meaning.semantics(k as unknown as Builder, ...form.operands.map((spec) => k.operand(spec)));
  }

  /** The interpreter's function executes the instruction, on the state block. */
  private cold(instruction: RegionInstruction, position: Position, k: RegionBuilder): void {
    const { fn, flags, registers } = this;
    const { form, decoded } = instruction;
    const meaning = meaningOf(form);
    const record = this.options.cold(instruction);
    if (!record) return this.leaveAt(STATUS.interpret, position.offset, this.done);
    const linear = usesMemory(form, decoded) ? k.linear() : i32.const(0);
    const apart = isApart(form);
    const f = form.flags;
    const touchesFlags = (f.read | f.written | f.cleared | f.set | f.undefined) !== 0;
    if (!apart) {
      registers.useAll();
      registers.writeBackChanged();
    }
    if (!apart || touchesFlags) flags.toStateWords();
    const { quick } = meaning ?? {};
    if (!quick || !apart) return this.callCold(instruction, record, position, linear);
    fn.block((done) => {
      fn.block((otherwise) => {
        quick(k as unknown as Builder, otherwise);
        fn.br(done);
      });
      this.callCold(instruction, record, position, linear);
    });
  }

  private callCold(
    instruction: RegionInstruction,
    record: ColdRecord,
    position: Position,
    linear: I32,
  ): void {
    const { fn, s, registers } = this;
    const { form, decoded } = instruction;
    const apart = isApart(form);
    const host = mayCallHost(form);
    const counted = recounts(form) || host;
    const before = (): I32 => i32.sub(this.clock.budget, i32.const(this.done + 1));
    if (counted) this.save(AT.budget, before());
    this.setWhere(STATUS.fault, position.offset, this.done);
    const status = fn.let(
      call<'i32'>(
        this.functions.callCold,
        i32.const(record.slot),
        s,
        i32.const(record.record),
        this.start,
        linear,
      ),
    );
    if (!apart) registers.reload();
    if (counted) this.clock.take(i64.extendI32S(i32.sub(before(), this.load(AT.budget))));
    fn.ifRarely(status, () => {
      fn.brIf(this.outStatic, i32.eq(status, i32.const(STATUS.fault)));
      fn.set(this.rip, this.load(AT.rip));
      this.setWhere(0, 0, this.done + 1);
      const chained = select(i32.eq(status, i32.const(STATUS.jump)), i32.const(CHAIN), status);
      fn.set(this.where, i32.or(this.where.get, i32.shl(chained, i32.const(EXIT.status))));
      fn.br(this.out);
    });
    if (!host) return;
    // JavaScript may have written code, this too.
    const changed = i32.ne(this.load(AT.translationEpoch), this.epoch.get);
    const next = position.offset + decoded.length;
    fn.ifRarely(changed, () => this.leaveAt(STATUS.jump, next, this.done + 1));
  }
}

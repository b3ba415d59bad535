import {
  AT,
  meaningOf,
  RegisterFile,
  segmentCheck,
  StaticBuilder,
  STATUS,
  usesMemory,
  variantOf,
  type BlockFrame,
  type Builder,
  type HostInstruction,
  type Position,
  type Status,
  type SupportFunctions,
  type Value,
} from '@trapgate/cpu';
import { loadHost, PROCESSOR_MAP, storeHost, TLB, tlbEntry, tlbTag, type AccessBytes } from '@trapgate/mmu';
import {
  call,
  i32,
  type Expression,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type Label,
  type Local,
} from '@trapgate/wasm-assembler';
import type { Form } from '@trapgate/x86-decoder';
import { isConditionalBranch, type BasicBlock, type ControlFlow, type RegionInstruction } from './discover';
import { LazyFlags, RegionFlags } from './lazy-flags';
import { isCut, structureOf, type Structure } from './structure';

/** Flag producers whose flags change last and always: they need not be computed before the next of them. */
const SIMPLE_PRODUCERS = new Set([
  'add',
  'sub',
  'cmp',
  'neg',
  'and',
  'or',
  'xor',
  'test',
  'inc',
  'dec',
  'adc',
  'sbb',
]);
const INLINE_FEATURES = new Set(['8086', '186', '386', '486', 'cmov']);

/** Functions of the interpreter that regions call. */
export interface RegionFunctions {
  readonly support: SupportFunctions;
  /** See emitMaterialize. */
  readonly materialize: FunctionRef;
  /** (slot, state, record, pageIp, address) -> status: one of the interpreter's handlers that are functions. */
  readonly callCold: FunctionRef;
}

/** A decoded record for an instruction that the interpreter's own function executes, its address computed by the region. */
export interface ColdRecord {
  readonly slot: number;
  readonly record: number;
}

export interface RegionOptions {
  /** Physical page number. */
  readonly page: number;
  readonly mode: number;
  readonly entry: number;
  cold(instruction: RegionInstruction): ColdRecord | undefined;
}

/** Whether an instruction's semantics are emitted into the region, rather than called. */
function isInline(form: Form, general: boolean): boolean {
  const meaning = meaningOf(form);
  if (!meaning || meaning.host || general || !INLINE_FEATURES.has(form.feature) || form.far) return false;
  return form.rep === 'none' && !/^f/.test(form.mnemonic);
}

const ESP = 4;
const EBP = 5;
const STACK_INSTRUCTIONS = new Set([
  'push',
  'pop',
  'call',
  'ret',
  'leave',
  'pushad',
  'popad',
  'pusha',
  'popa',
]);
/** No masked address equals it: bit 11 is never part of a page number. */
const NO_PAGE = 0x800;

/** A page that a region has written or could write: its linear address, and what turns addresses in it into places. */
interface PageMemo {
  readonly page: Local<'i32'>;
  readonly addend: Local<'i32'>;
}

class RegionBuilder extends StaticBuilder {
  constructor(
    private readonly region: RegionEmitter,
    instruction: HostInstruction,
    position: Position,
    variant: { memory: boolean; general: boolean },
  ) {
    super(region, instruction, position, variant);
  }
  protected override makeFlags(): LazyFlags {
    return new LazyFlags(this as unknown as Builder, (this.frame as RegionEmitter).flags);
  }
  /** The TLB context cannot change while a region runs. */
  override tlbContext(): I32 {
    return (this.frame as RegionEmitter).context.get;
  }
  // Stack frames: one comparison with the page that the region's last access to the stack went to.

  /** Whether an address is the stack's: relative to ESP or EBP, or implied by a stack instruction. */
  private onStack(linear: I32): boolean {
    const { form, decoded } = this.instruction;
    if (this.variant.general || segmentCheck(form, decoded, this.frame.mode)) return false;
    if (usesMemory(form, decoded) && linear === this.linear())
      return decoded.base === ESP || decoded.base === EBP;
    return STACK_INSTRUCTIONS.has(form.mnemonic);
  }

  /** 1 if an aligned access lies in the remembered page. */
  private remembered(bytes: AccessBytes, linear: I32): I32 {
    return i32.eq(i32.and(linear, i32.const(~0xfff | (bytes - 1))), this.memo.page.get);
  }

  private get memo(): PageMemo {
    return (this.frame as RegionEmitter).stack;
  }

  /** Remembers the page of an address if it may be written without more ado. */
  private remember(bytes: AccessBytes, linear: I32): void {
    const { fn, s, memo } = this;
    const entry = fn.let(tlbEntry(s, linear));
    const tag = tlbTag(this.layout, s, linear, bytes, this.tlbContext());
    fn.if(i32.eq(i32.load(entry, PROCESSOR_MAP.tlb + TLB.tagWrite), tag), () => {
      fn.set(memo.page, i32.and(linear, i32.const(~0xfff)));
      fn.set(memo.addend, i32.load(entry, PROCESSOR_MAP.tlb + TLB.addend));
    });
  }

  override load(bytes: AccessBytes, linear: I32): Value {
    if (!this.onStack(linear)) return super.load(bytes, linear);
    linear = this.let(linear) as I32;
    const { fn, memo } = this;
    const value = fn.local(bytes === 8 ? 'i64' : 'i32');
    fn.if(
      this.remembered(bytes, linear),
      () => fn.set(value, loadHost(bytes, i32.add(memo.addend.get, linear))),
      () => {
        this.remember(bytes, linear);
        fn.set(value, super.load(bytes, linear));
      },
    );
    return value.get as Value;
  }

  override store(bytes: AccessBytes, linear: I32, value: Value): void {
    if (!this.onStack(linear)) return super.store(bytes, linear, value);
    linear = this.let(linear) as I32;
    const { fn, memo } = this;
    const stored = this.let(value as Expression);
    fn.if(
      this.remembered(bytes, linear),
      () => storeHost(fn, bytes, i32.add(memo.addend.get, linear), stored),
      () => {
        this.remember(bytes, linear);
        super.store(bytes, linear, stored as Value);
      },
    );
  }

  override modify(bytes: AccessBytes, linear: I32): I32 {
    if (!this.onStack(linear)) return super.modify(bytes, linear);
    linear = this.let(linear) as I32;
    const { fn, memo } = this;
    const place = fn.local('i32');
    fn.if(
      this.remembered(bytes, linear),
      () => fn.set(place, i32.add(memo.addend.get, linear)),
      () => {
        this.remember(bytes, linear);
        fn.set(place, super.modify(bytes, linear));
      },
    );
    return place.get;
  }

  override jumpRelative(): void {
    const { form } = this.instruction;
    const target = this.position.offset + this.instruction.decoded.length + this.instruction.decoded.branch;
    if (form.mnemonic === 'call')
      return this.region.leave(STATUS.jump, this.region.ip(target), this.position.behind);
    this.region.branch(target);
  }
}

/** Emits one region as a function (state, pageIp) -> status. */
class RegionEmitter implements BlockFrame {
  readonly s: I32;
  readonly start: I32;
  readonly support: SupportFunctions;
  readonly mode: number;
  readonly registers: RegisterFile;
  readonly flags: RegionFlags;
  readonly context: Local<'i32'>;
  readonly stack: PageMemo;
  private readonly budget: Local<'i32'>;
  private readonly status: Local<'i32'>;
  private readonly rip: Local<'i32'>;
  private readonly notRun: Local<'i32'>;
  private readonly structure: Structure;
  private readonly loopLabels = new Map<number, Label>();
  private readonly mergeLabels = new Map<number, Label>();
  private out!: Label;
  private current!: BasicBlock;

  constructor(
    readonly fn: FunctionBuilder,
    private readonly functions: RegionFunctions,
    private readonly flow: ControlFlow,
    private readonly options: RegionOptions,
  ) {
    this.s = fn.param<'i32'>(0);
    this.start = fn.param<'i32'>(1);
    this.support = functions.support;
    this.mode = options.mode;
    this.registers = new RegisterFile(fn, this.s);
    this.flags = new RegionFlags(fn, this.s, functions.materialize);
    const local = (): Local<'i32'> => fn.local('i32');
    this.context = local();
    this.stack = { page: local(), addend: local() };
    this.budget = local();
    this.status = local();
    this.rip = local();
    this.notRun = local();
    this.structure = structureOf(flow, options.entry);
  }

  emit(): void {
    const { fn, s } = this;
    fn.set(this.budget, i32.load(s, AT.budget));
    fn.set(this.context, i32.load(s, AT.tlbContext));
    fn.store('i32.store', s, i32.const(this.options.page + 1), AT.translatedPage);
    fn.set(this.stack.page, i32.const(NO_PAGE));
    this.flags.load();
    const entry = fn.body.length;
    if (this.callsOut()) this.registers.useAll();
    fn.block((out) => {
      this.out = out;
      if (this.structure.loops.has(this.options.entry)) this.flags.toDynamic();
      this.tree(this.options.entry);
    });
    fn.body.splice(entry, 0, ...this.registers.loads());
    this.registers.writeBack();
    this.flags.writeBack();
    fn.store('i32.store', s, this.rip.get, AT.rip);
    fn.store('i32.store', s, i32.add(this.budget.get, this.notRun.get), AT.budget);
    fn.store('i32.store', s, i32.const(0), AT.translatedPage);
    fn.return(this.status.get);
  }

  private callsOut(): boolean {
    for (const block of this.flow.values()) {
      for (const { form, decoded } of block.instructions)
        if (!isInline(form, this.variant(form, decoded).general)) return true;
    }
    return false;
  }

  private variant(form: Form, decoded: HostInstruction['decoded']): { memory: boolean; general: boolean } {
    return variantOf(form, decoded, this.mode, meaningOf(form)?.implicit === true);
  }

  ip(offset: number): I32 {
    return i32.add(this.start, i32.const(offset));
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
      this.flags.state = 'dynamic';
      this.tree(merge);
    };
    if (!structure.loops.has(start)) return nest(0);
    fn.loop((label) => {
      this.loopLabels.set(start, label);
      nest(0);
    });
  }

  /** Goes to an offset of the page: within the region if it is one of its blocks. Does not fall through. */
  branch(target: number): void {
    const { structure, flags, fn } = this;
    const before = flags.state;
    const source = this.current;
    if (!this.flow.has(target) || isCut(structure, source.start, target)) {
      this.leave(STATUS.jump, this.ip(target), 0);
    } else if (
      structure.loops.has(target) &&
      structure.order.get(target)! <= structure.order.get(source.start)!
    ) {
      flags.toDynamic();
      fn.br(this.loopLabels.get(target)!);
    } else if (structure.merges.has(target)) {
      flags.toDynamic();
      fn.br(this.mergeLabels.get(target)!);
    } else {
      if (structure.loops.has(target)) flags.toDynamic();
      this.tree(target);
    }
    flags.state = before;
    this.current = source;
  }

  private block(block: BasicBlock): void {
    const { fn, budget } = this;
    this.current = block;
    const count = block.instructions.length;
    fn.set(budget, i32.sub(budget.get, i32.const(count)));
    fn.if(i32.ltS(budget.get, i32.const(0)), () => this.leave(STATUS.jump, this.ip(block.start), count));
    block.instructions.forEach((instruction, n) => {
      const mark = fn.mark();
      this.instruction(instruction, { offset: instruction.offset, behind: count - 1 - n });
      fn.release(mark);
    });
    if (block.falls !== undefined) this.branch(block.falls);
  }

  leave(status: Status, ip: I32, notRun: number): void {
    const { fn } = this;
    fn.set(this.rip, ip);
    fn.set(this.notRun, i32.const(notRun));
    fn.set(this.status, i32.const(status));
    this.flags.setKind();
    fn.br(this.out);
  }

  leaveToHost(): void {
    throw new Error('host instructions are left to the interpreter');
  }

  // -- instructions ------------------------------------------------------------------------------------------------

  private instruction(instruction: RegionInstruction, position: Position): void {
    const { form, decoded } = instruction;
    const variant = this.variant(form, decoded);
    const meaning = meaningOf(form);
    if (!meaning || leavesRegion(instruction, this.mode)) {
      return this.leave(STATUS.jump, this.ip(position.offset), position.behind + 1);
    }
    const k = new RegionBuilder(this, instruction, position, variant);
    if (usesMemory(form, decoded) && segmentCheck(form, decoded, this.mode)) k.linear();
    if (!isInline(form, variant.general)) return this.cold(instruction, position, k);
    const flags = form.flags;
    const writes = (flags.written | flags.cleared | flags.set | flags.undefined) !== 0;
    if (writes && !SIMPLE_PRODUCERS.has(form.mnemonic)) (k.flags as LazyFlags).canonical();
    meaning.semantics(k as unknown as Builder, ...form.operands.map((spec) => k.operand(spec)));
  }

  /** The interpreter's function executes the instruction, on the state block. */
  private cold(instruction: RegionInstruction, position: Position, k: RegionBuilder): void {
    const { fn, s, flags, registers, budget } = this;
    const { form, decoded } = instruction;
    const record = this.options.cold(instruction);
    if (!record) return this.leave(STATUS.jump, this.ip(position.offset), position.behind + 1);
    const linear = usesMemory(form, decoded) ? k.linear() : i32.const(0);
    registers.writeBack();
    flags.setKind();
    flags.writeBack();
    fn.store('i32.store', s, i32.add(budget.get, i32.const(position.behind)), AT.budget);
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
    registers.reload();
    flags.load();
    fn.set(budget, i32.sub(i32.load(s, AT.budget), i32.const(position.behind)));
    fn.if(status, () => {
      fn.if(i32.eq(status, i32.const(STATUS.fault)), () =>
        this.leave(STATUS.fault, this.ip(position.offset), position.behind + 1),
      );
      fn.set(this.rip, i32.load(s, AT.rip));
      fn.set(this.notRun, i32.const(position.behind));
      fn.set(this.status, status);
      this.flags.setKind();
      fn.br(this.out);
    });
    if (form.rep === 'none') return;
    const next = position.offset + decoded.length;
    fn.if(i32.ltS(budget.get, i32.const(0)), () => this.leave(STATUS.jump, this.ip(next), position.behind));
  }
}

/** Control transfers that are not inlined are left at their own address. */
function isLeaving(form: Form): boolean {
  return isConditionalBranch(form) || ['call', 'ret', 'jmp'].includes(form.mnemonic) || form.id === 0;
}

/** Whether the interpreter has to execute an instruction: a region is left before it. */
export function leavesRegion(instruction: RegionInstruction, mode: number): boolean {
  const { form, decoded } = instruction;
  const meaning = meaningOf(form);
  if (!meaning) return true;
  const { general } = variantOf(form, decoded, mode, meaning.implicit === true);
  return !isInline(form, general) && isLeaving(form);
}

/** Emits a region's code into a function (state, pageIp) -> STATUS. */
export function emitRegion(
  fn: FunctionBuilder,
  functions: RegionFunctions,
  flow: ControlFlow,
  options: RegionOptions,
): void {
  new RegionEmitter(fn, functions, flow, options).emit();
}

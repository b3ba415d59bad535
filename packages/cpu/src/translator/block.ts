import {
  call,
  i32,
  type FunctionBuilder,
  type I32,
  type Label,
  type Local,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import type { SupportFunctions } from '../builder/builder';
import { segmentCheck, usesMemory, variantOf } from '../builder/instruction-facts';
import { meaningOf } from '../semantics';
import { AT } from '../state/layout';
import { STATUS, type HostInstruction, type Status } from '../system/context';
import { VECTOR } from '../system/vectors';
import { RegisterFile } from './register-file';
import { StaticBuilder, type BlockFrame, type Position } from './static-builder';

/** What a block returns: a status of its last instruction, or `budget`: fewer instructions may be executed than it has. */
export const BLOCK_STATUS = { fault: STATUS.fault, jump: STATUS.jump, exit: STATUS.exit, budget: 4 } as const;
export type BlockStatus = (typeof BLOCK_STATUS)[keyof typeof BLOCK_STATUS];

/** Inside the function only: the host function of the instruction is still to be called. */
const PENDING_HOST = 5;

export interface BlockOptions {
  readonly name: string;
  /** Mode word that the instructions were decoded under. */
  readonly mode: number;
  /** Keeps what a host function will want to see; returns the index to call it by. */
  keep(instruction: HostInstruction): number;
}

/** A block without instructions. */
export class EmptyBlockError extends RangeError {
  readonly code = 'EMPTY_BLOCK';
  override readonly name = 'EmptyBlockError';
  constructor(readonly block: string) {
    super(`the block ${block} has no instructions`);
  }
}

interface HostLocals {
  readonly index: Local<'i32'>;
  readonly linear: Local<'i32'>;
  readonly next: Local<'i32'>;
}

class BlockEmitter implements BlockFrame {
  readonly s: I32;
  readonly mode: number;
  readonly registers: RegisterFile;
  readonly start: I32;
  private readonly entryRip: Local<'i32'>;
  private readonly status: Local<'i32'>;
  private readonly rip: Local<'i32'>;
  private readonly notRun: Local<'i32'>;
  private readonly host: HostLocals;
  private usesHost = false;
  private out: Label | undefined;

  constructor(
    readonly fn: FunctionBuilder,
    readonly support: SupportFunctions,
    private readonly instructions: readonly HostInstruction[],
    private readonly options: BlockOptions,
  ) {
    this.s = fn.param<'i32'>(0);
    this.mode = options.mode;
    this.entryRip = fn.local('i32');
    this.start = this.entryRip.get;
    this.registers = new RegisterFile(fn, this.s);
    this.status = fn.local('i32');
    this.rip = fn.local('i32');
    this.notRun = fn.local('i32');
    this.host = { index: fn.local('i32'), linear: fn.local('i32'), next: fn.local('i32') };
  }

  /** Budget, registers, the instructions, and the one way out. */
  emit(): void {
    const { fn, s, instructions } = this;
    const count = instructions.length;
    const budget = fn.let(i32.load(s, AT.budget));
    fn.if(i32.ltS(budget, i32.const(count)), () => fn.return(i32.const(BLOCK_STATUS.budget)));
    fn.store('i32.store', s, i32.sub(budget, i32.const(count)), AT.budget);
    fn.set(this.entryRip, i32.load(s, AT.rip));
    this.registers.reload();
    fn.block((out) => {
      this.out = out;
      let offset = 0;
      instructions.forEach((instruction, n) => {
        const mark = fn.mark();
        this.registers.begin();
        this.instruction(instruction, { offset, behind: count - 1 - n });
        fn.release(mark);
        offset += instruction.decoded.length;
      });
      this.leave(STATUS.jump, i32.add(this.start, i32.const(offset)), 0);
    }, 'out');
    this.wayOut();
  }

  private instruction(instruction: HostInstruction, position: Position): void {
    const { form, decoded } = instruction;
    const meaning = meaningOf(form);
    this.fn.comment(`+${position.offset.toString(16)} ${form.mnemonic}`);
    const variant = variantOf(form, decoded, this.mode, meaning?.implicit === true);
    const k = new StaticBuilder(this, instruction, position, variant);
    if (form.id === 0)
      return decoded.error === 'too-long' ? k.raise(VECTOR.gp, i32.const(0)) : k.raise(VECTOR.ud);
    // The operand's segment is checked before anything else of the instruction.
    if (usesMemory(form, decoded) && segmentCheck(form, decoded, this.mode)) k.linear();
    if (!meaning || meaning.called) return k.leaveToHost();
    meaning.semantics(k, ...form.operands.map((spec) => k.operand(spec)));
    if (decoded.rep !== 0 && form.rep !== 'none' && position.behind > 0) this.leaveIfOverspent(k);
  }

  /** A repetition may have used up what was meant for the instructions behind it. */
  private leaveIfOverspent(k: StaticBuilder): void {
    const { fn } = this;
    fn.if(i32.ltS(i32.load(this.s, AT.budget), i32.const(0)), () => k.leaveNext(STATUS.jump));
  }

  leave(status: Status | typeof PENDING_HOST, ip: I32, notRun: number): void {
    const { fn } = this;
    fn.set(this.rip, ip);
    fn.set(this.notRun, i32.const(notRun));
    fn.set(this.status, i32.const(status));
    fn.br(this.out!);
  }

  leaveToHost(instruction: HostInstruction, linear: I32, { offset, behind }: Position): void {
    const { fn, host, start } = this;
    this.usesHost = true;
    fn.set(host.index, i32.const(this.options.keep(instruction)));
    fn.set(host.linear, linear);
    fn.set(host.next, i32.add(start, i32.const(offset + instruction.decoded.length)));
    this.leave(PENDING_HOST, i32.add(start, i32.const(offset)), behind);
  }

  private giveBack(instructions: I32): void {
    this.fn.store('i32.store', this.s, i32.add(i32.load(this.s, AT.budget), instructions), AT.budget);
  }

  /** State and budget become those of the last instruction executed; only then a host function may look at them. */
  private wayOut(): void {
    const { fn, s } = this;
    this.registers.writeBack();
    fn.store('i32.store', s, this.rip.get, AT.rip);
    this.giveBack(this.notRun.get);
    if (this.usesHost) fn.if(i32.eq(this.status.get, i32.const(PENDING_HOST)), () => this.callHost());
    fn.return(this.status.get);
    this.registers.finish();
  }

  private callHost(): void {
    const { fn, s, host, status } = this;
    fn.set(status, call<'i32'>(this.support.host, host.index.get, host.linear.get, this.rip.get));
    fn.if(i32.eq(status.get, i32.const(STATUS.fault)), () => {
      fn.store('i32.store', s, this.rip.get, AT.rip);
      this.giveBack(i32.const(1));
    });
    fn.if(i32.eq(status.get, i32.const(STATUS.next)), () => {
      fn.store('i32.store', s, host.next.get, AT.rip);
      fn.set(status, i32.const(STATUS.jump));
    });
  }
}

/**
 * Emits `name(state) -> BlockStatus`, exported: executes the instructions, which follow each other in memory from rip on,
 * until one of them transfers control, faults or has to be left to a host function; rip then names the next one to be
 * executed (or the faulting one). The block takes its length from the budget on entry and gives back what did not run;
 * each further iteration of a REP instruction takes one more. If less than its length is left nothing happens.
 *
 * Code is not watched: instructions that the block itself overwrites run as they were when it was compiled.
 *
 * @throws EmptyBlockError
 */
export function compileBlock(
  module: ModuleBuilder,
  support: SupportFunctions,
  instructions: readonly HostInstruction[],
  options: BlockOptions,
): FunctionBuilder {
  if (instructions.length === 0) throw new EmptyBlockError(options.name);
  const fn = module.function(options.name, { params: ['i32'], results: ['i32'] }, { exported: true });
  new BlockEmitter(fn, support, instructions, options).emit();
  return fn;
}

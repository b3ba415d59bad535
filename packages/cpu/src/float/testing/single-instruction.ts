import { emitMemoryFunctions, MEMORY_IMPORTS, MEMORY_MAP, type MemoryImports } from '@trapgate/mmu';
import { i32, ModuleBuilder } from '@trapgate/wasm-assembler';
import { decode, forms, Instruction, type Form } from '@trapgate/x86-decoder';
import type { SupportFunctions } from '../../builder/builder';
import { ColdBuilder } from '../../interpreter/dynamic-builder';
import { emitQuick } from '../../interpreter/generate';
import { RECORD } from '../../interpreter/record';
import { emitSegmentAddress } from '../../interpreter/segment-functions';
import { FLOAT } from '../../semantics/float';
import type { Meaning } from '../../semantics/meaning';
import { SIMD } from '../../semantics/simd';
import { AT, SEGMENT, STATE } from '../../state/layout';
import { CR0, CR4 } from '../../state/mode';
import { ProcessorState } from '../../state/processor-state';
import { GUEST_FAULT, STATUS, type SystemContext } from '../../system/context';
import { emitFloatFunctions } from '../functions';
import { floatHostFunctions } from '../host-functions';

/** Where the memory operand lies: a linear and physical address. */
export const OPERAND = 0x4000;
const BASE = MEMORY_MAP.processors;
const RECORD_AT = BASE + 0xf000;
const PAGES = (MEMORY_MAP.ram >> 16) + 1;

export type HandlerPart = 'all' | 'quick' | 'semantics';
/** What a handler of part `quick` returns when the semantics would follow. */
const DECLINED = 99;

interface Handler {
  readonly form: Form;
  readonly memory: boolean;
  readonly part: HandlerPart;
}

/** Floating-point and vector forms of 32-bit code. */
export function meaningOfForm(form: Form): Meaning | undefined {
  const vector =
    form.operands.some((operand) => operand.kind.includes('mm')) ||
    /^(movnti|e?mms|femms|ldmxcsr|stmxcsr)$/.test(form.mnemonic);
  return vector ? SIMD[form.mnemonic] : FLOAT[form.mnemonic];
}

/** Executes one floating-point or vector instruction at a time, each form being a function of its own. */
export class SingleInstruction {
  readonly state: ProcessorState;
  readonly memory: Uint8Array;
  private readonly exports: Record<string, (...args: number[]) => number>;
  private readonly view: DataView;
  private readonly decoded = new Instruction();
  /** What the host function said to which a handler has left the instruction, or -1. */
  private hostVector = -1;
  /** The last instruction was left to its host function. */
  leftToHost = false;
  /** The last instruction was none of the ordinary cases. */
  declined = false;

  /** @param part - what handlers consist of: as the interpreter's, or of the QuickSemantics or the semantics alone. */
  constructor(wanted: (form: Form) => boolean, part: HandlerPart = 'all') {
    const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
    this.view = new DataView(memory.buffer);
    this.memory = new Uint8Array(memory.buffer, MEMORY_MAP.ram, 0x10000);
    this.state = new ProcessorState(memory.buffer, BASE);
    const never = (): never => {
      throw new Error('not expected here');
    };
    const env = {
      memory,
      host: () => {
        this.leftToHost = true;
        this.hostVector = this.runHost(forms[this.decoded.form]!);
        return STATUS.next;
      },
      ...Object.fromEntries(Object.keys(MEMORY_IMPORTS).map((name) => [name, never])),
    };
    const bytes = generate(wanted, part);
    this.exports = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), { env })
      .exports as never;
  }

  /** Clears the state and enables the unit as an operating system does. */
  reset(): void {
    const { state } = this;
    state.clear();
    state.set32(AT.cr0, CR0.pe | CR0.mp | CR0.ne);
    state.set32(AT.cr4, CR4.osfxsr | CR4.osxmmexcpt);
    state.set32(AT.segmentAttributes + 4 * SEGMENT.ds, 0xc093);
    state.set32(AT.segmentLimit + 4 * SEGMENT.ds, -1);
    state.set32(AT.ramBytes, 0x10000);
    state.set32(AT.a20Mask, -1);
    state.set32(AT.tlbContext, 2);
  }

  /** Executes an instruction whose memory operand, if any, has the absolute address OPERAND + n. Returns the vector of a fault or -1. */
  run(code: readonly number[]): number {
    const { decoded, view, state } = this;
    decode(Uint8Array.from(code), 0, code.length, 32, decoded);
    if (decoded.form === 0) return 6;
    const form = forms[decoded.form]!;
    const handler = this.exports[nameOf({ form, memory: decoded.memory })];
    if (!handler) return this.runHost(form);
    const general = (kind: string): boolean => kind === 'rm' || kind === 'r' || kind === 'reg';
    const place = (number: number, field: 'reg' | 'rm'): number => {
      const operand = form.operands.find((o) => (field === 'reg' ? /reg$/ : /rm$|r$|sti/).test(o.kind));
      return operand && general(operand.kind) ? 8 * number : number;
    };
    view.setUint8(RECORD_AT + RECORD.reg, place(decoded.reg, 'reg'));
    view.setUint8(RECORD_AT + RECORD.rm, decoded.memory ? AT.zero : place(decoded.rm, 'rm'));
    view.setUint8(RECORD_AT + RECORD.length, decoded.length);
    view.setInt32(RECORD_AT + RECORD.displacement, decoded.displacement, true);
    view.setInt32(RECORD_AT + RECORD.immediate, decoded.immediate, true);
    state.set32(AT.faulted, 0);
    this.hostVector = -1;
    this.leftToHost = false;
    this.declined = handler(BASE, RECORD_AT, 0, 0) === DECLINED;
    return state.i32(AT.faulted) ? state.i32(AT.faultVector) : this.hostVector;
  }

  /** Executes an instruction by its host function alone. */
  runOnHost(code: readonly number[]): number {
    decode(Uint8Array.from(code), 0, code.length, 32, this.decoded);
    return this.runHost(forms[this.decoded.form]!);
  }

  private runHost(form: Form): number {
    const host = floatHostFunctions.get(form.mnemonic);
    if (!host) throw new Error(`nothing executes ${form.mnemonic}`);
    const { state, decoded } = this;
    const at = MEMORY_MAP.ram;
    const raise = (vector: number): never => {
      state.set32(AT.faultVector, vector);
      throw GUEST_FAULT;
    };
    const memory = {
      read8: (a: number) => this.view.getUint8(at + a),
      read16: (a: number) => this.view.getUint16(at + a, true),
      read32: (a: number) => this.view.getInt32(at + a, true),
      write8: (a: number, v: number) => this.view.setUint8(at + a, v),
      write16: (a: number, v: number) => this.view.setUint16(at + a, v, true),
      write32: (a: number, v: number) => this.view.setInt32(at + a, v, true),
      probeWrite: () => undefined,
    };
    try {
      const status = host(
        { state, memory, raise } as unknown as SystemContext,
        { form, decoded },
        decoded.memory ? decoded.displacement : 0,
      );
      return status === STATUS.next ? -1 : status;
    } catch (fault) {
      if (fault === GUEST_FAULT) return state.i32(AT.faultVector);
      throw fault;
    }
  }
}

const nameOf = ({ form, memory }: Omit<Handler, 'part'>): string => `${form.id}${memory ? 'm' : 'r'}`;

function generate(wanted: (form: Form) => boolean, part: HandlerPart): Uint8Array {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', PAGES, PAGES);
  const imports = Object.fromEntries(
    Object.entries(MEMORY_IMPORTS).map(([name, signature]) => [
      name,
      module.importFunction('env', name, signature),
    ]),
  ) as unknown as MemoryImports;
  const host = module.importFunction('env', 'host', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const memory = emitMemoryFunctions(module, STATE, imports);
  const support = {
    memory,
    segmentAddress: emitSegmentAddress(module),
    host,
    float: emitFloatFunctions(module),
  } as SupportFunctions;
  for (const form of forms) {
    const meaning = (form.modes & 1) !== 0 && form.id !== 0 && wanted(form) ? meaningOfForm(form) : undefined;
    if (meaning)
      for (const kind of [true, false]) emitForm(module, support, meaning, { form, memory: kind, part });
  }
  return module.finish().bytes;
}

function emitForm(
  module: ModuleBuilder,
  support: SupportFunctions,
  meaning: Meaning,
  handler: Handler,
): void {
  const { form, memory, part } = handler;
  const memoryOnly = form.operands.some((operand) => operand.kind === 'm') || form.mod === 'memory';
  const possible =
    memoryOnly || (form.operands.some((operand) => operand.kind.endsWith('rm')) && form.mod !== 'register');
  if (memory ? !possible : memoryOnly) return;
  const fn = module.function(
    nameOf(handler),
    { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] },
    { exported: true },
  );
  const k = new ColdBuilder(fn, support, form, { memory, general: false });
  if (part !== 'semantics') emitQuick(k, meaning);
  if (part === 'quick') return fn.return(i32.const(DECLINED));
  meaning.semantics(k, ...form.operands.map((spec) => k.operand(spec)));
  fn.return(i32.const(STATUS.next));
}

import { MEMORY_MAP, PhysicalMemory, PROCESSOR_MAP } from '@trapgate/mmu';
import { ModuleBuilder } from '@trapgate/wasm-assembler';
import { emitSupport } from '../../builder/support';
import { hostFunctions } from '../../host-functions';
import { Interpreter } from '../../interpreter/interpreter';
import { ProcessorContext, type ProcessorHost } from '../../processor-context';
import { hostName } from '../../semantics';
import { AT, STATE } from '../../state/layout';
import { ProcessorState } from '../../state/processor-state';
import { GUEST_FAULT, STATUS, type HostInstruction } from '../../system/context';
import { BLOCK_STATUS, compileBlock, type BlockStatus } from '../block';
import { Random } from './random';

/** Linear (and physical) addresses of the test machine; everything else is not mapped. */
export const PLACE = {
  pageDirectory: 0x6000,
  pageTable: 0x7000,
  /** Four ordinary pages, one absent, one read-only, one of the supervisor's, one that is no RAM. */
  data: 0x8000,
  dataEnd: 0x1_0000,
  code: 0x10_0000,
} as const;

const DEVICE = 0x2000_0000;
/** What a run can change: page tables and data. */
const WATCHED = { first: PLACE.pageDirectory, end: PLACE.dataEnd } as const;
const PAGE = { present: 1, writable: 2, user: 4, accessed: 0x20, dirty: 0x40 } as const;
/** Fields that the two may leave differently: the interpreter also fetches and decodes, and is given its budget anew. */
const PRIVATE = [...STATE.fields.keys()].filter((name) =>
  /^(budget|tlbContext|translationEpoch|walk|bounce|timestamp)/.test(name),
);

/** Fields that mean something only while a fault is recorded. */
const FAULT = ['faultVector', 'faultError', 'faultAddress'] as const;

const PAGE_FAULT = 14;

/** All that one run left behind. */
export interface Outcome {
  readonly state: Uint8Array;
  readonly memory: Uint8Array;
  readonly device: readonly string[];
  readonly executed: number;
  /** Undefined of the interpreter, which does not say. */
  readonly status: BlockStatus | undefined;
}

type Block = (state: number) => BlockStatus;

/** One processor on one memory, whose code the interpreter and compiled blocks execute in turn. */
export class TwoEngines {
  readonly memory: PhysicalMemory;
  readonly state: ProcessorState;
  private readonly context: ProcessorContext;
  private readonly interpreter: Interpreter;
  private readonly block: Uint8Array;
  private readonly watched: Uint8Array;
  private readonly device: string[] = [];

  constructor(ramBytes: number) {
    this.memory = PhysicalMemory.create({ ramBytes });
    const base = MEMORY_MAP.processors;
    this.state = new ProcessorState(this.memory.buffer, base + PROCESSOR_MAP.state);
    this.context = new ProcessorContext(this.state, this.memory, this.host(), 'trapgate');
    this.interpreter = new Interpreter(this.memory, this.context);
    this.block = new Uint8Array(this.memory.buffer, base + PROCESSOR_MAP.state, STATE.size);
    this.watched = new Uint8Array(
      this.memory.buffer,
      MEMORY_MAP.ram + WATCHED.first,
      WATCHED.end - WATCHED.first,
    );
    this.state.set32(AT.ramBytes, ramBytes);
    this.state.set32(AT.a20Mask, -1);
    this.state.set32(AT.tlbContext, 2);
    this.mapPages(ramBytes);
    const random = new Random(1);
    this.memory.writeBytes(
      PLACE.data,
      Uint8Array.from({ length: PLACE.dataEnd - PLACE.data }, () => random.next()),
    );
  }

  private host(): ProcessorHost {
    return {
      readPort: () => 0xff,
      writePort: () => undefined,
      readMmio: (physical, size) => this.readDevice(physical, size),
      writeMmio: (physical, size, value) => this.writeDevice(physical, size, value),
      acknowledgeInterrupt: () => 0,
      readTimestamp: () => 0,
    };
  }
  private readDevice(physical: number, size: number): number {
    this.device.push(`read ${physical >>> 0} ${size}`);
    return Math.imul(physical, 0x9e3779b1) & (size === 4 ? -1 : (1 << (8 * size)) - 1);
  }
  private writeDevice(physical: number, size: number, value: number): void {
    this.device.push(
      `write ${physical >>> 0} ${size} ${(size === 4 ? value : value & ((1 << (8 * size)) - 1)) >>> 0}`,
    );
  }

  /** 32-bit paging; accessed and dirty bits are set from the start. Code is read-only. */
  private mapPages(ramBytes: number): void {
    const { memory } = this;
    const seen = PAGE.present | PAGE.accessed | PAGE.dirty;
    const map = (linear: number, physical: number, rights: number): void =>
      memory.write32(PLACE.pageTable + (linear >>> 12) * 4, physical | rights);
    memory.write32(
      PLACE.pageDirectory,
      PLACE.pageTable | PAGE.present | PAGE.writable | PAGE.user | PAGE.accessed,
    );
    for (let n = 0; n < 4; n++)
      map(PLACE.data + n * 0x1000, PLACE.data + n * 0x1000, seen | PAGE.writable | PAGE.user);
    map(PLACE.data + 0x5000, PLACE.data + 0x5000, seen | PAGE.user);
    map(PLACE.data + 0x6000, PLACE.data + 0x6000, seen | PAGE.writable);
    map(PLACE.data + 0x7000, DEVICE, seen | PAGE.writable | PAGE.user);
    for (let at = PLACE.code; at < Math.min(ramBytes, 0x40_0000); at += 0x1000) map(at, at, seen | PAGE.user);
  }

  /** Compiles blocks, each a straight-line list of instructions decoded under a mode word, into one module. */
  compile(
    blocks: readonly { readonly mode: number; readonly instructions: readonly HostInstruction[] }[],
  ): readonly Block[] {
    const module = new ModuleBuilder();
    const support = emitSupport(module);
    const kept: HostInstruction[] = [];
    const keep = (instruction: HostInstruction): number => kept.push(instruction) - 1;
    blocks.forEach(({ mode, instructions }, n) =>
      compileBlock(module, support, instructions, { name: `b${n}`, mode, keep }),
    );
    const env = {
      memory: this.memory.wasm,
      readMmio: (physical: number, bytes: number) => this.readDevice(physical, bytes),
      writeMmio: (physical: number, bytes: number, value: number) => this.writeDevice(physical, bytes, value),
      codeWritten: () => undefined,
      filled: () => undefined,
      accessed: () => undefined,
      marked: () => undefined,
      host: (index: number, linear: number, ip: number) =>
        this.callHost(kept[index]!, linear >>> 0, ip >>> 0),
    };
    const compiled = new WebAssembly.Module(module.finish().bytes as BufferSource);
    const { exports } = new WebAssembly.Instance(compiled, { env } as unknown as WebAssembly.Imports);
    return blocks.map((_, n) => exports[`b${n}`] as unknown as Block);
  }

  private callHost(instruction: HostInstruction, linear: number, ip: number): number {
    const { context } = this;
    context.ip = ip;
    context.nextIp = (ip + instruction.decoded.length) >>> 0;
    try {
      return hostFunctions.get(hostName(instruction.form))!(context, instruction, linear);
    } catch (thrown) {
      if (thrown !== GUEST_FAULT) throw thrown;
      return STATUS.fault;
    }
  }

  /** State and watched memory, to come back to. */
  save(): { readonly state: Uint8Array; readonly memory: Uint8Array } {
    return { state: this.block.slice(), memory: this.watched.slice() };
  }
  restore(saved: { readonly state: Uint8Array; readonly memory: Uint8Array }, flush: boolean): void {
    const context = this.state.i32(AT.tlbContext) & ~1;
    this.block.set(saved.state);
    this.watched.set(saved.memory);
    this.state.set32(AT.tlbContext, context | (this.state.i32(AT.cpl) === 3 ? 1 : 0));
    if (flush) this.context.flushTlb();
    this.device.length = 0;
  }

  private outcome(executed: number, status: BlockStatus | undefined): Outcome {
    const state = this.block.slice();
    const faulted = this.state.i32(AT.faulted) !== 0;
    const addressed = faulted && this.state.i32(AT.faultVector) === PAGE_FAULT;
    const meaningless = faulted ? (addressed ? [] : (['faultAddress'] as const)) : FAULT;
    for (const name of [...PRIVATE, ...meaningless]) {
      const { offset, stride, count } = STATE.field(name);
      state.fill(0, offset, offset + stride * count);
    }
    return { state, memory: this.watched.slice(), device: [...this.device], executed, status };
  }

  runBlock(block: Block, budget: number): Outcome {
    const { state } = this;
    state.set32(AT.budget, budget);
    const status = block(state.base);
    return this.outcome(budget - state.i32(AT.budget), status);
  }

  /**
   * Runs the interpreter as far as `block` came: after a fault or exit it has to stop by itself, else it is stopped after
   * as many instructions.
   */
  runInterpreter(block: Outcome, budget: number): Outcome {
    const stopsItself = block.status === BLOCK_STATUS.fault || block.status === BLOCK_STATUS.exit;
    const executed = this.interpreter.run(stopsItself ? budget : block.executed);
    return this.outcome(executed, undefined);
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  const [x, y] = [a, b].map(
    ({ buffer, byteOffset, byteLength }) => new Int32Array(buffer, byteOffset, byteLength >> 2),
  ) as [Int32Array, Int32Array];
  for (let n = 0; n < x.length; n++) if (x[n] !== y[n]) return false;
  return true;
}

function equal(a: Outcome, b: Outcome): boolean {
  return (
    a.executed === b.executed &&
    equalBytes(a.state, b.state) &&
    equalBytes(a.memory, b.memory) &&
    a.device.join() === b.device.join()
  );
}

/** What differs between two outcomes, in words; empty if nothing does. */
export function differences(block: Outcome, interpreter: Outcome): string[] {
  if (equal(block, interpreter)) return [];
  const list: string[] = [];
  if (block.executed !== interpreter.executed)
    list.push(`executed ${block.executed} | ${interpreter.executed}`);
  for (const [name, { offset, stride, count }] of STATE.fields) {
    for (let n = 0; n < count; n++) {
      const at = offset + n * stride;
      const [a, b] = [block, interpreter].map(({ state }) => hex(state.subarray(at, at + stride)));
      if (a !== b) list.push(`${name}${count > 1 ? `[${n}]` : ''} ${a!} | ${b!}`);
    }
  }
  block.memory.forEach((byte, n) => {
    const other = interpreter.memory[n]!;
    if (byte !== other && list.length < 12)
      list.push(`[${(WATCHED.first + n).toString(16)}] ${byte.toString(16)} | ${other.toString(16)}`);
  });
  if (block.device.join() !== interpreter.device.join())
    list.push(`device ${block.device.join()} | ${interpreter.device.join()}`);
  return list;
}

function hex(bytes: Uint8Array): string {
  return [...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

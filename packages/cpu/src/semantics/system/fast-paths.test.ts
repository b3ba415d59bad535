import { decode, forms, Instruction } from '@trapgate/x86-decoder';
import { describe, expect, it, vi } from 'vitest';
import { EVENT } from '../../state/event';
import { AT, GPR } from '../../state/layout';
import { MODE } from '../../state/mode';
import type { ProcessorContext } from '../../processor-context';
import { GUEST_FAULT } from '../../system/context';
import { enterHandler } from '../../system/interrupt-gates';
import { isFault } from '../../system/vectors';
import { Random } from '../../translator/testing/random';
import { differences, PLACE, TwoEngines } from '../../translator/testing/two-engines';
import { ORDINARY, RandomTables, TABLES } from './testing/random-tables';

const SEED = Number(process.env['TRAPGATE_SEED'] ?? 0x515);
const STATES = Number(process.env['TRAPGATE_STATES'] ?? 300);
const BYTES_PER_INSTRUCTION = 32;

/** Instructions, and whether ordinary states of CPL 0 and of CPL 3 take the fast path. */
const INSTRUCTIONS: readonly (readonly [name: string, code: string, at0: boolean, at3: boolean])[] = [
  ['mov ds, ax', '8e d8', true, true],
  ['mov es, cx', '8e c1', true, true],
  ['mov fs, dx', '8e e2', true, true],
  ['mov gs, bx', '8e eb', true, true],
  ['mov ds, [esi]', '8e 1e', true, true],
  ['mov gs, [edi+4]', '8e 6f 04', true, true],
  ['mov ss, ax', '8e d0', false, false],
  ['mov cs, ax', '8e c8', false, false],
  ['mov eax, ds', '8c d8', true, true],
  ['mov [esi], fs', '8c 26', true, true],
  ['mov [esi], sreg 7', '8c 3e', false, false],
  ['push ds', '1e', true, true],
  ['push cs', '0e', true, true],
  ['push gs', '0f a8', true, true],
  ['push gs (16 bits)', '66 0f a8', true, true],
  ['pop ds', '1f', true, true],
  ['pop es', '07', true, true],
  ['pop fs', '0f a1', true, true],
  ['pop gs (16 bits)', '66 0f a9', true, true],
  ['pop ss', '17', false, false],
  ['int 5', 'cd 05', true, true],
  ['int 0ffh', 'cd ff', false, false],
  ['int3', 'cc', true, true],
  ['iretd', 'cf', true, false],
  ['iret', '66 cf', false, false],
  ['sysenter', '0f 34', true, true],
  ['sysexit', '0f 35', true, false],
  ['fxsave [esi]', '0f ae 06', true, true],
  ['fxrstor [esi]', '0f ae 0e', true, true],
];

const parse = (code: string): number[] => code.split(' ').map((byte) => parseInt(byte, 16));

class Bench {
  readonly engines = new TwoEngines(0x40_0000);
  readonly random = new Random(SEED);
  readonly context = this.engines['context'] as ProcessorContext;
  readonly tables = new RandomTables(this.context, this.engines.memory, this.random);
  private readonly hostCalls = vi.spyOn(
    this.engines['interpreter'] as unknown as { callHost(): number },
    'callHost',
  );

  get hosts(): number {
    return this.hostCalls.mock.calls.length;
  }
  forget(): void {
    this.hostCalls.mockClear();
  }

  /** Compiles a block for the host function of each instruction. */
  blocks(): ReturnType<TwoEngines['compile']> {
    const { engines } = this;
    return engines.compile(
      INSTRUCTIONS.map(([, code], n) => {
        const bytes = parse(code);
        engines.memory.writeBytes(PLACE.code + n * BYTES_PER_INSTRUCTION, Uint8Array.from([...bytes, 0xf4]));
        const decoded = decode(Uint8Array.from(bytes), 0, bytes.length, 32, new Instruction());
        return { mode: MODE.code32 | MODE.flat, instructions: [{ form: forms[decoded.form]!, decoded }] };
      }),
    );
  }

  /** A state; registers that instructions take selectors and addresses from have some. */
  make(cpl: number, ordinary: boolean): void {
    const { random, tables, engines } = this;
    const { state } = engines;
    tables.make({ cpl, ordinary });
    const usual = [ORDINARY.data3, ORDINARY.thread, ORDINARY.data3];
    for (const register of [GPR.eax, GPR.ecx, GPR.edx, GPR.ebx])
      state.set32(
        AT.gpr + 8 * register,
        ordinary ? ORDINARY.data3 : (random.next() << 16) | tables.selector(),
      );
    for (const register of [GPR.esi, GPR.edi]) {
      const at = PLACE.data + random.below(0x200) * 4;
      const odd = !ordinary && random.chance(15);
      state.set32(AT.gpr + 8 * register, odd ? PLACE.data + 0x4000 + random.below(0x4000) : at);
      if (!odd) engines.memory.write32(at, ordinary ? random.pick(usual.slice(0, 1)) : tables.selector());
      if (!odd) engines.memory.write32(at + 4, ordinary ? random.pick(usual) : tables.selector());
    }
    state.set32(AT.rip, PLACE.code);
    state.set32(AT.faulted, 0);
  }

  /** For FXSAVE and FXRSTOR: what they save, and an image, in one page or in two. */
  makeImage(ordinary: boolean): void {
    const { random, engines } = this;
    const { state, memory } = engines;
    const at = PLACE.data + 16 * random.below(0x2e0) + (!ordinary && random.chance(5) ? 4 : 0);
    state.set32(AT.gpr + 8 * GPR.esi, !ordinary && random.chance(10) ? PLACE.data + 0x3f00 : at);
    for (let n = 0; n < 512; n += 4) memory.write32(at + n, random.next());
    if (ordinary || random.chance(90)) memory.write32(at + 24, random.next() & 0xffff);
    for (let n = 0; n < 32; n++) state.set32(AT.xmm + 4 * n, random.next());
    for (let n = 0; n < 8; n++) {
      state.set32(AT.fpr + 16 * n, random.next());
      state.set32(AT.fpr + 16 * n + 4, random.next());
      state.set16(AT.fpr + 16 * n + 8, random.next());
    }
    state.set16(AT.fpuControl, 0x40 | (random.next() & 0x1f3f));
    state.set16(AT.fpuStatus, (random.next() & 0x477f) | (random.chance(50) ? 0x8080 : 0));
    state.set32(AT.fpuTop, random.below(8));
    state.set32(AT.fpuValid, random.below(256));
    state.set32(AT.mxcsr, random.next() & 0xffff);
    for (const field of [AT.fpuOpcode, AT.fpuInstructionSelector, AT.fpuDataSelector])
      state.set16(field, random.next() & 0x7ff);
    for (const field of [AT.fpuInstructionPointer, AT.fpuDataPointer]) state.set32(field, random.next());
    if (!ordinary && random.chance(5)) state.set32(AT.cr0, state.i32(AT.cr0) | random.pick([4, 8]));
  }

  /** Accessed and dirty bits that somebody has to set. */
  clearMarks(): void {
    for (let at = PLACE.data; at < PLACE.dataEnd; at += 0x1000) {
      const entry = PLACE.pageTable + (at >>> 12) * 4;
      if (this.random.chance(30))
        this.engines.memory.write32(entry, this.engines.memory.read32(entry) & ~0x60);
    }
  }
}

describe(`fast paths of system instructions against host functions (seed ${SEED})`, () => {
  it.each([0, 3, 1])('random tables and states, CPL %i', (cpl) => {
    const bench = new Bench();
    const { engines, random } = bench;
    const { state } = engines;
    bench.make(cpl, true);
    const blocks = bench.blocks();
    const wrong: string[] = [];
    const taken = new Map<string, number>();
    for (let i = 0; i < STATES; i++) {
      INSTRUCTIONS.forEach(([name, code], n) => {
        const ordinary = random.chance(30);
        bench.make(cpl, ordinary);
        if (code === '1f' || code === '07' || code.startsWith('0f a') || code.startsWith('66 0f a')) {
          const esp = state.u32(AT.gpr + 32);
          const selector = ordinary ? ORDINARY.data3 : bench.tables.selector();
          if (esp >= 0x8000 && esp < 0xeffc) engines.memory.write32(esp, selector);
        }
        if (name.startsWith('fx')) bench.makeImage(ordinary);
        // The block was compiled for flat segments.
        if (name.includes('[') && (state.i32(AT.mode) & MODE.flat) === 0) return;
        state.set32(AT.rip, PLACE.code + n * BYTES_PER_INSTRUCTION);
        const clean = engines.save();
        const marked = random.chance(20);
        if (marked) bench.clearMarks();
        const saved = engines.save();
        const flush = marked || !ordinary || random.chance(50);
        engines.restore(saved, true);
        const host = engines.runBlock(blocks[n]!, 1);
        engines.restore(saved, flush);
        bench.forget();
        const fast = engines.runInterpreter(host, 1);
        const user = state.i32(AT.tlbContext) & 1;
        const different = differences(host, fast);
        if (user !== (state.i32(AT.cpl) === 3 ? 1 : 0))
          different.push(`TLB context ${user}, CPL ${state.i32(AT.cpl)}`);
        if (different.length > 0) wrong.push(`${name}, status ${host.status}: ${different.join(', ')}`);
        if (bench.hosts === 0 && host.status !== 1) taken.set(name, (taken.get(name) ?? 0) + 1);
        engines.restore(clean, true);
      });
    }
    expect(wrong.slice(0, 20), `${wrong.length} differ`).toEqual([]);
    const expected = INSTRUCTIONS.filter(([, , at0, at3]) => (cpl === 3 ? at3 : at0)).map(([name]) => name);
    expect(
      expected
        .filter((name) => name !== 'sysexit' || cpl === 0)
        .filter((name) => (taken.get(name) ?? 0) < STATES / 10),
    ).toEqual([]);
  });

  it.each([0, 3])('ordinary states take them, CPL %i', (cpl) => {
    const bench = new Bench();
    const { engines } = bench;
    const { state } = engines;
    bench.make(cpl, true);
    const blocks = bench.blocks();
    const slow: string[] = [];
    INSTRUCTIONS.forEach(([name, code, at0, at3], n) => {
      if (!(cpl === 3 ? at3 : at0)) return;
      for (let i = 0; i < 20; i++) {
        bench.make(cpl, true);
        if (/^(1f|07|(66 )?0f a[19])$/.test(code))
          engines.memory.write32(state.u32(AT.gpr + 32), ORDINARY.data3);
        if (name.startsWith('fx')) bench.makeImage(true);
        state.set32(AT.rip, PLACE.code + n * BYTES_PER_INSTRUCTION);
        const saved = engines.save();
        const host = engines.runBlock(blocks[n]!, 1);
        engines.restore(saved, true);
        bench.forget();
        engines.runInterpreter(host, 1);
        if (bench.hosts > 0 || host.status === 1) slow.push(name);
      }
    });
    expect(slow).toEqual([]);
  });

  it.each([0, 3])('interrupts and exceptions, CPL %i', (cpl) => {
    const bench = new Bench();
    const { engines, random, context } = bench;
    const { state } = engines;
    const wrong: string[] = [];
    const counts = { fast: 0, ordinary: 0, ordinaryFast: 0 };
    for (let i = 0; i < 40 * STATES; i++) {
      const ordinary = random.chance(30);
      bench.make(cpl, ordinary);
      if (random.chance(20)) bench.clearMarks();
      const vector = random.below(TABLES.vectors + (ordinary ? 0 : 2));
      const kind = random.pick(['external', 'exception', 'software'] as const);
      const error = kind === 'exception' && random.chance(50) ? random.next() & 0xffff : -1;
      const event =
        kind === 'software' ? EVENT.software : kind === 'exception' && isFault(vector) ? EVENT.fault : 0;
      const returnIp = random.next();
      const saved = engines.save();
      engines.restore(saved, true);
      const isFast = context.enterGate!(vector, event, error, returnIp);
      const fast = engines['outcome'](0, undefined);
      engines.restore(saved, true);
      let isOrdinary = true;
      if (isFast) {
        try {
          enterHandler(context, vector, kind, error, returnIp, kind === 'software' ? 0 : 1);
        } catch (thrown) {
          if (thrown !== GUEST_FAULT) throw thrown;
          isOrdinary = false;
        }
      }
      const host = engines['outcome'](0, undefined);
      const different = isOrdinary ? differences(host, fast) : ['faulted'];
      // A refusal may have set the accessed bits that the host function will set.
      if (isFast && different.length > 0) wrong.push(`${kind} ${vector}: ${different.join(', ')}`);
      counts.fast += isFast ? 1 : 0;
      counts.ordinary += ordinary ? 1 : 0;
      counts.ordinaryFast += ordinary && isFast ? 1 : 0;
      state.set32(AT.faulted, 0);
      engines.restore(saved, true);
      for (let at = PLACE.data; at < PLACE.dataEnd; at += 0x1000) {
        const entry = PLACE.pageTable + (at >>> 12) * 4;
        engines.memory.write32(entry, engines.memory.read32(entry) | 0x60);
      }
    }
    expect(wrong.slice(0, 20), `${wrong.length} differ`).toEqual([]);
    expect(counts.ordinaryFast).toBe(counts.ordinary);
    expect(counts.fast).toBeGreaterThan(counts.ordinary);
  });
});

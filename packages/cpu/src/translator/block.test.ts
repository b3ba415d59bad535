import { printFunction, ModuleBuilder } from '@trapgate/wasm-assembler';
import { decode, formatIntel, forms, Instruction } from '@trapgate/x86-decoder';
import { describe, expect, it } from 'vitest';
import { emitSupport } from '../builder/support';
import { AT, GPR } from '../state/layout';
import { MODE } from '../state/mode';
import type { HostInstruction } from '../system/context';
import { BLOCK_STATUS, compileBlock } from './block';
import { CONFIGURATIONS, enter, randomize, type Configuration } from './testing/configurations';
import { Random } from './testing/random';
import {
  operandKinds,
  randomInstruction,
  translatableForms,
  type RandomInstruction,
} from './testing/random-instructions';
import { differences, PLACE, TwoEngines } from './testing/two-engines';

const SEED = Number(process.env['TRAPGATE_SEED'] ?? 0x51);
const BLOCKS = Number(process.env['TRAPGATE_BLOCKS'] ?? 150);
const LONGEST = 12;
const STATES = 6;
const RAM = 0x40_0000;
/** Bytes for each block, HLT behind it. */
const SLOT = 256;
const HLT = 0xf4;

function instructionsOf(code: readonly number[]): HostInstruction[] {
  const bytes = Uint8Array.from(code);
  const list: HostInstruction[] = [];
  for (let at = 0; at < bytes.length; at += list.at(-1)!.decoded.length) {
    const decoded = decode(bytes, at, bytes.length, 32, new Instruction());
    list.push({ form: forms[decoded.form]!, decoded });
  }
  return list;
}

const flat = CONFIGURATIONS[0]!;

function blockOf(code: readonly number[]): { engines: TwoEngines; run(budget: number): number } {
  const engines = new TwoEngines(RAM);
  enter(engines.state, flat, PLACE.code);
  randomize(engines.state, flat, new Random(1));
  const [block] = engines.compile([{ mode: engines.state.i32(AT.mode), instructions: instructionsOf(code) }]);
  return { engines, run: (budget) => engines.runBlock(block!, budget).status! };
}

describe('compileBlock', () => {
  // mov eax, 5; add eax, eax; mov [edi], eax
  const CODE = [0xb8, 5, 0, 0, 0, 0x01, 0xc0, 0x89, 0x07];

  it('executes its instructions and counts them', () => {
    const { engines, run } = blockOf(CODE);
    const { state } = engines;
    state.set32(AT.gpr + 8 * GPR.edi, PLACE.data);
    expect(run(10)).toBe(BLOCK_STATUS.jump);
    expect(state.i32(AT.rip)).toBe(PLACE.code + CODE.length);
    expect(state.i32(AT.budget)).toBe(7);
    expect(engines.memory.read32(PLACE.data)).toBe(10);
  });

  it('gives back what a fault kept from running, and leaves the registers of the instructions before it', () => {
    const { engines, run } = blockOf([...CODE, 0x40]);
    const { state } = engines;
    state.set32(AT.gpr + 8 * GPR.edi, PLACE.data + 0x4000);
    expect(run(10)).toBe(BLOCK_STATUS.fault);
    expect(state.i32(AT.rip)).toBe(PLACE.code + 7);
    expect(state.i32(AT.budget)).toBe(8);
    expect(state.i32(AT.gpr)).toBe(10);
  });

  it('does nothing if fewer instructions than it has may be executed', () => {
    const { engines, run } = blockOf(CODE);
    const before = engines.save().state;
    expect(run(2)).toBe(BLOCK_STATUS.budget);
    engines.state.set32(AT.budget, 0);
    expect(engines.save().state).toEqual(before);
  });

  it.each([
    ['push esp', [0x54]],
    ['pop esp', [0x5c]],
    ['push [esp+4]', [0xff, 0x74, 0x24, 4]],
    ['pop [esp+4]', [0x8f, 0x44, 0x24, 4]],
    ['pop word [esp+4]', [0x66, 0x8f, 0x44, 0x24, 4]],
    ['xchg [esp], esp', [0x87, 0x24, 0x24]],
    [
      'xchg al, ah; mov ch, al; mov cl, ch; mov bx, cx',
      [0x86, 0xc4, 0x88, 0xc5, 0x88, 0xe9, 0x66, 0x89, 0xcb],
    ],
    ['lahf; sahf; inc ah', [0x9f, 0x9e, 0xfe, 0xc4]],
    ['mov [esi], esi; mov esi, [esi]; mov ebx, [esi]', [0x89, 0x36, 0x8b, 0x36, 0x8b, 0x1e]],
    ['xadd bl, bh; xadd ebx, ebx', [0x0f, 0xc0, 0xfb, 0x0f, 0xc1, 0xdb]],
    ['cmpxchg eax, ecx; cmpxchg ecx, eax', [0x0f, 0xb1, 0xc8, 0x0f, 0xb1, 0xc1]],
  ])('agrees with the interpreter on %s', (_name, code) => {
    const engines = new TwoEngines(RAM);
    const { state } = engines;
    engines.memory.writeBytes(PLACE.code, Uint8Array.from([...code, HLT]));
    enter(state, flat, PLACE.code);
    const [block] = engines.compile([{ mode: state.i32(AT.mode), instructions: instructionsOf(code) }]);
    const random = new Random(3);
    let completed = 0;
    for (let i = 0; i < 30; i++) {
      enter(state, flat, PLACE.code);
      randomize(state, flat, random);
      const saved = engines.save();
      engines.restore(saved, true);
      const outcome = engines.runBlock(block!, 10);
      if (outcome.status !== BLOCK_STATUS.fault) completed++;
      engines.restore(saved, true);
      expect(differences(outcome, engines.runInterpreter(outcome, 10))).toEqual([]);
    }
    expect(completed).toBeGreaterThan(5);
  });

  it.each([2, 3, 9, 10, 11, 12, 40])(
    'lets REP use up the budget but not overrun it (%i instructions)',
    (budget) => {
      // mov eax, ebx; rep stosb; inc ebx
      const engines = new TwoEngines(RAM);
      const { state } = engines;
      const code = [0x89, 0xd8, 0xf3, 0xaa, 0x43];
      engines.memory.writeBytes(PLACE.code, Uint8Array.from([...code, HLT]));
      enter(state, flat, PLACE.code);
      const [block] = engines.compile([{ mode: state.i32(AT.mode), instructions: instructionsOf(code) }]);
      randomize(state, flat, new Random(2));
      state.set32(AT.eflags, 2);
      state.set32(AT.gpr + 8 * GPR.edi, PLACE.data);
      state.set32(AT.gpr + 8 * GPR.ecx, 10);
      const saved = engines.save();
      const outcome = engines.runBlock(block!, budget);
      if (budget === 2) expect(outcome.status).toBe(BLOCK_STATUS.budget);
      else expect(outcome.executed).toBe(budget < 12 ? budget : 12);
      engines.restore(saved, true);
      if (budget > 2) expect(differences(outcome, engines.runInterpreter(outcome, budget))).toEqual([]);
    },
  );

  it('refuses a block without instructions', () => {
    const module = new ModuleBuilder();
    const support = emitSupport(module);
    const options = { name: 'none', mode: MODE.code32 | MODE.flat, keep: () => 0 };
    expect(() => compileBlock(module, support, [], options)).toThrow(
      expect.objectContaining({ code: 'EMPTY_BLOCK' }),
    );
  });

  it('has only the terms and registers that the instruction names', () => {
    const module = new ModuleBuilder();
    const support = emitSupport(module);
    // lea ecx, [ebx + esi*4 + 8]
    const instructions = instructionsOf([0x8d, 0x4c, 0xb3, 8]);
    const fn = compileBlock(module, support, instructions, {
      name: 'lea',
      mode: MODE.code32 | MODE.flat,
      keep: () => 0,
    });
    expect(printFunction(fn)).toMatchInlineSnapshot(`
      "func lea($0: i32) -> i32
        $16: i32 = i32.load $0 +180
        %0: i32 = i32.lt_s $16, 1
        if %0 @if0
          return 4
        end
        %1: i32 = i32.sub $16, 1
        i32.store $0 +180, %1: i32
        $1: i32 = i32.load $0 +136
        $3: i32 = i32.load $0 +8
        $5: i32 = i32.load $0 +24
        $8: i32 = i32.load $0 +48
        block @out1
          ; +0 lea
          %2: i32 = i32.shl $8, 2
          %3: i32 = i32.add %2, 8
          $17: i32 = i32.add $5, %3
          $3: i32 = $17
          $11: i32 = i32.add $1, 4
          $12: i32 = 0
          $10: i32 = 2
          br @out1
        end
        i32.store $0 +8, $3: i32
        i32.store $0 +136, $11: i32
        %4: i32 = i32.load $0 +180
        %5: i32 = i32.add %4, $12
        i32.store $0 +180, %5: i32
        return $10
      end
      "
    `);
  });
});

interface RandomBlock {
  readonly list: readonly RandomInstruction[];
  readonly linear: number;
}

function randomBlocks(engines: TwoEngines, configuration: Configuration, random: Random): RandomBlock[] {
  // STI looks whether the budget ends behind it; the second run's budget ends where the first one stopped.
  const all = translatableForms().filter(({ mnemonic }) => mnemonic !== 'sti');
  const blocks: RandomBlock[] = [];
  for (let n = 0; n < BLOCKS; n++) {
    const list: RandomInstruction[] = [];
    const length = 2 + random.below(LONGEST - 1);
    while (list.length < length) {
      const form = random.pick(all);
      const memory = random.pick(operandKinds(form));
      const made =
        memory && random.chance(50) ? undefined : randomInstruction(form, memory, configuration, random);
      if (made) list.push(made);
    }
    const linear = PLACE.code + n * SLOT;
    engines.memory.writeBytes(linear, Uint8Array.from([...list.flatMap(({ bytes }) => bytes), HLT]));
    blocks.push({ list, linear });
  }
  return blocks;
}

function label({ list, linear }: RandomBlock): string {
  return list.map(({ instruction }) => formatIntel(instruction.decoded, linear)).join('; ');
}

describe(`random blocks against the interpreter (seed ${SEED})`, () => {
  it.each(CONFIGURATIONS)('$name', (configuration) => {
    const random = new Random(SEED);
    const engines = new TwoEngines(RAM);
    const { state } = engines;
    const blocks = randomBlocks(engines, configuration, random);
    enter(state, configuration, PLACE.code);
    const mode = state.i32(AT.mode);
    const compiled = engines.compile(
      blocks.map(({ list }) => ({ mode, instructions: list.map(({ instruction }) => instruction) })),
    );
    const wrong: string[] = [];
    const statuses = new Set<number>();
    blocks.forEach((test, n) => {
      for (let i = 0; i < STATES; i++) {
        enter(state, configuration, test.linear);
        randomize(state, configuration, random);
        const saved = engines.save();
        const budget = test.list.length + random.pick([0, 1, 3, 100]);
        const flush = random.chance(50);
        engines.restore(saved, flush);
        const block = engines.runBlock(compiled[n]!, budget);
        statuses.add(block.status!);
        engines.restore(saved, flush);
        const different = differences(block, engines.runInterpreter(block, budget));
        engines.restore(saved, false);
        if (different.length > 0)
          wrong.push(`${label(test)}: status ${block.status}: ${different.join(', ')}`);
      }
    });
    expect(wrong.slice(0, 20), `${wrong.length} runs differ`).toEqual([]);
    expect(statuses).toContain(BLOCK_STATUS.fault);
    expect(statuses).toContain(BLOCK_STATUS.jump);
  });
});

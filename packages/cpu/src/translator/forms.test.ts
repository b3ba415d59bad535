import { formatIntel } from '@trapgate/x86-decoder';
import { afterAll, describe, expect, it } from 'vitest';
import { AT } from '../state/layout';
import { BLOCK_STATUS } from './block';
import { CONFIGURATIONS, enter, randomize, type Configuration } from './testing/configurations';
import { Random } from './testing/random';
import {
  operandKinds,
  randomInstruction,
  translatableForms,
  type RandomInstruction,
} from './testing/random-instructions';
import { differences, PLACE, TwoEngines } from './testing/two-engines';

const SEED = Number(process.env['TRAPGATE_SEED'] ?? 0x7a9);
/** Random instructions of each form and operand kind, and random states that each is run from. */
const ENCODINGS = Number(process.env['TRAPGATE_ENCODINGS'] ?? 1);
const STATES = 5;
/** Iterations that a REP instruction may execute before it is cut off. */
const REPETITIONS = [1, 4, 40, 400];
const RAM = 0x40_0000;
/** Bytes for each instruction, HLT behind it. */
const SLOT = 32;
const HLT = 0xf4;
const BATCH = 500;

interface Case extends RandomInstruction {
  readonly linear: number;
}

const label = ({ instruction, bytes, linear }: Case): string =>
  `${formatIntel(instruction.decoded, linear)} (${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')})`;

describe(`the static back end against the interpreter (seed ${SEED})`, () => {
  const faults = new Map<number, number>();
  let runs = 0;
  let completed = 0;

  function compare(
    engines: TwoEngines,
    configuration: Configuration,
    cases: readonly Case[],
    random: Random,
  ): string[] {
    const { state } = engines;
    const wrong: string[] = [];
    const mode = state.i32(AT.mode);
    const blocks = engines.compile(cases.map(({ instruction }) => ({ mode, instructions: [instruction] })));
    cases.forEach((test, n) => {
      for (let i = 0; i < STATES; i++) {
        enter(state, configuration, test.linear);
        randomize(state, configuration, random);
        const saved = engines.save();
        const flush = random.chance(50);
        const budget = test.instruction.form.rep !== 'none' ? random.pick(REPETITIONS) : 1;
        engines.restore(saved, flush);
        const block = engines.runBlock(blocks[n]!, budget);
        if (block.status === BLOCK_STATUS.fault)
          faults.set(state.i32(AT.faultVector), (faults.get(state.i32(AT.faultVector)) ?? 0) + 1);
        else completed++;
        engines.restore(saved, flush);
        const different = differences(block, engines.runInterpreter(block, budget));
        engines.restore(saved, false);
        runs++;
        if (different.length > 0) {
          wrong.push(`${label(test)}: status ${block.status}: ${different.join(', ')}`);
          break;
        }
      }
    });
    return wrong;
  }

  it.each(CONFIGURATIONS)('$name', (configuration) => {
    const random = new Random(SEED);
    const engines = new TwoEngines(RAM);
    const missing: string[] = [];
    const cases: Case[] = [];
    let linear: number = PLACE.code;
    for (const form of translatableForms()) {
      for (const memory of operandKinds(form)) {
        for (let n = 0; n < ENCODINGS; n++) {
          const made = randomInstruction(form, memory, configuration, random);
          if (!made) {
            // Later instructions have taken most encodings of the reserved NOPs 0F 1A and 0F 1B.
            if (form.alias && form.mnemonic === 'nop') continue;
            missing.push(`${form.id} ${form.mnemonic}${memory ? ' memory' : ''}`);
            continue;
          }
          engines.memory.writeBytes(linear, Uint8Array.from([...made.bytes, HLT]));
          cases.push({ ...made, linear });
          linear += SLOT;
        }
      }
    }
    enter(engines.state, configuration, PLACE.code);
    const wrong: string[] = [];
    for (let n = 0; n < cases.length; n += BATCH)
      wrong.push(...compare(engines, configuration, cases.slice(n, n + BATCH), random));
    expect(missing).toEqual([]);
    expect(wrong.slice(0, 40), `${wrong.length} of ${cases.length} differ`).toEqual([]);
  });

  afterAll(() => {
    // Every kind of fault that an instruction itself can raise was among the cases.
    if (process.env['TRAPGATE_SHOW']) console.log(runs, completed, Object.fromEntries(faults));
    expect(completed).toBeGreaterThan(runs / 2);
    expect([0, 6, 7, 12, 13, 14, 16].filter((vector) => !faults.has(vector))).toEqual([]);
  });
});

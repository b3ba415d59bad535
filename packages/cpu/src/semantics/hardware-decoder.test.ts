import { forms, type Form } from '@trapgate/x86-decoder';
import { describe, expect, it } from 'vitest';
import {
  chapterOf,
  CHAPTERS,
  FEWEST_STATES,
  implementedForms,
  leftOut,
  type Chapter,
} from '../testing/hardware-coverage';
import { unpackVectors, type RecordedGroup } from '../testing/hardware-packed';
import { makeStates } from '../testing/hardware-replay';
import { StateMaker } from '../testing/hardware-states';
import { readVectors } from '../testing/hardware-suite';

// What the real processor did says whether the decoder knows it: lengths, targets of branches, and which flags a form leaves
// alone, clears and sets. Vectors of 64-bit code are recorded before there is a long mode.

const INT3 = 3;
const ARITHMETIC = 0x8d5;
/** Milliseconds. */
const TIMEOUT = 300_000;

/** Features whose 64-bit forms a long mode will offer, besides those of 32-bit code. */
const LONG_FEATURES = ['lm', 'cx16'];

function wantedForms(): Form[] {
  const features = new Set([...implementedForms().map(({ feature }) => feature), ...LONG_FEATURES]);
  return forms.filter(
    (form) =>
      form.id !== 0 &&
      form.encoding === 'legacy' &&
      (form.modes & 2) !== 0 &&
      features.has(form.feature) &&
      leftOut(form) === undefined,
  );
}

/** What is wrong with the length or the branch target of an instruction that has been executed. */
function transferProblem(maker: StateMaker, { states, results }: RecordedGroup): string | undefined {
  const { form, instruction, group } = maker;
  const relative = form.operands[0]?.kind === 'rel';
  const tail = group.code.length - instruction.length;
  for (let n = 0; n < states.length; n++) {
    const result = results[n];
    if (result?.vector !== INT3 || result.rip[1] !== 0) continue;
    const start = group.bits === 16 ? group.offset : states[n]!.rip;
    const ended = result.rip[0] - 1 - start;
    const next = instruction.length;
    const possible = relative ? [next, next + instruction.branch] : [next + tail];
    const mask = form.operandSize === 16 ? 0xffff : -1;
    const transfers = /^(jmp|call|ret|retf|iret|int)/.test(form.mnemonic) && !relative;
    if (transfers || possible.some((place) => ((place - ended) & mask) === 0)) continue;
    return `${Buffer.from(group.code).toString('hex')}: ended at +${ended}, decoded as ${form.mnemonic} of ${next} bytes`;
  }
  return undefined;
}

/** What is wrong with a form's facts about flags. */
function flagsProblem({ form, group }: StateMaker, { states, results }: RecordedGroup): string | undefined {
  const { written, cleared, set, undefined: unknown } = form.flags;
  const kept = ARITHMETIC & ~(written | cleared | set | unknown);
  for (let n = 0; n < states.length; n++) {
    const result = results[n];
    if (result?.vector !== INT3) continue;
    const changed = (states[n]!.eflags ^ result.eflags) & kept;
    const left = (result.eflags & cleared) | (~result.eflags & set);
    if (changed === 0 && left === 0) continue;
    const code = Buffer.from(group.code).toString('hex');
    return `${form.mnemonic} ${code}: changed flags ${changed.toString(16)}, did not clear or set ${left.toString(16)}`;
  }
  return undefined;
}

/** A branch into its own bytes, which are another instruction. */
const intoItself = ({ instruction: { branch, length } }: StateMaker): boolean =>
  branch < 0 && branch > -length;

interface Held {
  readonly problems: string[];
  /** Reproducible states, by form. */
  readonly counts: Map<Form, number>;
  /** Forms that have run to their end. */
  readonly completed: Set<Form>;
}

function holdDecoder(chapter: Chapter, bits: 32 | 64): Held {
  const held: Held = { problems: [], counts: new Map(), completed: new Set() };
  for (const recorded of unpackVectors(readVectors(chapter, bits)).groups(makeStates)) {
    const maker = new StateMaker(recorded.group, 0);
    const { form } = maker;
    const good = recorded.results.filter((result) => result !== undefined);
    if (recorded.group.bits === bits) held.counts.set(form, (held.counts.get(form) ?? 0) + good.length);
    if (good.some(({ vector }) => vector === INT3)) held.completed.add(form);
    if (intoItself(maker)) continue;
    const found = [transferProblem(maker, recorded), flagsProblem(maker, recorded)];
    held.problems.push(...found.filter((problem) => problem !== undefined));
  }
  return held;
}

const nameOf = ({ mnemonic, id }: Form): string => `${mnemonic} (form ${id})`;

describe.each(CHAPTERS)('the decoder and the real processor: %s', (chapter) => {
  it(
    '32-bit code',
    () => {
      expect(holdDecoder(chapter, 32).problems).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    '64-bit code, in which every form has its states',
    () => {
      const { problems, counts, completed } = holdDecoder(chapter, 64);
      expect(problems).toEqual([]);
      const wanted = wantedForms().filter((form) => chapterOf(form) === chapter);
      const few = wanted.filter((form) => (counts.get(form) ?? 0) < FEWEST_STATES);
      expect(few.map(nameOf)).toEqual([]);
      // All but the privileged and undefined ones have run to their end at least once. A far pointer of 80 bits is Intel's:
      // AMD's processors take it for one of 48, and the selector is null (APM vol. 3, JMP far).
      const isFarPointer = ({ operands, far, mnemonic }: Form): boolean =>
        operands.some(({ kind, size }) => kind === 'm' && size === 80) && (far || mnemonic === 'lss');
      const ends = (form: Form): boolean =>
        form.privilege === 'none' && !/^(ud.|int|int3|into)$/.test(form.mnemonic) && !isFarPointer(form);
      expect(wanted.filter((form) => !completed.has(form) && ends(form)).map(nameOf)).toEqual([]);
    },
    TIMEOUT,
  );
});

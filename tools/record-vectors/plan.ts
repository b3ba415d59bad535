import type { Form } from '../../packages/x86-decoder/src/index';
import { chapterOf } from '../../packages/cpu/src/testing/hardware-coverage';
import { fnv1a, VectorRandom } from '../../packages/cpu/src/testing/hardware-random';
import { EncodingMaker } from './encodings';
import type { GroupRequest } from './record';

const TRANSCENDENTAL = /^(f2xm1|fyl2xp?1?|fsin|fcos|fsincos|fptan|fpatan|fprem1?)$/;

interface Amount {
  /** Instructions of each kind: with a register and with memory. */
  readonly encodings: number;
  readonly states: number;
}

/** What a form's instructions may have as their operand: a register, memory or either. */
function operandKinds(form: Form): readonly boolean[] {
  const memoryOnly = form.operands.some(({ kind }) => kind === 'm' || kind === 'moffs');
  if (memoryOnly || form.mod === 'memory') return [true];
  const either = form.mod === 'any' && form.operands.some(({ kind }) => kind.endsWith('rm'));
  return either ? [false, true] : [false];
}

function amountOf(form: Form, kinds: number): Amount {
  if (TRANSCENDENTAL.test(form.mnemonic)) return { encodings: 2, states: 250 };
  const chapter = chapterOf(form);
  const immediate = form.operands.some(({ kind }) => kind === 'imm');
  if (chapter === 'x87') return { encodings: kinds > 1 || form.modrm ? 8 : 4, states: 20 };
  if (form.rep !== 'none') return { encodings: 15, states: 8 };
  const varied =
    (form.modrm && form.fixedModrm < 0) || immediate || form.operands.some(({ kind }) => kind === 'opreg');
  if (!varied && form.operands.every(({ kind }) => kind !== 'rel' && kind !== 'moffs' && kind !== 'far'))
    return { encodings: 4, states: 20 };
  if (immediate && (chapter === 'sse' || chapter === 'mmx')) return { encodings: 28 / kinds, states: 5 };
  if (chapter === 'system') return { encodings: 40 / kinds, states: 4 };
  return { encodings: 20 / kinds, states: 6 };
}

export interface PlannedGroup {
  readonly form: Form;
  readonly request: GroupRequest;
}

/** The groups to be recorded of a form; in 32-bit processes some of 16-bit code too. */
export function plan(form: Form, bits: 32 | 64): PlannedGroup[] {
  const kinds = operandKinds(form);
  const key = `${form.mnemonic} ${form.operands.map(({ kind, size }) => kind + size).join()} ${form.opcode} ${form.digit} ${form.operandSize}`;
  const random = new VectorRandom(fnv1a([...new TextEncoder().encode(key), bits]));
  const { encodings, states } = amountOf(form, kinds.length);
  const list: PlannedGroup[] = [];
  const add = (size: 16 | 32 | 64, count: number, each: number): void => {
    const maker = new EncodingMaker(random, size);
    const before = list.length;
    const pass = (): void => {
      for (const memory of kinds) {
        for (let turn = 0; turn < count; turn++) {
          const group = maker.make(form, memory, turn);
          if (group) list.push({ form, request: { group, states: each } });
        }
      }
    };
    pass();
    // Some opcodes are another instruction's with one kind of operand.
    const enough = size === 16 ? 0 : count * kinds.length * 0.8;
    for (let tries = 0; tries < 8 && list.length - before < enough; tries++) pass();
  };
  add(bits, encodings, states);
  if (bits === 32 && /integer|system/.test(chapterOf(form))) add(16, 4, 5);
  return list;
}

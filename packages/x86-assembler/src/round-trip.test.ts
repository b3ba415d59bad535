import { decode, forms, Instruction, type Form } from '@trapgate/x86-decoder';
import { describe, expect, it } from 'vitest';
import { encode, encodeForm, EncodeError, operandsOf } from './index';
import type { CodeMode } from './match';
import { randomOperands, randomSource } from './testing/random-operands';

const SEED = 20250301;
const TURNS = 8;

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** Everything of a decoded instruction that its program can tell. */
function meaning(instruction: Instruction): string {
  const { operands, options } = operandsOf(instruction, 0x400000);
  const show = (value: unknown) =>
    JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));
  const shown = operands.map(show);
  if (forms[instruction.form]!.mnemonic === 'xchg') shown.sort(); // either order means the same
  return `${instruction.form} ${shown.join(' ')} ${show(options)}`;
}

/** Reserved NOPs that stand for what MPX and CLDEMOTE leave over of an opcode. */
const isPartial = ({ mnemonic, map, opcode }: Form): boolean =>
  mnemonic === 'nop' && map === 1 && opcode >= 0x1a && opcode <= 0x1c;

function validIn(form: Form, mode: CodeMode): boolean {
  if ((form.modes & (mode === 64 ? 2 : 1)) === 0) return false;
  if (form.operandSize === 64 && mode !== 64) return false;
  return form.addressSize === 0 || (mode === 64 ? form.addressSize >= 32 : form.addressSize <= 32);
}

describe.each([16, 32, 64] as const)('in %i-bit code', (mode) => {
  const candidates = forms.filter((form) => form.id > 0 && validIn(form, mode) && !isPartial(form));

  it(`every form decodes to itself and encodes again to the same bytes (seed ${SEED})`, () => {
    const random = randomSource(SEED + mode);
    const decoded = new Instruction();
    const failures: string[] = [];
    for (const form of candidates) {
      for (let turn = 0; turn < TURNS; turn++) {
        const operands = randomOperands(form, mode, random, 0x400000);
        const { bytes } = encodeForm(form, operands, { mode, address: 0x400000 });
        decode(bytes, 0, bytes.length, mode, decoded);
        if (decoded.form !== form.id || decoded.length !== bytes.length) {
          failures.push(
            `${form.mnemonic} (form ${form.id}): ${hex(bytes)} decodes to ${forms[decoded.form]!.mnemonic} (form ${decoded.form})`,
          );
          break;
        }
        const again = operandsOf(decoded, 0x400000);
        const second = encodeForm(form, again.operands, again.options).bytes;
        if (hex(second) !== hex(bytes))
          failures.push(`${form.mnemonic}: ${hex(bytes)} encodes again to ${hex(second)}`);
      }
    }
    expect(failures).toEqual([]);
  });

  it(`choosing by mnemonic gives an instruction of the same meaning, never a longer one (seed ${SEED})`, () => {
    const random = randomSource(SEED * 3 + mode);
    const [decoded, chosen] = [new Instruction(), new Instruction()];
    const failures: string[] = [];
    for (const form of candidates.filter(({ alias }) => !alias)) {
      for (let turn = 0; turn < TURNS; turn++) {
        const operands = randomOperands(form, mode, random, 0x400000);
        const { bytes } = encodeForm(form, operands, { mode, address: 0x400000 });
        decode(bytes, 0, bytes.length, mode, decoded);
        const again = operandsOf(decoded, 0x400000);
        const size = form.operandSize === 0 ? {} : { operandSize: form.operandSize };
        try {
          const shortest = encode(form.mnemonic, again.operands, { ...again.options, ...size }).bytes;
          decode(shortest, 0, shortest.length, mode, chosen);
          // XCHG of AX, EAX with itself is NOP.
          const { mnemonic } = forms[chosen.form]!;
          const same =
            (mnemonic === form.mnemonic || (form.mnemonic === 'xchg' && mnemonic === 'nop')) &&
            shortest.length <= bytes.length;
          const equal = chosen.form !== form.id || meaning(chosen) === meaning(decoded);
          if (!same || !equal)
            failures.push(`${form.mnemonic}: ${hex(bytes)} was encoded as ${hex(shortest)}`);
        } catch (error) {
          if (!(error instanceof EncodeError)) throw error;
          failures.push(`${form.mnemonic} (form ${form.id}): ${hex(bytes)}: ${error.message}`);
        }
      }
    }
    expect([...new Set(failures)]).toEqual([]);
  });
});

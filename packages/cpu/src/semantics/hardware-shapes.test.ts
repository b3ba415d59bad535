import { decode, Instruction, type Form } from '@trapgate/x86-decoder';
import { describe, expect, it } from 'vitest';
import { CHAPTERS, implementedForms, leftOut } from '../testing/hardware-coverage';
import { unpackVectors } from '../testing/hardware-packed';
import { formOf } from '../testing/hardware-replay';
import { readVectors } from '../testing/hardware-suite';
import { operandKinds } from '../translator/testing/random-instructions';

/** What the recorded instructions of a form have been. */
type Shapes = Set<string>;

function shapesOf(bits: 32 | 64): Map<Form, Shapes> {
  const all = new Map<Form, Shapes>();
  const decoded = new Instruction();
  for (const chapter of CHAPTERS) {
    for (const { group } of unpackVectors(readVectors(chapter, bits)).counts()) {
      const form = formOf(group);
      const shapes = all.get(form) ?? new Set();
      all.set(form, shapes);
      decode(group.code, 0, group.code.length, group.bits, decoded);
      const memory = decoded.memory || form.operands.some(({ kind }) => kind === 'moffs');
      shapes.add(memory ? 'memory' : 'register');
      if (decoded.segmentOverride) shapes.add('segment prefix');
      if (decoded.lock) shapes.add('lock');
      shapes.add(`rep ${decoded.rep.toString(16)}`);
      if (decoded.addressSizePrefix) shapes.add('address size prefix');
    }
  }
  return all;
}

/** What the recorded instructions of a form should have been. */
function wantedShapes(form: Form): string[] {
  const kinds = operandKinds(form);
  const wanted: string[] = kinds.map((memory) => (memory ? 'memory' : 'register'));
  if (kinds.includes(true)) wanted.push('segment prefix');
  if (form.lockable && kinds.includes(true)) wanted.push('lock');
  if (form.rep !== 'none') wanted.push('rep 0', 'rep f2', 'rep f3');
  if (form.rep !== 'none' && form.privilege === 'none') wanted.push('segment prefix', 'address size prefix');
  return wanted;
}

describe('the recorded instructions of a form', () => {
  // Opcodes that with one kind of operand have become other instructions are NOPs only with the other.
  const isCrowded = ({ mnemonic, alias }: Form): boolean => mnemonic === 'nop' && alias;

  it('have operands in registers and memory, segment prefixes, LOCK and REP', () => {
    const shapes = shapesOf(32);
    const missing = implementedForms()
      .filter((form) => leftOut(form) === undefined && !isCrowded(form))
      .flatMap((form) =>
        wantedShapes(form)
          .filter((shape) => !shapes.get(form)?.has(shape))
          .map((shape) => `${form.mnemonic} (form ${form.id}): ${shape}`),
      );
    expect(missing).toEqual([]);
  });
});

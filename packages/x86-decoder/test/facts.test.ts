import { Code, Decoder, DecoderOptions, InstructionInfoFactory, OpAccess, RflagsBits } from 'iced-x86';
import { expect, it } from 'vitest';
import { decode, eflags, forms, Instruction } from '../src/index';
import type { Form } from '../src/index';
import { formExamples } from './opcode-space';

const flagBits: readonly [theirs: number, ours: number, letter: string][] = [
  [RflagsBits.OF, eflags.of, 'o'],
  [RflagsBits.SF, eflags.sf, 's'],
  [RflagsBits.ZF, eflags.zf, 'z'],
  [RflagsBits.AF, eflags.af, 'a'],
  [RflagsBits.CF, eflags.cf, 'c'],
  [RflagsBits.PF, eflags.pf, 'p'],
  [RflagsBits.DF, eflags.df, 'd'],
  [RflagsBits.IF, eflags.if, 'i'],
  [RflagsBits.AC, eflags.ac, 'x'],
];
const letters = (value: number, side: 0 | 1): string =>
  flagBits
    .filter((bit) => value & bit[side])
    .map((bit) => bit[2])
    .join('');

const accesses: Partial<Record<OpAccess, string>> = {
  [OpAccess.None]: 'none',
  [OpAccess.NoMemAccess]: 'none',
  [OpAccess.Read]: 'r',
  [OpAccess.Write]: 'w',
  [OpAccess.ReadWrite]: 'rw',
  [OpAccess.ReadCondWrite]: 'rw',
  [OpAccess.CondWrite]: 'rw',
  [OpAccess.CondRead]: 'r',
};

// Where iced describes the example and we describe the form: a register combined with itself (xor eax,eax) is a constant
// there, a rotate's effect depends on its count, and sar by one clears OF.
const sameOperand = /^(sub|xor|pxor|xorp[sd]|psub.*|pandn)$/;
const countDependent = /^(rcl|rcr|sar)$/;
const exceptions: Readonly<Record<string, string>> = {
  pushf: 'stores NT, IOPL and the rest too',
  vmrun: 'replaces RFLAGS',
  skinit: 'not modelled',
  clflush: 'no data is read',
  clflushopt: 'no data is read',
  clwb: 'no data is read',
  insertq: 'the upper half is undefined',
};

function describeFlags(form: Form): string {
  const { read, written, cleared, set, undefined: unknown } = form.flags;
  return [read, written, cleared, set, unknown].map((value) => letters(value, 1)).join('/');
}

it('flags, operand access and privilege agree with iced-x86', () => {
  const factory = new InstructionInfoFactory();
  const ours = new Instruction();
  const found: string[] = [];
  const seen = new Set<number>();
  for (const { bytes, mode } of formExamples()) {
    decode(bytes, 0, bytes.length, mode, ours);
    const form = forms[ours.form];
    seen.add(form.id);
    const decoder = new Decoder(mode, bytes, DecoderOptions.None);
    const theirs = decoder.decode();
    const info = factory.info(theirs);
    const report = (text: string): number => found.push(`${form.mnemonic} (${Code[theirs.code]}): ${text}`);
    const skip =
      form.mnemonic in exceptions ||
      (sameOperand.test(form.mnemonic) && !ours.memory) ||
      (form.map === 1 && form.mnemonic === 'nop');
    if (!skip && !countDependent.test(form.mnemonic)) {
      const flags = [
        theirs.rflagsRead,
        theirs.rflagsWritten,
        theirs.rflagsCleared,
        theirs.rflagsSet,
        theirs.rflagsUndefined,
      ]
        .map((value) => letters(value, 0))
        .join('/');
      if (flags !== describeFlags(form)) report(`flags ${describeFlags(form)}, theirs ${flags}`);
    }
    const privileged = form.privilege === 'cpl0' || form.privilege === 'iopl' || form.privilege === 'io';
    // MONITOR and MWAIT trap outside CPL 0 unless an MSR allows them.
    if (privileged !== theirs.isPrivileged && !/^(monitor|mwait)$/.test(form.mnemonic)) report('privilege');
    if (!skip && form.operands.length === theirs.opCount) {
      form.operands.forEach((operand, i) => {
        const access = accesses[info.opAccess(i)];
        if (access !== operand.access) report(`operand ${i} ${operand.access}, theirs ${access}`);
      });
    }
    info.free();
    theirs.free();
    decoder.free();
  }
  expect([...new Set(found)]).toEqual([]);
  const missing = forms.filter((form) => form.id !== 0 && !seen.has(form.id));
  expect(missing.map((form) => form.mnemonic)).toEqual([]);
});

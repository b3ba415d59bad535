import { describe, expect, it } from 'vitest';
import { parseRows } from './grammar';
import type { Form } from './index';
import { eflags, forms } from './index';
import { buildLookup } from './lookup';

const named = (mnemonic: string): Form[] => forms.filter((form) => form.mnemonic === mnemonic);
const build = (rows: string): unknown => buildLookup(parseRows(rows));

describe('the table', () => {
  it('numbers its forms', () => {
    expect(forms.every((form, id) => form.id === id)).toBe(true);
    expect(forms[0].mnemonic).toBe('(bad)');
    expect(forms.length).toBeGreaterThan(1500);
  });

  it('resolves sizes: one form per operand size', () => {
    const add = named('add').filter((form) => form.opcode === 1);
    expect(add.map((form) => [form.operandSize, form.modes])).toEqual([
      [16, 3],
      [32, 3],
      [64, 2],
    ]);
    expect(add[1].operands.map((operand) => [operand.kind, operand.size, operand.access])).toEqual([
      ['rm', 32, 'rw'],
      ['reg', 32, 'r'],
    ]);
  });

  it('expands conditions', () => {
    expect(named('jz').map((form) => form.opcode)).toContain(0x74);
    expect(named('setg')[0].flags.read).toBe(eflags.zf | eflags.sf | eflags.of);
    expect(named('cmovbe')[0].opcode).toBe(0x46);
  });

  it('rejects rows that overlap', () => {
    expect(() => build('a rm8, r8 | 00 /r | 8086 |\nb rm8, r8 | 00 /3 | 8086 |')).toThrow(/overlap/);
    expect(() => build('a rmv, rv | 01 /r | 8086 |\nb rm32, r32 | 01 /r | 8086 | o32')).toThrow(/overlap/);
    expect(() => build('a xmm, m64 | np 0F 12 /r | sse |\nb xmm, xmmr | np 0F 12 /r | sse |')).not.toThrow();
  });

  it('rejects rows that do not parse', () => {
    expect(() => parseRows('add rm8, q8 | 00 /r | 8086 |')).toThrow("unknown operand 'q8'");
    expect(() => parseRows('add rm8 | 00 /9 | 8086 |')).toThrow("unknown encoding '/9'");
    expect(() => parseRows('add rm8 | 00 /r | 8086 | w:y')).toThrow("unknown flag 'y'");
    expect(() => parseRows('add rm8')).toThrow('fewer than three columns');
    expect(() => parseRows('add rm8 | 00 /r | 8086 | lokc')).toThrow("unknown attribute 'lokc'");
  });
});

describe('Popek-Goldberg classes', () => {
  const classOf = (mnemonic: string): string =>
    [...new Set(named(mnemonic).map((form) => form.sensitivity))].join();

  it('privileged: trap outside CPL 0 or above IOPL', () => {
    for (const name of 'hlt clts lgdt lidt lldt ltr lmsw rdmsr wrmsr invlpg invd wbinvd sysexit cli sti in out insb outsb vmrun'.split(
      ' ',
    )) {
      expect([name, classOf(name)]).toEqual([name, 'privileged']);
    }
  });

  // Robin and Irvine, USENIX Security 2000.
  it('sensitive but not privileged: the holes of the architecture', () => {
    for (const name of 'sgdt sidt sldt str smsw pushf pushfd popf popfd lar lsl verr verw retf int iret'.split(
      ' ',
    )) {
      expect([name, classOf(name)]).toEqual([name, 'sensitive']);
    }
    const segment = (form: Form): boolean =>
      form.operands.some(
        (operand) =>
          operand.kind === 'sreg' ||
          (operand.kind === 'fixed' && /^[c-gs]s|es$/.test(operand.register ?? '')),
      );
    for (const form of forms.filter(segment))
      expect([form.mnemonic, form.sensitivity]).toEqual([form.mnemonic, 'sensitive']);
    for (const form of forms.filter((form) => form.far)) expect(form.sensitivity).toBe('sensitive');
  });

  it('the rest is innocuous', () => {
    for (const name of 'add jmp_near push_imm fadd addps movsb lahf cld'.split(' ')) {
      const [mnemonic] = name.split('_');
      expect(forms.some((form) => form.mnemonic === mnemonic && form.sensitivity === 'innocuous')).toBe(true);
    }
  });
});

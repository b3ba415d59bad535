import { Code, Decoder, DecoderOptions, Formatter, FormatterSyntax } from 'iced-x86';
import { expect, it } from 'vitest';
import { decode, formatAtt, formatIntel, forms, Instruction } from '../src/index';
import { formExamples } from './opcode-space';

/** Texts that differ from the formatter of iced-x86, by mnemonic, among one example of every form. */
function differing(syntax: FormatterSyntax, format: typeof formatIntel, known: RegExp): string[] {
  const formatter = new Formatter(syntax);
  const out = new Instruction();
  const found: string[] = [];
  for (const { bytes, mode } of formExamples()) {
    decode(bytes, 0, bytes.length, mode, out);
    const decoder = new Decoder(mode, bytes, DecoderOptions.None);
    decoder.ip = 0x1000n;
    const theirs = decoder.decode();
    const text = format(out, 0x1000);
    const expected = formatter.format(theirs);
    if (text !== expected && !known.test(forms[out.form].mnemonic))
      found.push(`${Code[theirs.code]}: ${text} | ${expected}`);
    theirs.free();
    decoder.free();
  }
  return found;
}

it('Intel syntax is that of iced-x86', () => {
  // iced names the size of x87 environments, writes the st of x87 memory operands, leaves out xmm0, has names of its own for reserved opcodes, and writes
  // the 32-bit register where REX.W does not matter.
  const known =
    /^(f(i?(add|mul|comp?|subr?|divr?)|i?ldp?|i?stp?|isttp|bld|bstp|ild|ist|istp)|prefetch|nop|sha256rnds2|pblendvb|blendvp[sd]|pclmulqdq|vmmcall|sysret|sysexit|movmskp[sd]|pinsr[bw]|pextr[bw]|pmovmskb|extractps|maskmov.*|retf|push|fldenv|fnstenv|frstor|fnsave)$/;
  expect(differing(FormatterSyntax.Intel, formatIntel, known)).toEqual([]);
});

it('AT&T syntax is that of iced-x86', () => {
  const known =
    /^(loop.*|j[er]?cxz|sto.*|lod.*|sca.*|shl|prefetch|nop|fldenv|fnstenv|frstor|fnsave|fstp|[ls][gi]dt|mov|mov[sz]x|pclmulqdq|vm.*|invlpga|clzero|retf|iretd|sysret|sysexit|pcmpestr.*|call|jmp)$/;
  expect(differing(FormatterSyntax.Gas, formatAtt, known)).toEqual([]);
});

it('names addresses through the symbol option', () => {
  const out = new Instruction();
  const symbol = (address: bigint): string | undefined => (address === 0x1005n ? 'next' : undefined);
  decode(Uint8Array.of(0xe8, 0, 0, 0, 0), 0, 5, 32, out);
  expect(formatIntel(out, 0x1000, { symbol })).toBe('call next');
  expect(formatAtt(out, 0x1000, { symbol })).toBe('call next');
  decode(Uint8Array.of(0x83, 0x44, 0x88, 0x10, 0x05), 0, 5, 32, out);
  expect(formatAtt(out, 0)).toBe('addl $5,0x10(%eax,%ecx,4)');
});

import type { Form, OperandSpec } from './form';
import {
  branchHint,
  branchTarget,
  commonMnemonic,
  formOf,
  hiddenAddressSize,
  hiddenOperandSize,
  immediateValue,
  memoryText,
  prefixWords,
  registerText,
  sameThreeOperands,
} from './format-parts';
import type { FormatOptions } from './format-parts';
import type { Instruction } from './instruction';
import { registerName, segmentNames } from './registers';

function hex(value: bigint, digits = 0): string {
  if (value < 10n && digits === 0) return value.toString();
  return `0x${value.toString(16).toUpperCase().padStart(digits, '0')}`;
}

function memory(instruction: Instruction, address: number | bigint, options: FormatOptions): string {
  const parts = memoryText(instruction, address);
  const segment = parts.segment === '' ? '' : `%${parts.segment}:`;
  if (parts.absolute) return segment + (options.symbol?.(parts.displacement) ?? hex(parts.displacement));
  const { displacement } = parts;
  const offset = displacement === 0n ? '' : displacement < 0n ? `-${hex(-displacement)}` : hex(displacement);
  const base = parts.base === '' ? '' : `%${parts.base}`;
  const wide = instruction.addressSize !== 16;
  const scale = wide && (parts.scale !== 1 || parts.base === '') ? `,${parts.scale}` : '';
  const index =
    parts.index === '' ? '' : base === '' && !wide ? `%${parts.index}` : `,%${parts.index}${scale}`;
  return `${segment}${offset}(${base}${index})`;
}

function operandText(
  instruction: Instruction,
  form: Form,
  operand: OperandSpec,
  address: number | bigint,
  options: FormatOptions,
): string {
  const indirect = /^(call|jmp)$/.test(form.mnemonic) ? '*' : '';
  const register = registerText(instruction, operand);
  if (register !== undefined) return `${indirect}%${register}`;
  switch (operand.kind) {
    case 'imm':
      return `$${hex(immediateValue(instruction, form, operand))}`;
    case 'one':
      return '$1';
    case 'rel': {
      const target = branchTarget(instruction, address);
      return options.symbol?.(target) ?? hex(target, instruction.operandSize / 4);
    }
    case 'far':
      return `$${hex(BigInt(instruction.immediate2), 4)},$${hex(BigInt(instruction.immediate >>> 0), operand.size / 4)}`;
    case 'st0':
      return '%st';
    case 'sti':
      return `%st(${instruction.rm & 7})`;
    default:
      return indirect + memory(instruction, address, options);
  }
}

const suffixes: Readonly<Record<number, string>> = { 8: 'b', 16: 'w', 32: 'l', 64: 'q' };

const renamed: Readonly<Record<string, string>> = {
  cbw: 'cbtw',
  cwde: 'cwtl',
  cdqe: 'cltq',
  cwd: 'cwtd',
  cdq: 'cltd',
  cqo: 'cqto',
  wait: 'fwait',
  xlatb: 'xlat',
  pushad: 'pusha',
  popad: 'popa',
  pushfd: 'pushf',
  popfd: 'popf',
  pushfq: 'pushf',
  popfq: 'popf',
  iretd: 'iret',
  pusha: 'pushaw',
  popa: 'popaw',
  pushf: 'pushfw',
  popf: 'popfw',
  iret: 'iretw',
};
// In 16-bit code the bare name is the 16-bit form and the other one carries the suffix.
const sized = /^(push[af]|pop[af]|iret)([dq]?)$/;

function mnemonicText(instruction: Instruction, form: Form): string {
  const match = sized.exec(form.mnemonic);
  if (match && instruction.mode === 16) return match[1] + (match[2] === '' ? '' : 'l');
  const rename = renamed[form.mnemonic];
  if (rename !== undefined) return form.mnemonic === 'iretd' && instruction.mode === 64 ? 'iret' : rename;
  if (form.rep !== 'none' && form.mnemonic.endsWith('d')) return `${form.mnemonic.slice(0, -1)}l`;
  if (form.mnemonic === 'movzx' || form.mnemonic === 'movsx') return extension(form);
  if (form.mnemonic === 'movsxd') return form.operandSize === 64 ? 'movslq' : 'movsxd';
  const hidden = loop.test(form.mnemonic) ? undefined : suffixes[hiddenOperandSize(instruction, form)];
  if (form.far) return `l${form.mnemonic === 'retf' ? 'ret' : form.mnemonic}${hidden ?? ''}`;
  if (/^f(sub|div)r?p?$/.test(form.mnemonic) && form.operands[0].kind === 'sti')
    return reversed(form.mnemonic);
  const hint = { '': '', taken: ',pt', 'not-taken': ',pn' }[branchHint(instruction, form)];
  return commonMnemonic(form.mnemonic) + (hidden ?? suffix(instruction, form)) + hint;
}

const loop = /^(loop(n?z)?|j(?!mp)([er]?cx)?[a-z]{1,2})$/;

/** AT&T syntax swaps fsub and fsubr, fdiv and fdivr where the destination is not st. */
function reversed(mnemonic: string): string {
  const [, name, r, pop] = /^(fsub|fdiv)(r?)(p?)$/.exec(mnemonic) ?? ['', mnemonic, '', ''];
  return name + (r === '' ? 'r' : '') + pop;
}

function extension(form: Form): string {
  return form.mnemonic.slice(0, 4) + suffixes[form.operands[1].size] + suffixes[form.operands[0].size];
}

const noSuffix =
  /^(fx|xsave|xrstor|cmpxchg\d+b|clflush|clwb|prefetch|invlpg|[sl][gi]dt|sldt|str|lldt|ltr|ver|[sl]msw|ldmxcsr|stmxcsr|set|fldcw|fldenv|frstor|fn|fbld|fbstp|vm|mov(nt|[lh]p))/;

/** The operand size as a suffix, if no register operand tells it. */
function suffix(instruction: Instruction, form: Form): string {
  if (!instruction.memory || noSuffix.test(form.mnemonic)) return '';
  const operand = form.operands.find((candidate) => /^(rm|m)$/.test(candidate.kind));
  if (operand === undefined) return '';
  const told = form.operands.some(
    (other) =>
      /^(reg|opreg|sreg|mmreg|xmmreg)$/.test(other.kind) ||
      (other.kind === 'fixed' && other.register !== 'cl'),
  );
  if (told && !/^(cvtsi2s|crc32)/.test(form.mnemonic)) return '';
  if (!/^f/.test(form.mnemonic)) return suffixes[operand.size] ?? '';
  if (/^fi/.test(form.mnemonic)) return { 16: 's', 32: 'l', 64: 'll' }[operand.size] ?? '';
  return { 32: 's', 64: 'l', 80: 't' }[operand.size] ?? '';
}

/** String instructions: source first, as for the others. */
function stringOperands(instruction: Instruction, form: Form): string[] {
  const size = instruction.addressSize;
  const override = instruction.segmentOverride ? `%${segmentNames[instruction.segment]}:` : '';
  const source = `${override}(%${registerName(6, size, true)})`;
  const destination = `${override === '' ? '' : '%es:'}(%${registerName(7, size, true)})`;
  switch (form.mnemonic.slice(0, 3)) {
    case 'mov':
      return [source, destination];
    case 'cmp':
      return [destination, source];
    case 'lod':
      return [source];
    case 'ins':
      return ['%dx', destination];
    case 'out':
      return [source, '%dx'];
    default:
      return [destination];
  }
}

/**
 * Text in AT&T syntax, as iced-x86's Gas formatter writes it: `addl $5,0x10(%eax,%ecx,4)`.
 * `address` is where the instruction is. Invalid ones are '(bad)'.
 */
export function formatAtt(
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions = {},
): string {
  const form = formOf(instruction);
  if (form.id === 0) return form.mnemonic;
  let operands = form.operands.map((operand) => operandText(instruction, form, operand, address, options));
  if (!/^(enter|bound)$/.test(form.mnemonic)) operands.reverse();
  if (sameThreeOperands(instruction, form)) operands.pop();
  if (/^(fu?comp?|fxch)$/.test(form.mnemonic) && form.operands.length === 2) operands.pop();
  if (form.rep !== 'none') operands = stringOperands(instruction, form);
  if (form.mnemonic === 'xlatb') operands = [memory({ ...instruction, base: 3 }, address, options)];
  const hidden = loop.test(form.mnemonic) ? hiddenOperandSize(instruction, form) : 0;
  const addressSize = hiddenAddressSize(instruction, form);
  const sizes = (hidden === 0 ? '' : `data${hidden} `) + (addressSize === 0 ? '' : `addr${addressSize} `);
  const text = sizes + prefixWords(instruction, form) + mnemonicText(instruction, form);
  return operands.length === 0 ? text : `${text} ${operands.join(',')}`;
}

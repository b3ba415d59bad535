import type { Form, OperandSpec } from './form';
import {
  branchHint,
  branchTarget,
  commonMnemonic,
  formOf,
  hiddenAddressSize,
  hiddenOperandSize,
  immediateValue,
  impliedOperands,
  memoryText,
  prefixWords,
  registerText,
  sameThreeOperands,
} from './format-parts';
import type { FormatOptions } from './format-parts';
import type { Instruction } from './instruction';
import { registerName, segmentNames } from './registers';

const sizeWords: Readonly<Record<number, string>> = {
  8: 'byte',
  16: 'word',
  32: 'dword',
  48: 'fword',
  64: 'qword',
  80: 'tbyte',
  128: 'xmmword',
};

function hex(value: bigint, digits = 0): string {
  if (value < 10n && digits === 0) return value.toString();
  const text = value.toString(16).toUpperCase().padStart(digits, '0');
  return `${text[0] > '9' ? '0' : ''}${text}h`;
}

function memory(instruction: Instruction, address: number | bigint, options: FormatOptions): string {
  const parts = memoryText(instruction, address);
  const segment = parts.segment === '' ? '' : `${parts.segment}:`;
  if (parts.absolute) return `${segment}[${options.symbol?.(parts.displacement) ?? hex(parts.displacement)}]`;
  const names = parts.base === '' ? [] : [parts.base];
  if (parts.index !== '') names.push(parts.scale === 1 ? parts.index : `${parts.index}*${parts.scale}`);
  const { displacement } = parts;
  const offset =
    displacement === 0n ? '' : displacement < 0n ? `-${hex(-displacement)}` : `+${hex(displacement)}`;
  return `${segment}[${names.join('+')}${offset}]`;
}

/** The size is written if no other operand tells it. */
function sizeWord(form: Form, operand: OperandSpec): string {
  const size = operand.memory ?? operand.size;
  const word = sizeWords[size];
  if (word === undefined || operand.kind === 'moffs') return '';
  if (form.far) return `far ${word} ptr `;
  if (impliedSize.test(form.mnemonic)) return '';
  const told =
    !/^(crc32|movzx|movsx|cvtsi2s)/.test(form.mnemonic) &&
    form.operands.some(
      (other) =>
        other !== operand &&
        ((/^(reg|opreg)$/.test(other.kind) && other.size === size) ||
          (other.kind === 'fixed' && other.size === size && other.register !== 'cl') ||
          /^(mm|xmm)reg$/.test(other.kind) ||
          other.kind === 'sreg'),
    );
  return told ? '' : `${word} ptr `;
}

// Mnemonics with only one possible memory size.
const impliedSize =
  /^(l[def-gs]s|sldt|str|lldt|ltr|ver[rw]|[sl]msw|arpl|lar|lsl|set|fn?st[cs]w|fldcw|fx|ldmxcsr|stmxcsr|cmpxchg\d+b|clflush|clwb|prefetch|invlpg|[sl][gi]dt|vm(ptr|clear|xon)|inv|movnt|movsxd|cvtt?s[sd]2si)/;

function operandText(
  instruction: Instruction,
  form: Form,
  operand: OperandSpec,
  address: number | bigint,
  options: FormatOptions,
): string {
  const register = registerText(instruction, operand);
  if (register !== undefined) return register;
  const width = instruction.mode / 4;
  switch (operand.kind) {
    case 'imm':
      return hex(immediateValue(instruction, form, operand));
    case 'one':
      return '1';
    case 'rel': {
      const target = branchTarget(instruction, address);
      const short = operand.size === 8 && !/^(loop|j[er]?cxz)/.test(form.mnemonic) ? 'short ' : '';
      return (
        short + (options.symbol?.(target) ?? hex(target, width === 16 ? 16 : instruction.operandSize / 4))
      );
    }
    case 'far':
      return `far ${hex(BigInt(instruction.immediate >>> 0), operand.size / 4)},${hex(BigInt(instruction.immediate2), 4)}`;
    case 'st0':
      return 'st';
    case 'sti':
      return (instruction.rm & 7) === 0 && operand.access !== 'none' ? 'st(0)' : `st(${instruction.rm & 7})`;
    default:
      return sizeWord(form, operand) + memory(instruction, address, options);
  }
}

/** The implied operands of string instructions are written out: the segment override of the source shows. */
function stringOperands(instruction: Instruction, form: Form): string[] {
  const size = instruction.addressSize;
  const override = instruction.segmentOverride ? `${segmentNames[instruction.segment]}:` : '';
  const source = `${override}[${registerName(6, size, true)}]`;
  const destination = `${override === '' ? '' : 'es:'}[${registerName(7, size, true)}]`;
  switch (form.mnemonic.slice(0, 3)) {
    case 'mov':
      return [destination, source];
    case 'cmp':
      return [source, destination];
    case 'lod':
      return [source];
    case 'ins':
      return [destination, 'dx'];
    case 'out':
      return ['dx', source];
    default:
      return [destination];
  }
}

/** data16, addr16 and branch hints, where no operand shows them. */
function hints(instruction: Instruction, form: Form): string {
  const operandSize = hiddenOperandSize(instruction, form);
  const addressSize = hiddenAddressSize(instruction, form);
  const hint = branchHint(instruction, form);
  return (
    (operandSize === 0 ? '' : `data${operandSize} `) +
    (addressSize === 0 ? '' : `addr${addressSize} `) +
    (hint === '' ? '' : `hint-${hint} `)
  );
}

function mnemonicText(form: Form): string {
  if (form.mnemonic === 'wait') return 'fwait';
  if (form.mnemonic === 'retf') return 'ret far';
  if (form.mnemonic === 'xlatb') return 'xlat';
  return commonMnemonic(form.mnemonic);
}

/**
 * Text in Intel syntax, as iced-x86's Intel formatter writes it: `add dword ptr [eax+ecx*4+10h],5`.
 * `address` is where the instruction is (for branch targets and rip-relative operands). Invalid ones are '(bad)'.
 */
export function formatIntel(
  instruction: Instruction,
  address: number | bigint,
  options: FormatOptions = {},
): string {
  const form = formOf(instruction);
  if (form.id === 0) return form.mnemonic;
  let operands = form.operands.map((operand) => operandText(instruction, form, operand, address, options));
  if (operands.length === 0) operands = impliedOperands(instruction, form);
  if (sameThreeOperands(instruction, form)) operands.shift();
  if (form.rep !== 'none') operands = stringOperands(instruction, form);
  if (form.mnemonic === 'xlatb') operands = [memory({ ...instruction, base: 3 }, address, options)];
  const text = hints(instruction, form) + prefixWords(instruction, form) + mnemonicText(form);
  return operands.length === 0 ? text : `${text} ${operands.join(',')}`;
}

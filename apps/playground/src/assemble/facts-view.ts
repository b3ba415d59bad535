import {
  decode,
  eflags,
  formatIntel,
  Instruction,
  instructionFacts,
  type Access,
  type InstructionFacts,
  type MemoryUse,
  type Privilege,
  type Sensitivity,
} from '@trapgate/x86-decoder';
import { h } from '../elements';

const PRIVILEGES: Readonly<Record<Privilege, string>> = {
  none: 'may be executed at any CPL',
  cpl0: 'CPL 0 only, else #GP',
  iopl: 'CPL must not be above IOPL, else #GP',
  io: 'CPL above IOPL: only ports that the I/O permission bitmap allows, else #GP',
  'vm86-iopl': 'any CPL; in virtual-8086 mode IOPL must be 3',
  tsd: 'CPL 0 only if CR4.TSD is set',
  pce: 'CPL 0 only unless CR4.PCE is set',
  umip: 'CPL 0 only if CR4.UMIP is set',
};

const CLASSES: Readonly<Record<Sensitivity, string>> = {
  innocuous: 'innocuous: neither privileged nor sensitive, so a monitor may let it run directly',
  privileged: 'privileged: it traps outside CPL 0, so a monitor can take it over there',
  sensitive:
    'sensitive but not privileged: outside CPL 0 it does something else without a trap, which classic trap-and-emulate cannot notice',
};

const ACCESS: readonly (readonly [string, string])[] = [
  ['cr', 'may be read'],
  ['r', 'read'],
  ['cw', 'may be written'],
  ['w', 'written'],
];

function accessText(access: Access): string {
  let rest: string = access;
  const words: string[] = [];
  if (access === 'none') return 'not accessed';
  for (const [mark, word] of ACCESS) {
    if (!rest.includes(mark)) continue;
    rest = rest.replace(mark, '');
    words.push(word);
  }
  return words.join(', ');
}

/** The flags in a mask, by name. */
export function flagNames(mask: number): string {
  const names = Object.entries(eflags).filter(([, bits]) => (mask & bits) !== 0);
  return names.map(([name]) => name.toUpperCase()).join(' ') || 'none';
}

function memoryText({ segment, base, index, scale, displacement, size, access }: MemoryUse): string {
  const parts = [base, index && (scale > 1 ? `${index}*${scale}` : index)].filter((part) => part !== '');
  const offset = displacement < 0n ? -displacement : displacement;
  const sign = displacement < 0n ? '-' : parts.length > 0 ? '+' : '';
  const number = displacement === 0n && parts.length > 0 ? '' : `${sign}${offset.toString(16)}h`;
  const bytes = size === 0 ? '' : `, ${size} ${size === 1 ? 'byte' : 'bytes'}`;
  return `${segment}:[${parts.join('+')}${number}] (${accessText(access)}${bytes})`;
}

function rows(facts: InstructionFacts): readonly (readonly [string, string])[] {
  const { operands, registers, memory, flags } = facts;
  const list = (texts: readonly string[]): string => texts.join('; ') || 'none';
  const operandTexts = operands.map(({ memory, register, size, access }) => {
    const what = memory ? 'memory' : register || 'constant';
    return `${what} (${accessText(access)}${size ? `, ${size} bits` : ''})`;
  });
  return [
    ['Operands', list(operandTexts)],
    [
      'Registers, implied ones too',
      list(registers.map(({ register, access }) => `${register} (${accessText(access)})`)),
    ],
    ['Memory, the stack too', list(memory.map(memoryText))],
    ['Flags read', flagNames(flags.read)],
    ['Flags written', flagNames(flags.written | flags.set | flags.cleared)],
    ['Flags undefined after it', flagNames(flags.undefined)],
    ['Privilege', PRIVILEGES[facts.privilege]],
    ['Popek-Goldberg class', CLASSES[facts.sensitivity]],
    ['Since', facts.feature],
  ];
}

/** What the instruction at the beginning of these bytes is and does. */
export function factsView(bytes: Uint8Array, address: number, bits: 16 | 32): HTMLElement {
  const instruction = decode(bytes, 0, bytes.length, bits, new Instruction());
  if (instruction.error !== 'none')
    return h('p', { class: 'note' }, `No instruction here: ${instruction.error.replaceAll('-', ' ')}.`);
  const items = rows(instructionFacts(instruction)).flatMap(([term, text]) => [
    h('dt', {}, term),
    h('dd', {}, text),
  ]);
  const code = Array.from(bytes.subarray(0, instruction.length), (byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  return h(
    'div',
    {},
    h('p', { class: 'mono instruction' }, formatIntel(instruction, address)),
    h('p', { class: 'note mono' }, code.join(' ')),
    h('dl', { class: 'facts' }, ...items),
  );
}

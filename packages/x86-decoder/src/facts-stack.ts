// Stack accesses (Intel SDM vol. 1, chapter 6; vol. 2, push, pop, enter, leave, call, ret, iret).
import { mayRead, mayWrite, read, stackSize, write } from './facts-use';
import type { Uses } from './facts-use';
import type { Form } from './form';
import type { Instruction } from './instruction';
import { registerName } from './registers';

interface Stack {
  readonly uses: Uses;
  /** Bytes of one slot. */
  readonly slot: number;
  /** Name of the stack pointer. */
  readonly pointer: string;
}

function push({ uses, slot, pointer }: Stack, count: number, from = 0): void {
  for (let i = from + 1; i <= from + count; i++) uses.access('ss', pointer, BigInt(-i * slot), slot, write);
}

function pop({ uses, slot, pointer }: Stack, count: number): void {
  for (let i = 0; i < count; i++) uses.access('ss', pointer, BigInt(i * slot), slot, read);
}

/** Saves ebp and copies frame pointers of the enclosing procedures. */
function enter(stack: Stack, instruction: Instruction): void {
  const { uses, slot } = stack;
  const level = instruction.immediate2 & 31;
  const frame = registerName(5, stackSize(instruction), true);
  push(stack, 1);
  for (let i = 1; i < level; i++) {
    uses.access('ss', frame, BigInt(-i * slot), slot, read);
    push(stack, 1, i);
  }
  if (level > 0) push(stack, 1, level);
  uses.general(5, slot * 8, read | write);
  if (level > 1) uses.general(5, stackSize(instruction), read);
}

function leave({ uses, slot }: Stack, instruction: Instruction): void {
  const size = stackSize(instruction);
  uses.general(4, size, write);
  uses.general(5, size, read);
  uses.general(5, slot * 8, write);
  uses.access('ss', registerName(5, size, true), 0n, slot, read);
}

/** pusha and popa: all eight general registers; popa skips the stack pointer's slot. */
function all(stack: Stack, popping: boolean): void {
  const { uses, slot, pointer } = stack;
  for (let number = 0; number < 8; number++) {
    if (!popping) uses.general(number, slot * 8, read);
    else if (number !== 4) {
      uses.general(number, slot * 8, write);
      uses.access('ss', pointer, BigInt((7 - number) * slot), slot, read);
    }
  }
  if (!popping) push(stack, 8);
}

/** Slots that a mnemonic pops (+) or pushes (-); 0 for those that do neither. */
function slots(form: Form, instruction: Instruction): number {
  switch (form.mnemonic) {
    case 'pushf':
    case 'pushfd':
    case 'pushfq':
    case 'push':
      return -1;
    case 'popf':
    case 'popfd':
    case 'popfq':
    case 'pop':
    case 'ret':
      return 1;
    case 'call':
      return form.far ? -2 : -1;
    case 'retf':
      return 2;
    case 'uiret':
      return 3;
    case 'erets':
    case 'eretu':
      return 6;
    case 'iret':
    case 'iretd':
    case 'iretq':
      return instruction.mode === 64 ? 5 : 3;
    default:
      return 0;
  }
}

/** Adds what the instruction does to the stack. */
export function stackUses(uses: Uses, form: Form): void {
  const { instruction } = uses;
  const pointer = registerName(4, stackSize(instruction), true);
  const fixed = /^(uiret|eret[su])$/.test(form.mnemonic) ? 64 : form.operandSize;
  const size = fixed !== 0 ? fixed : instruction.operandSize;
  const stack = { uses, slot: size / 8, pointer };
  const count = slots(form, instruction);
  if (count < 0) push(stack, -count);
  else if (count > 0) pop(stack, count);
  else if (/^pushad?$/.test(form.mnemonic)) all(stack, false);
  else if (/^popad?$/.test(form.mnemonic)) all(stack, true);
  else if (form.mnemonic === 'enter') enter(stack, instruction);
  else if (form.mnemonic === 'leave') return leave(stack, instruction);
  else return;
  uses.register(pointer, read | write);
  // In 64-bit code IRET always pops the stack segment.
  if (count === 5) uses.register('ss', write);
}

/** String instructions (Intel SDM vol. 1, 7.3.9): a repeat count of 0 does nothing but read the count. */
export function stringUses(uses: Uses, form: Form, source: string): void {
  const { instruction } = uses;
  const size = instruction.addressSize;
  const repeated = instruction.rep !== 0;
  const [reads, writes] = repeated ? [mayRead, mayWrite] : [read, write];
  const width = { b: 8, w: 16, d: 32, q: 64 }[form.mnemonic.at(-1) ?? ''] ?? 0;
  const [index, destination] = [registerName(6, size, true), registerName(7, size, true)];
  const step = (number: number): void => uses.general(number, size, reads | writes);
  const from = (segment: string, number: number, base: string): void => {
    uses.access(segment, base, 0n, width / 8, reads);
    step(number);
  };
  const to = (): void => {
    uses.access('es', destination, 0n, width / 8, writes);
    step(7);
  };
  if (repeated) uses.general(1, size, read | mayWrite);
  switch (form.mnemonic.slice(0, 3)) {
    case 'mov':
      to();
      return from(source, 6, index);
    case 'cmp':
      from(source, 6, index);
      return from('es', 7, destination);
    case 'lod':
      uses.general(0, width, writes);
      return from(source, 6, index);
    case 'sto':
      uses.general(0, width, reads);
      return to();
    case 'sca':
      uses.general(0, width, reads);
      return from('es', 7, destination);
    case 'ins':
      uses.register('dx', reads);
      return to();
    default:
      uses.register('dx', reads);
      return from(source, 6, index);
  }
}

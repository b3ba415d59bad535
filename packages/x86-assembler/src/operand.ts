import { lookupRegister, type Register } from './registers';

/** A register as an operand. */
export interface RegisterOperand {
  readonly kind: 'register';
  readonly register: Register;
}

/** Memory operand. Sizes are in bits. */
export interface MemoryOperand {
  readonly kind: 'memory';
  /** Access size; 0 or absent: whatever the instruction takes. For far pointers: of the offset part. */
  readonly size?: number;
  /** Holds a far pointer (`call far [x]`, `jmp far [x]`). */
  readonly far?: boolean;
  /** Segment override 0..5 = es cs ss ds fs gs; absent: none. An override that equals the default is still encoded. */
  readonly segment?: number;
  readonly base?: Register;
  readonly index?: Register;
  readonly scale?: 1 | 2 | 4 | 8;
  /** With `ripRelative`: the address itself, from which the encoder subtracts that of the next instruction. */
  readonly displacement?: number | bigint;
  /** Forces the displacement's encoding; absent: the shortest. 64 is for moffs. */
  readonly displacementSize?: 8 | 16 | 32 | 64;
  /** The displacement may change later (a relocated address): never encoded in fewer bits than an address has. */
  readonly relocatable?: boolean;
  /** Needed only without registers; otherwise theirs. Absent: that of the code. */
  readonly addressSize?: 16 | 32 | 64;
  readonly ripRelative?: boolean;
}

/** Number: an immediate, or the target address of a relative branch. */
export interface ImmediateOperand {
  readonly kind: 'immediate';
  readonly value: number | bigint;
  /** Stated size in bits; of a branch: that of the displacement. */
  readonly size?: 8 | 16 | 32 | 64;
  /** The encoding must have exactly `size` bits; else a sign-extended byte may stand for it. */
  readonly strict?: boolean;
  /** The value may change later (a relocated address): never shortened. */
  readonly relocatable?: boolean;
  readonly distance?: 'short' | 'near';
}

/** Far pointer in the instruction, `selector:offset`. */
export interface FarOperand {
  readonly kind: 'far';
  readonly selector: number | bigint;
  readonly offset: number | bigint;
  /** Bits of the offset; absent: the code's operand size. */
  readonly size?: 16 | 32;
}

/** An operand of an instruction to encode; `register`, `memory`, `immediate` and their like make them. */
export type Operand = RegisterOperand | MemoryOperand | ImmediateOperand | FarOperand;

/** Register operand by name, for instance `register('eax')`. Throws RangeError for a name that is no register. */
export function register(name: string): RegisterOperand {
  const found = lookupRegister(name);
  if (!found) throw new RangeError(`'${name}' is not the name of a register`);
  return { kind: 'register', register: found };
}

/** Immediate operand or branch target. */
export function immediate(value: number | bigint): ImmediateOperand {
  return { kind: 'immediate', value };
}

/** Memory operand, for instance `memory({ base: 'ebx', displacement: 4, size: 32 })`. */
export function memory(
  parts: Omit<MemoryOperand, 'kind' | 'base' | 'index'> & { readonly base?: string; readonly index?: string },
): MemoryOperand {
  const { base, index, ...rest } = parts;
  return {
    kind: 'memory',
    ...rest,
    ...(base === undefined ? {} : { base: register(base).register }),
    ...(index === undefined ? {} : { index: register(index).register }),
  };
}

/** Short description for messages: `eax`, `dword memory`, `number`. */
export function describeOperand(operand: Operand): string {
  switch (operand.kind) {
    case 'register':
      return operand.register.name;
    case 'memory':
      return `${sizeName(operand.size)}memory`;
    case 'immediate':
      return `${sizeName(operand.size)}number`;
    case 'far':
      return 'selector:offset';
  }
}

const SIZE_NAMES: Readonly<Record<number, string>> = {
  8: 'byte',
  16: 'word',
  32: 'dword',
  64: 'qword',
  80: 'tword',
  128: 'oword',
};

function sizeName(size: number | undefined): string {
  return size ? `${SIZE_NAMES[size] ?? `${size}-bit`} ` : '';
}

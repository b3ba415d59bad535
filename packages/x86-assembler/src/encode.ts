import type { Form } from '@trapgate/x86-decoder';
import { canonicalName, rewrite } from './aliases';
import { addressSizeOf, encodeAddress } from './effective-address';
import { EncodeError } from './encode-error';
import { formsOf } from './form-index';
import { matchesForm, memorySize, type CodeMode } from './match';
import { explainMismatch } from './mismatch';
import type { MemoryOperand, Operand } from './operand';

/** Prefixes that a program can ask for besides those that the form needs. */
export interface PrefixRequest {
  readonly lock?: boolean;
  readonly rep?: 'rep' | 'repe' | 'repne';
  /** Segment override of an implied memory operand, 0..5 = es cs ss ds fs gs. */
  readonly segment?: number;
  /** `o16`, `o32`, `o64`. */
  readonly operandSize?: 16 | 32 | 64;
  /** `a16`, `a32`, `a64`. */
  readonly addressSize?: 16 | 32 | 64;
}

export interface EncodeOptions extends PrefixRequest {
  /** Code size in bits; default 32. */
  readonly mode?: CodeMode;
  /** Linear address (or offset) of the instruction, for relative branches and RIP-relative operands; default 0. */
  readonly address?: number | bigint;
}

/** The bytes of one instruction, and the form that was chosen. */
export interface EncodedInstruction {
  readonly bytes: Uint8Array;
  readonly form: Form;
  /** A value that was cut to fit its field, in words; empty if none was. */
  readonly warning: string;
}

/**
 * Encodes one instruction: the shortest of the forms that take the operands; among equally short ones that with a
 * sign-extended byte, then that with the lowest opcode. Relative branches take their target address as an immediate operand. Throws EncodeError.
 */
export function encode(
  mnemonic: string,
  operands: readonly Operand[],
  options: EncodeOptions = {},
): EncodedInstruction {
  const mode = options.mode ?? 32;
  const name = mnemonic.toLowerCase();
  let known = false;
  for (const choice of rewrite(name, operands, mode, options)) {
    const candidates = formsOf(choice.mnemonic);
    known ||= candidates !== undefined;
    const best =
      candidates &&
      chooseForm(candidates, choice.orders ?? [choice.operands], { ...options, ...choice.prefixes }, mode);
    if (best) return choice.wait ? { ...best, bytes: Uint8Array.of(0x9b, ...best.bytes) } : best;
  }
  if (!known) throw new EncodeError('unknown-mnemonic', `'${mnemonic}' is not an instruction`);
  throw new EncodeError(
    'operand-mismatch',
    explainMismatch(name, formsOf(canonicalName(name, mode, options)), operands, mode),
  );
}

function chooseForm(
  candidates: readonly Form[],
  orders: readonly (readonly Operand[])[],
  options: EncodeOptions,
  mode: CodeMode,
): EncodedInstruction | undefined {
  let best: EncodedInstruction | undefined;
  let bestCost = Infinity;
  let outOfRange: EncodeError | undefined;
  const sizes = new Set<number>();
  for (const operands of orders) {
    for (const form of candidates) {
      if (!matchesForm(form, operands, mode) || !matchesSize(form, options)) continue;
      noteMemorySize(sizes, form, operands);
      try {
        const encoded = encodeForm(form, operands, options);
        const cost = encoded.bytes.length + (changesDefaultSize(form, mode) ? 100 : 0) - preference(form);
        if (cost < bestCost) [best, bestCost] = [encoded, cost];
      } catch (error) {
        if (!(error instanceof EncodeError) || error.code !== 'branch-out-of-range') throw error;
        outOfRange = error;
      }
    }
  }
  if (best && sizes.size > 1 && !DEFAULT_SIZED.has(best.form.mnemonic)) {
    throw new EncodeError(
      'ambiguous-size',
      "the size of the memory operand is not clear; write 'byte', 'word' or 'dword' before the '['",
    );
  }
  if (!best && outOfRange) throw outOfRange;
  return best;
}

/** Instructions whose memory operand has the size of the code unless another is stated. */
const DEFAULT_SIZED = new Set(
  'call jmp fnsave frstor fnstenv fldenv lgdt lidt sgdt sidt cvtsi2ss cvtsi2sd'.split(' '),
);

function noteMemorySize(sizes: Set<number>, form: Form, operands: readonly Operand[]): void {
  operands.forEach((operand, index) => {
    if (operand.kind === 'memory' && !operand.size) sizes.add(memorySize(form.operands[index]!));
  });
}

function matchesSize(form: Form, { operandSize, addressSize }: PrefixRequest): boolean {
  if (operandSize && form.operandSize && operandSize !== form.operandSize) return false;
  return !addressSize || !form.addressSize || addressSize === form.addressSize;
}

/** The operand size that instructions of this form have without a prefix. */
function defaultSize(form: Form, mode: CodeMode): number {
  if (mode !== 64) return mode;
  return form.sizeRule === 'default64' || form.sizeRule === 'force64' ? 64 : 32;
}

function changesDefaultSize(form: Form, mode: CodeMode): boolean {
  return form.operandSize !== 0 && form.operandSize !== defaultSize(form, mode);
}

/** Bytes that a form may be ahead among equally long ones: sign-extended bytes first, then ST(0) as the source. */
function preference({ operands }: Form): number {
  if (operands.some(({ kind, size, extended }) => kind === 'imm' && size === 8 && extended !== 8)) return 0.5;
  return operands[1]?.kind === 'st0' ? 0.25 : 0;
}

const SEGMENT_PREFIXES: readonly number[] = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** What an instruction is built from; bytes come out in the order of SDM vol. 2, 2.1. */
interface Parts {
  rex: number;
  needsRex: boolean;
  forbidsRex: string;
  reg: number;
  rm: number;
  opcode: number;
  memory: MemoryOperand | undefined;
  /** Little-endian fields after ModRM, SIB and displacement. */
  readonly tail: { value: bigint; bytes: number; branch: boolean }[];
  warning: string;
}

/**
 * Encodes with a given form. The operands must be ones the form takes (`encode` checks that). Throws EncodeError for
 * addresses, prefixes and branch distances that cannot be encoded.
 */
export function encodeForm(
  form: Form,
  operands: readonly Operand[],
  options: EncodeOptions = {},
): EncodedInstruction {
  if (form.encoding !== 'legacy')
    throw new EncodeError('unknown-mnemonic', `'${form.mnemonic}' has an encoding that is not known here`);
  const mode = options.mode ?? 32;
  const parts: Parts = {
    rex: 0,
    needsRex: false,
    forbidsRex: '',
    reg: Math.max(form.digit, 0),
    rm: 0,
    opcode: form.opcode,
    memory: undefined,
    tail: [],
    warning: '',
  };
  form.operands.forEach((spec, index) =>
    placeOperand(parts, form, spec.kind, spec.size, operands[index]!, mode),
  );
  checkPrefixes(form, parts, options);
  const bytes: number[] = [];
  emitPrefixes(bytes, form, parts, options, mode);
  const { displacementAt } = emitOpcode(bytes, form, parts, mode);
  const end =
    BigInt(options.address ?? 0) +
    BigInt(bytes.length + parts.tail.reduce((sum, field) => sum + field.bytes, 0));
  if (displacementAt >= 0)
    patchRipRelative(bytes, displacementAt, BigInt(parts.memory!.displacement ?? 0) - end);
  for (const { value, bytes: count, branch } of parts.tail) {
    appendLittleEndian(bytes, branch ? branchDistance(form, value - end, count) : value, count);
  }
  return { bytes: Uint8Array.from(bytes), form, warning: parts.warning };
}

function placeOperand(
  parts: Parts,
  form: Form,
  kind: string,
  size: number,
  operand: Operand,
  mode: CodeMode,
): void {
  switch (operand.kind) {
    case 'register':
      return placeRegister(parts, kind, operand.register.number, operand.register, mode);
    case 'memory':
      parts.memory = operand;
      if (kind === 'moffs')
        parts.tail.push({
          value: BigInt(operand.displacement ?? 0),
          bytes: addressSizeOf(operand, mode) / 8,
          branch: false,
        });
      return;
    case 'immediate':
      if (kind === 'one') return;
      if (kind === 'imm') noteOverflow(parts, BigInt(operand.value), size, operand.relocatable === true);
      parts.tail.push({ value: BigInt(operand.value), bytes: size / 8, branch: kind === 'rel' });
      return;
    case 'far':
      parts.tail.push({
        value: BigInt(operand.offset),
        bytes: (form.operandSize || mode) / 8,
        branch: false,
      });
      parts.tail.push({ value: BigInt(operand.selector), bytes: 2, branch: false });
  }
}

/** Operand kinds that stand in ModRM.reg and in ModRM.rm. */
const IN_REG: ReadonlySet<string> = new Set(['reg', 'sreg', 'creg', 'dreg', 'mmreg', 'xmmreg', 'bndreg']);
const IN_RM: ReadonlySet<string> = new Set(['rm', 'r', 'mmrm', 'mmr', 'xmmrm', 'xmmr', 'sti', 'bndrm']);

function placeRegister(
  parts: Parts,
  kind: string,
  number: number,
  { high, needsRex, name }: { readonly high: boolean; readonly needsRex: boolean; readonly name: string },
  mode: CodeMode,
): void {
  if (high) parts.forbidsRex = name;
  if (needsRex) parts.needsRex = true;
  const extension = number >= 8 && mode === 64;
  if (IN_REG.has(kind)) {
    parts.reg = number & 7;
    if (extension) parts.rex |= 4;
  } else if (IN_RM.has(kind)) {
    parts.rm = number & 7;
    if (extension) parts.rex |= 1;
  } else if (kind === 'opreg') {
    parts.opcode = (parts.opcode & 0xf8) | (number & 7);
    if (extension) parts.rex |= 1;
  }
}

function noteOverflow(parts: Parts, value: bigint, size: number, relocatable: boolean): void {
  if (relocatable && size >= 32) return;
  const limit = 1n << BigInt(size);
  if (value >= limit || value < -limit / 2n)
    parts.warning ||= `${value} does not fit ${size} bits and is cut`;
}

function checkPrefixes(form: Form, { memory }: Parts, { lock, rep }: PrefixRequest): void {
  if (lock && !(form.lockable && memory && form.operands[0]!.kind !== 'reg')) {
    throw new EncodeError(
      'bad-prefix',
      `'lock' needs an instruction that changes memory, of those that allow it; '${form.mnemonic}' here is none`,
    );
  }
  if (rep && form.rep === 'none' && form.mnemonic !== 'ret') {
    throw new EncodeError('bad-prefix', `'${rep}' repeats string instructions only, not '${form.mnemonic}'`);
  }
}

function emitPrefixes(
  bytes: number[],
  form: Form,
  parts: Parts,
  options: EncodeOptions,
  mode: CodeMode,
): void {
  if (options.rep) bytes.push(options.rep === 'repne' ? 0xf2 : 0xf3);
  if (options.lock) bytes.push(0xf0);
  const segment = parts.memory?.segment ?? options.segment ?? -1;
  if (segment >= 0) bytes.push(SEGMENT_PREFIXES[segment]!);
  const size = form.operandSize || (options.operandSize ?? 0);
  if (size === 16 ? mode !== 16 : size === 32 && mode === 16) bytes.push(0x66);
  const requested = options.addressSize ?? (form.addressSize || mode);
  const address = parts.memory ? addressSizeOf({ addressSize: requested, ...parts.memory }, mode) : requested;
  if (address !== mode) bytes.push(0x67);
  if (form.prefix) bytes.push(form.prefix);
  const wide =
    (form.operandSize === 64 && defaultSize(form, mode) !== 64) ||
    (!form.operandSize && options.operandSize === 64);
  if (wide) parts.rex |= 8;
}

function emitOpcode(bytes: number[], form: Form, parts: Parts, mode: CodeMode): { displacementAt: number } {
  const moffs = form.operands.some(({ kind }) => kind === 'moffs');
  const address = parts.memory && !moffs ? encodeAddress(parts.memory, mode) : undefined;
  const rex = parts.rex | (address?.rex ?? 0);
  if (rex || parts.needsRex) {
    if (parts.forbidsRex)
      throw new EncodeError(
        'operand-mismatch',
        `${parts.forbidsRex} cannot be used together with a register that needs a REX prefix`,
      );
    bytes.push(0x40 | rex);
  }
  if (form.map > 0) bytes.push(0x0f);
  if (form.map > 1) bytes.push(form.map === 2 ? 0x38 : 0x3a);
  bytes.push(parts.opcode);
  if (!form.modrm) return { displacementAt: -1 };
  if (form.fixedModrm >= 0) {
    bytes.push(
      form.operands.some(({ kind }) => kind === 'sti')
        ? (form.fixedModrm & 0xf8) | parts.rm
        : form.fixedModrm,
    );
    return { displacementAt: -1 };
  }
  if (!address) {
    bytes.push(0xc0 | (parts.reg << 3) | parts.rm);
    return { displacementAt: -1 };
  }
  bytes.push((address.mod << 6) | (parts.reg << 3) | address.rm);
  if (address.sib >= 0) bytes.push(address.sib);
  const displacementAt = bytes.length;
  appendLittleEndian(bytes, BigInt(parts.memory!.displacement ?? 0), address.displacementBytes);
  return { displacementAt: parts.memory!.ripRelative ? displacementAt : -1 };
}

function patchRipRelative(bytes: number[], at: number, distance: bigint): void {
  if (distance !== BigInt.asIntN(32, distance))
    throw new EncodeError('bad-address', 'the address is more than 2 GB away');
  const field: number[] = [];
  appendLittleEndian(field, distance, 4);
  bytes.splice(at, 4, ...field);
}

/** Checks a branch displacement of so many bytes; 16- and 32-bit ones wrap around. */
function branchDistance(form: Form, distance: bigint, bytes: number): bigint {
  if (bytes > 1) return distance;
  const wrapped = form.operandSize === 16 ? BigInt.asIntN(16, distance) : BigInt.asIntN(32, distance);
  if (wrapped >= -128n && wrapped <= 127n) return wrapped;
  const beyond = wrapped > 0n ? wrapped - 127n : -128n - wrapped;
  throw new EncodeError(
    'branch-out-of-range',
    `the target of the short '${form.mnemonic}' is ${beyond} bytes out of reach (-128 to 127)`,
  );
}

function appendLittleEndian(bytes: number[], value: bigint, count: number): void {
  if (count <= 4) {
    const low = Number(BigInt.asIntN(32, value));
    for (let index = 0; index < count; index++) bytes.push((low >> (8 * index)) & 0xff);
    return;
  }
  let rest = BigInt.asUintN(count * 8, value);
  for (let index = 0; index < count; index++, rest >>= 8n) bytes.push(Number(rest & 0xffn));
}

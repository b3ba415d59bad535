import {
  Code,
  Decoder,
  DecoderOptions,
  Instruction as IcedInstruction,
  MemorySizeExt,
  Mnemonic,
  OpKind,
  Register,
} from 'iced-x86';
import { decode } from '../src/decode';
import type { Form, OperandSpec } from '../src/form';
import { formById } from '../src/forms';
import { Instruction } from '../src/instruction';
import { registerName, segmentNames } from '../src/registers';

export type Mode = 16 | 32 | 64;

/** Decodes with iced-x86, an independent decoder, and tells how its result differs from ours. */
export class Comparison {
  private readonly ours = new Instruction();
  private readonly theirs = new IcedInstruction();
  compared = 0;
  valid = 0;

  /** '' if both decoders agree on the instruction at the start of `bytes`, else a description of the difference. */
  difference(bytes: Uint8Array, mode: Mode): string {
    decode(bytes, 0, bytes.length, mode, this.ours);
    const decoder = new Decoder(mode, bytes, optionsFor(this.ours));
    decoder.decodeOut(this.theirs);
    decoder.free();
    return this.describe();
  }

  /** The same for instructions at every one of `offsets` in a long stretch of bytes, which is faster. */
  *differences(
    bytes: Uint8Array,
    mode: Mode,
    offsets: Iterable<number>,
  ): Generator<[offset: number, difference: string]> {
    const decoder = new Decoder(mode, bytes, DecoderOptions.None);
    const boundsDecoder = new Decoder(mode, bytes, DecoderOptions.MPX);
    for (const offset of offsets) {
      decode(bytes, offset, bytes.length, mode, this.ours);
      const used = optionsFor(this.ours) === DecoderOptions.None ? decoder : boundsDecoder;
      used.ip = 0n;
      used.position = offset;
      used.decodeOut(this.theirs);
      let difference = this.describe();
      if (isReservedBound(this.ours)) {
        boundsDecoder.ip = 0n;
        boundsDecoder.position = offset;
        boundsDecoder.decodeOut(this.theirs);
        const { code } = this.theirs;
        if (code !== Code.INVALID && !/^Reservednop/.test(Code[code]))
          difference ||= `ours: nop, theirs: ${Code[code]}`;
      }
      if (difference !== '') yield [offset, difference];
    }
    decoder.free();
    boundsDecoder.free();
  }

  private describe(): string {
    this.compared++;
    if (this.ours.form !== 0) this.valid++;
    return describeDifference(this.ours, this.theirs);
  }
}

/** iced decodes the bound instructions as the NOPs that they are without MPX, unless it is asked for them. */
function optionsFor(ours: Instruction): DecoderOptions {
  return formById(ours.form).feature === 'mpx' ? DecoderOptions.MPX : DecoderOptions.None;
}

/** The NOP that is left where MPX has no such instruction. */
function isReservedBound({ form, opcode }: Instruction): boolean {
  const { mnemonic, map } = formById(form);
  return mnemonic === 'nop' && map === 1 && (opcode === 0x1a || opcode === 0x1b);
}

// What the manual calls otherwise.
const mnemonicAliases: Readonly<Record<string, string>> = {
  je: 'jz',
  jne: 'jnz',
  sete: 'setz',
  setne: 'setnz',
  cmove: 'cmovz',
  cmovne: 'cmovnz',
  loope: 'loopz',
  loopne: 'loopnz',
  sal: 'shl',
  reservednop: 'nop',
  fstpnce: 'fstp',
  fstpstack: 'fstp',
  vmgexit: 'vmmcall',
  sysretq: 'sysret',
  sysexitq: 'sysexit',
  getsecq: 'getsec',
};

function describeDifference(ours: Instruction, theirs: IcedInstruction): string {
  const form = formById(ours.form);
  const code = theirs.code;
  if (code === Code.INVALID) return ours.form === 0 ? '' : `ours: ${form.mnemonic}, theirs: invalid`;
  if (ours.form === 0) return `ours: ${ours.error}, theirs: ${Code[code]}`;
  const length = theirs.length;
  if (ours.length !== length) return `${form.mnemonic}: length ${ours.length}, theirs ${length}`;
  if (form.mnemonic === 'nop' && form.map === 1)
    return /nop/i.test(Code[code]) ? '' : `nop, theirs ${Code[code]}`;
  if (form.mnemonic === 'prefetch' && Code[code].startsWith('Prefetchreserved')) return '';
  if (mnemonicOf(theirs) !== form.mnemonic) return `mnemonic ${form.mnemonic}, theirs ${Code[code]}`;
  if (ours.lock !== theirs.hasLockPrefix) return `${form.mnemonic}: lock`;
  const difference =
    operandDifference(ours, form, theirs) || (form.encoding === 'evex' ? evexDifference(ours, theirs) : '');
  return difference === '' ? '' : `${form.mnemonic} (${Code[code]}): ${difference}`;
}

const mnemonics = new Map<Mnemonic, string>();

function mnemonicOf(theirs: IcedInstruction): string {
  const number = theirs.mnemonic;
  let name = mnemonics.get(number);
  if (name === undefined) {
    const lower = Mnemonic[number].toLowerCase();
    mnemonics.set(number, (name = mnemonicAliases[lower] ?? lower));
  }
  return name;
}

/** Masking, zeroing, broadcast, rounding. */
function evexDifference(ours: Instruction, theirs: IcedInstruction): string {
  const mask = theirs.opMask === Register.None ? 0 : theirs.opMask - Register.K0;
  if (mask !== ours.mask) return `mask k${ours.mask}, theirs k${mask}`;
  if (theirs.zeroingMasking !== ours.zeroing) return `zeroing ${ours.zeroing}`;
  if (theirs.isBroadcast !== ours.broadcast) return `broadcast ${ours.broadcast}`;
  if (theirs.roundingControl !== ours.rounding + 1)
    return `rounding ${ours.rounding}, theirs ${theirs.roundingControl}`;
  // iced does not say that embedded rounding suppresses exceptions, too.
  const sae = ours.sae && ours.rounding < 0;
  return theirs.suppressAllExceptions === sae ? '' : `sae ${ours.sae}`;
}

function operandDifference(ours: Instruction, form: Form, theirs: IcedInstruction): string {
  const { operands } = form;
  const count = theirs.opCount;
  // Operands that the manual writes as implied and iced lists.
  const implied = operands.length === 0 || /^(fbld|fbstp|aesenc|aesdec)/.test(form.mnemonic);
  if (!implied && operands.length !== count && !impliedByIced(form, count))
    return `${operands.length} operands, theirs ${count}`;
  const shift = count === operands.length + 1 && theirs.opKind(0) !== kindOfFirst(form, ours) ? 1 : 0;
  for (let i = 0; i < operands.length && i + shift < count; i++) {
    const spec = operands[i];
    if (sameOperand(ours, spec, theirs, i + shift)) continue;
    const a = ourOperand(ours, form, spec);
    const b = theirOperand(theirs, i + shift, ours, spec);
    if (a !== b && !sameRegister(a, b, spec)) return `operand ${i}: ${a}, theirs ${b}`;
  }
  return '';
}

function kindOfFirst(form: Form, ours: Instruction): OpKind {
  return ours.memory && form.operands[0].kind !== 'reg' ? OpKind.Memory : OpKind.Register;
}

/** x87 memory forms: iced lists st0 where the manual leaves it out. */
function impliedByIced(form: Form, count: number): boolean {
  return form.feature.startsWith('fpu') ||
    form.feature === 'sse3' ||
    /^(v?maskmov|pblendvb|blendvp|sha256rnds2|umonitor|lwp)/.test(form.mnemonic)
    ? Math.abs(count - form.operands.length) === 1
    : false;
}

// -- registers: the common case is compared without making texts -------------------------------------------------------

/** iced's number of the first register of a file. */
const vectorBase: Readonly<Record<number, number>> = {
  128: Register.XMM0,
  256: Register.YMM0,
  512: Register.ZMM0,
};
const generalBase: Readonly<Record<number, number>> = { 16: Register.AX, 32: Register.EAX, 64: Register.RAX };

/** iced's number of our register operand, or -1 if it takes the way through texts. */
function registerNumber(ours: Instruction, spec: OperandSpec): number {
  switch (spec.kind) {
    case 'xmmreg':
      return vectorBase[spec.size] + ours.reg;
    case 'xmmv':
      return vectorBase[spec.size] + ours.vvvv;
    case 'xmmis4':
      return vectorBase[spec.size] + ours.is4;
    case 'xmmr':
    case 'xmmrm':
      return ours.memory ? -1 : vectorBase[Math.max(128, spec.size)] + ours.rm;
    case 'reg':
      return spec.size === 8 ? -1 : generalBase[spec.size] + ours.reg;
    case 'regv':
      return generalBase[spec.size] + ours.vvvv;
    case 'rm':
    case 'r':
    case 'opreg':
      return ours.memory || spec.size === 8 ? -1 : generalBase[spec.size] + ours.rm;
    case 'kreg':
      return Register.K0 + ours.reg;
    case 'kv':
      return Register.K0 + ours.vvvv;
    case 'kr':
    case 'krm':
      return ours.memory ? -1 : Register.K0 + ours.rm;
    case 'tmmreg':
      return Register.TMM0 + ours.reg;
    case 'tmmr':
      return Register.TMM0 + ours.rm;
    case 'tmmv':
      return Register.TMM0 + ours.vvvv;
    case 'bndreg':
      return Register.BND0 + ours.reg;
    case 'bndrm':
      return ours.memory ? -1 : Register.BND0 + ours.rm;
    default:
      return -1;
  }
}

function sameOperand(ours: Instruction, spec: OperandSpec, theirs: IcedInstruction, i: number): boolean {
  const kind = theirs.opKind(i);
  if (kind === OpKind.Memory) return ours.memory && sameMemory(ours, spec, theirs);
  const number = registerNumber(ours, spec);
  return number >= 0 && kind === OpKind.Register && theirs.opRegister(i) === number;
}

function sameMemory(ours: Instruction, spec: OperandSpec, theirs: IcedInstruction): boolean {
  const { base, index, addressSize, segment, displacement, displacementHigh } = ours;
  const general = generalBase[addressSize];
  const pointer = addressSize === 64 ? Register.RIP : Register.EIP;
  if (theirs.memoryBase !== (base < 0 ? Register.None : base === 16 ? pointer : general + base)) return false;
  const indices = spec.kind === 'vsib' ? vectorBase[spec.index ?? 0] : general;
  if (theirs.memoryIndex !== (index < 0 ? Register.None : indices + index)) return false;
  if (index >= 0 && theirs.memoryIndexScale !== ours.scale) return false;
  const theirSegment = theirs.memorySegment - Register.ES;
  if (theirSegment !== segment && (ours.mode !== 64 || theirSegment >= 4 || segment >= 4)) return false;
  const relative = base === 16 ? ours.length : 0;
  const offset = BigInt(displacement + relative) + (BigInt(displacementHigh) << 32n);
  if (BigInt.asUintN(addressSize, theirs.memoryDisplacement) !== BigInt.asUintN(addressSize, offset))
    return false;
  if (spec.kind === 'm' && spec.size === 0) return true;
  const element = ours.broadcast ? spec.broadcast : undefined;
  return memoryBytes(theirs) * 8 === (element ?? spec.memory ?? spec.size);
}

/** iced gives the wider register where the manual says r16 for an r32/m16 operand. */
function sameRegister(ours: string, theirs: string, spec: OperandSpec): boolean {
  return (
    (spec.kind === 'rm' || spec.kind === 'reg') &&
    spec.size === 16 &&
    (theirs === `e${ours}` ||
      theirs === `r${ours}` ||
      theirs === ours.replace(/w$/, 'd') ||
      theirs === ours.replace(/w$/, ''))
  );
}

// -- texts -------------------------------------------------------------------------------------------------------------

function ourOperand(ours: Instruction, form: Form, spec: OperandSpec): string {
  const rex = ours.rex !== 0;
  const number = registerNumber(ours, spec);
  if (number >= 0) return registerText(number);
  switch (spec.kind) {
    case 'reg':
      return registerName(ours.reg, spec.size, rex);
    case 'rm':
    case 'r':
    case 'm':
    case 'mmrm':
    case 'xmmrm':
    case 'krm':
    case 'bndrm':
    case 'vsib':
    case 'moffs':
      if (ours.memory) return ourMemory(ours, spec);
      if (spec.kind === 'mmrm') return `mm${ours.rm & 7}`;
      return registerName(ours.rm, spec.size, rex);
    case 'opreg':
      return registerName(ours.rm, spec.size, rex);
    case 'fixed':
      return spec.register ?? '?';
    case 'imm': {
      const second = spec !== form.operands.find((operand) => operand.kind === 'imm');
      if (second) return `#${ours.immediate2}`;
      const value =
        spec.extended === 64
          ? (BigInt(ours.immediateHigh) << 32n) | BigInt(ours.immediate >>> 0)
          : BigInt(ours.immediate);
      return `#${BigInt.asUintN(spec.extended ?? spec.size, value)}`;
    }
    case 'one':
      return '#1';
    case 'rel':
      return `@${BigInt.asUintN(ours.operandSize, BigInt(ours.length + ours.branch))}`;
    case 'far':
      return `${ours.immediate2}:${ours.immediate >>> 0}`;
    case 'sreg':
      return segmentNames[ours.reg];
    case 'creg':
      return `cr${ours.reg}`;
    case 'dreg':
      return `dr${ours.reg}`;
    case 'st0':
      return 'st0';
    case 'sti':
      return `st${ours.rm & 7}`;
    case 'mmreg':
      return `mm${ours.reg & 7}`;
    case 'mmr':
      return `mm${ours.rm & 7}`;
    default:
      return '?';
  }
}

function ourMemory(ours: Instruction, spec: OperandSpec): string {
  const size = ours.addressSize;
  const base =
    ours.base < 0
      ? ''
      : ours.base === 16
        ? size === 64
          ? 'rip'
          : 'eip'
        : registerName(ours.base, size, true);
  const index =
    ours.index < 0
      ? ''
      : spec.kind === 'vsib'
        ? registerText(vectorBase[spec.index ?? 0] + ours.index)
        : registerName(ours.index, size, true);
  let displacement = BigInt(ours.displacement) + (BigInt(ours.displacementHigh) << 32n);
  if (ours.base === 16) displacement += BigInt(ours.length);
  const element = ours.broadcast ? spec.broadcast : undefined;
  const bytes = spec.kind === 'm' && spec.size === 0 ? 'any' : (element ?? spec.memory ?? spec.size) / 8;
  return `${segment(segmentNames[ours.segment], ours)}:[${base}+${index}*${ours.scale}+${BigInt.asUintN(size, displacement)}] ${bytes}`;
}

/** In 64-bit code iced reports the overrides that have no effect. */
function segment(name: string, ours: Instruction): string {
  return ours.mode === 64 && /^[c-es]s$/.test(name) ? '' : name;
}

const texts = new Map<number, string>();

/** iced writes r8l, we write r8b. */
function registerText(number: number): string {
  let text = texts.get(number);
  if (text === undefined)
    texts.set(
      number,
      (text =
        number === Register.None
          ? ''
          : (Register[number] ?? `register ${number}`).toLowerCase().replace(/^(r\d+)l$/, '$1b')),
    );
  return text;
}

const memorySizes = new Map<number, number>();

function memoryBytes(theirs: IcedInstruction): number {
  const size = theirs.memorySize;
  let bytes = memorySizes.get(size);
  if (bytes === undefined) memorySizes.set(size, (bytes = MemorySizeExt.size(size)));
  return bytes;
}

function theirOperand(theirs: IcedInstruction, i: number, ours: Instruction, spec: OperandSpec): string {
  const kind = theirs.opKind(i);
  switch (kind) {
    case OpKind.Register:
      return registerText(theirs.opRegister(i));
    case OpKind.NearBranch16:
    case OpKind.NearBranch32:
    case OpKind.NearBranch64:
      return `@${theirs.nearBranchTarget}`;
    case OpKind.FarBranch16:
      return `${theirs.farBranchSelector}:${theirs.farBranch16}`;
    case OpKind.FarBranch32:
      return `${theirs.farBranchSelector}:${theirs.farBranch32}`;
    case OpKind.Memory:
      return theirMemory(theirs, ours, spec);
    default:
      return `#${BigInt.asUintN(kind === OpKind.Immediate8to16 ? 16 : kind === OpKind.Immediate8to32 ? 32 : 64, theirs.immediate(i))}`;
  }
}

function theirMemory(theirs: IcedInstruction, ours: Instruction, spec: OperandSpec): string {
  const bytes = spec.kind === 'm' && spec.size === 0 ? 'any' : memoryBytes(theirs);
  const index = theirs.memoryIndex;
  const scale = index === Register.None ? 1 : theirs.memoryIndexScale;
  const displacement = BigInt.asUintN(ours.addressSize, theirs.memoryDisplacement);
  return `${segment(registerText(theirs.memorySegment), ours)}:[${registerText(theirs.memoryBase)}+${registerText(index)}*${scale}+${displacement}] ${bytes}`;
}

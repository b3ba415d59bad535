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
import { decode, forms, Instruction } from '../src/index';
import type { Form, OperandSpec } from '../src/index';
import { registerName, segmentNames } from '../src/registers';

export type Mode = 16 | 32 | 64;

/** Decodes with iced-x86, an independent decoder, and tells how its result differs from ours. */
export class Comparison {
  private readonly ours = new Instruction();
  private readonly theirs = new IcedInstruction();
  compared = 0;

  /** '' if both decoders agree on the instruction at the start of `bytes`, else a description of the difference. */
  difference(bytes: Uint8Array, mode: Mode): string {
    const decoder = new Decoder(mode, bytes, DecoderOptions.None);
    decoder.decodeOut(this.theirs);
    decoder.free();
    decode(bytes, 0, bytes.length, mode, this.ours);
    this.compared++;
    return describeDifference(this.ours, this.theirs);
  }
}

/** Sets that a later issue brings; iced knows them. */
function isLater(code: Code): boolean {
  return /^(VEX|EVEX|XOP|D3NOW|MVEX)_/.test(Code[code]) || laterMnemonics.has(Code[code].split('_')[0]);
}

const laterMnemonics = new Set<string>(
  `Xbegin Xabort Aesenc128kl Aesdec128kl Aesenc256kl Aesdec256kl Aesencwide128kl Aesencwide256kl Aesdecwide128kl
  Aesdecwide256kl Encodekey128 Encodekey256 Loadiwkey Movdir64b Movdiri Enqcmd Enqcmds Wrssd Wrssq Wrussd Wrussq Aadd Aand
  Aor Axor Enclv Pconfig Wrmsrns Encls Xend Xtest Enclu Serialize Rdpkru Wrpkru Rdpru Invlpgbw Invlpgbd Invlpgbq Tlbsync
  Xstore Tdcall Tpause Rstorssp Setssbsy Saveprevssp Mcommit Xsha1 Xsha256 Xsha512 Ccs Via Xcryptecb Xcryptcbc Xcryptctr
  Xcryptcfb Xcryptofb Ptwrite Clrssbsy Incsspd Incsspq Umonitor Hreset Xsusldtrk Xresldtrk Pvalidatew Pvalidated Pvalidateq
  Umwait Montmul Pbndkb Seamret Seamops Seamcall Wrmsrlist Rdmsrlist Eretu Erets Uiret Testui Clui Stui Rmpquery Rmpadjust
  Psmash Senduipi Lkgs Rmpupdate`.split(/\s+/),
);

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
  const form = forms[ours.form];
  if (theirs.code === Code.INVALID) return ours.form === 0 ? '' : `ours: ${form.mnemonic}, theirs: invalid`;
  if (ours.form === 0) return isLater(theirs.code) ? '' : `ours: ${ours.error}, theirs: ${Code[theirs.code]}`;
  const name = Mnemonic[theirs.mnemonic].toLowerCase();
  if (form.mnemonic === 'nop' && form.map === 1) return ours.length === theirs.length ? '' : 'nop: length';
  if (form.mnemonic === 'prefetch' && Code[theirs.code].startsWith('Prefetchreserved')) return '';
  if ((mnemonicAliases[name] ?? name) !== form.mnemonic)
    return `mnemonic ${form.mnemonic}, theirs ${Code[theirs.code]}`;
  if (ours.length !== theirs.length)
    return `${form.mnemonic}: length ${ours.length}, theirs ${theirs.length}`;
  if (ours.lock !== theirs.hasLockPrefix) return `${form.mnemonic}: lock`;
  const operands = operandDifference(ours, form, theirs);
  return operands === '' ? '' : `${form.mnemonic} (${Code[theirs.code]}): ${operands}`;
}

function operandDifference(ours: Instruction, form: Form, theirs: IcedInstruction): string {
  // Operands that the manual writes as implied and iced lists.
  const implied = form.operands.length === 0 || /^(fbld|fbstp|aesenc)/.test(form.mnemonic);
  if (!implied && form.operands.length !== theirs.opCount && !impliedByIced(form, theirs)) {
    return `${form.operands.length} operands, theirs ${theirs.opCount}`;
  }
  const shift =
    theirs.opCount === form.operands.length + 1 && theirs.opKind(0) !== kindOfFirst(form, ours) ? 1 : 0;
  for (let i = 0; i < form.operands.length && i + shift < theirs.opCount; i++) {
    const a = ourOperand(ours, form, form.operands[i]);
    const b = theirOperand(theirs, i + shift, ours);
    if (a !== b && !sameRegister(a, b, form.operands[i])) return `operand ${i}: ${a}, theirs ${b}`;
  }
  return '';
}

function kindOfFirst(form: Form, ours: Instruction): OpKind {
  return ours.memory && form.operands[0].kind !== 'reg' ? OpKind.Memory : OpKind.Register;
}

/** x87 memory forms: iced lists st0 where the manual leaves it out. */
function impliedByIced(form: Form, theirs: IcedInstruction): boolean {
  return form.feature.startsWith('fpu') ||
    form.feature === 'sse3' ||
    /^(maskmov|pblendvb|blendvp|sha256rnds2)/.test(form.mnemonic)
    ? Math.abs(theirs.opCount - form.operands.length) === 1
    : false;
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

function ourOperand(ours: Instruction, form: Form, spec: OperandSpec): string {
  const rex = ours.rex !== 0;
  switch (spec.kind) {
    case 'reg':
      return registerName(ours.reg, spec.size, rex);
    case 'rm':
    case 'r':
    case 'm':
    case 'mmrm':
    case 'xmmrm':
      if (ours.memory) return ourMemory(ours, spec);
      if (spec.kind === 'mmrm') return `mm${ours.rm & 7}`;
      if (spec.kind === 'xmmrm') return `xmm${ours.rm}`;
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
    case 'moffs':
      return ourMemory(ours, spec);
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
    case 'xmmreg':
      return `xmm${ours.reg}`;
    case 'xmmr':
      return `xmm${ours.rm}`;
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
  const index = ours.index < 0 ? '' : registerName(ours.index, size, true);
  let displacement = BigInt(ours.displacement) + (BigInt(ours.displacementHigh) << 32n);
  if (ours.base === 16) displacement += BigInt(ours.length);
  const bytes = spec.kind === 'm' && spec.size === 0 ? 'any' : (spec.memory ?? spec.size) / 8;
  return `${segment(segmentNames[ours.segment], ours)}:[${base}+${index}*${ours.scale}+${BigInt.asUintN(size, displacement)}] ${bytes}`;
}

/** In 64-bit code iced reports the overrides that have no effect. */
function segment(name: string, ours: Instruction): string {
  return ours.mode === 64 && /^[c-es]s$/.test(name) ? '' : name;
}

function theirOperand(theirs: IcedInstruction, i: number, ours: Instruction): string {
  const kind = theirs.opKind(i);
  switch (kind) {
    case OpKind.Register:
      return Register[theirs.opRegister(i)].toLowerCase().replace(/^(r\d+)l$/, '$1b');
    case OpKind.NearBranch16:
    case OpKind.NearBranch32:
    case OpKind.NearBranch64:
      return `@${theirs.nearBranchTarget}`;
    case OpKind.FarBranch16:
      return `${theirs.farBranchSelector}:${theirs.farBranch16}`;
    case OpKind.FarBranch32:
      return `${theirs.farBranchSelector}:${theirs.farBranch32}`;
    case OpKind.Memory:
      return theirMemory(theirs, ours);
    default:
      return `#${BigInt.asUintN(kind === OpKind.Immediate8to16 ? 16 : kind === OpKind.Immediate8to32 ? 32 : 64, theirs.immediate(i))}`;
  }
}

function theirMemory(theirs: IcedInstruction, ours: Instruction): string {
  const name = (register: Register): string =>
    register === Register.None ? '' : Register[register].toLowerCase();
  const spec = forms[ours.form].operands.find((operand) => /^(m|rm|mmrm|xmmrm|moffs)$/.test(operand.kind));
  const bytes = spec?.kind === 'm' && spec.size === 0 ? 'any' : MemorySizeExt.size(theirs.memorySize);
  const scale = theirs.memoryIndex === Register.None ? 1 : theirs.memoryIndexScale;
  const displacement = BigInt.asUintN(ours.addressSize, theirs.memoryDisplacement);
  return `${segment(name(theirs.memorySegment), ours)}:[${name(theirs.memoryBase)}+${name(theirs.memoryIndex)}*${scale}+${displacement}] ${bytes}`;
}

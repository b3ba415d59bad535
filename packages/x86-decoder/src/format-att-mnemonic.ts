// Mnemonics of AT&T syntax and their suffixes.
import type { Form } from './form';
import { ambiguousVector, commonMnemonic, hiddenOperandSize, naturalSize } from './format-parts';
import { shownOperands } from './format-plan';

/** Operand sizes as letters. */
export const suffixes: Readonly<Record<number, string>> = { 8: 'b', 16: 'w', 32: 'l', 64: 'q' };

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
// The operand size is a prefix rather than a suffix.
const plainSize = /^(loop(n?z)?|j[a-z]+)$/;
const loop = /^(loop(n?z)?|j[er]?cxz)$/;

// These are known by the register that they use.
const accumulating = /^(lods|scas|stos)[bwdq]$/;

export function attMnemonic(form: Form, mode: 16 | 32 | 64, inMemory: boolean): string {
  const { mnemonic, operandSize } = form;
  const match = sized.exec(mnemonic);
  if (match && mode === 16) return match[1] + (match[2] === '' ? '' : 'l');
  const rename = renamed[mnemonic];
  if (rename !== undefined) return mnemonic === 'iretd' && mode === 64 ? 'iretl' : rename;
  if (form.rep !== 'none') return stringMnemonic(mnemonic);
  if (mnemonic === 'movzx' || mnemonic === 'movsx') return extension(form);
  if (mnemonic === 'movsxd') return operandSize === 64 ? 'movslq' : 'movsxd';
  if (/^v?pcmpestr[im]64$/.test(mnemonic)) return `${mnemonic.slice(0, -2)}q`;
  if (mnemonic === 'shl' && form.alias) return `sal${inMemory ? suffix(form) : ''}`;
  if (/^sys(ret|exit)$/.test(mnemonic))
    return mnemonic + (mode === 64 ? suffixes[Math.max(operandSize, 32)] : '');
  const other = operandSize !== naturalSize(form, mode) && operandSize !== 0;
  if (/^[ls][gi]dt$/.test(mnemonic))
    return (
      mnemonic + (mode === 16 && operandSize === 32 ? 'l' : mode === 32 && operandSize === 16 ? 'w' : '')
    );
  if (/^f(ldenv|nstenv|rstor|nsave)$/.test(mnemonic))
    return mnemonic + (other ? (operandSize === 16 ? 's' : 'l') : '');
  if (
    mnemonic === 'mov' &&
    form.operands[1].size === 64 &&
    form.operands[1].kind === 'imm' &&
    form.operands[0].kind === 'opreg'
  )
    return 'movabs';
  if (form.far) return `l${mnemonic === 'retf' ? 'ret' : mnemonic}${farSuffix(form, mode)}`;
  const hidden = plainSize.test(mnemonic) ? undefined : suffixes[hiddenOperandSize(form, mode)];
  if (/^f(sub|div)r?p?$/.test(form.mnemonic) && form.operands[0].kind === 'sti')
    return reversed(form.mnemonic);
  return commonMnemonic(form.mnemonic) + (hidden ?? (inMemory ? suffix(form) : ''));
}

/** Far transfers tell an operand size that is not the code's. */
function farSuffix(form: Form, mode: 16 | 32 | 64): string {
  if (form.operandSize !== mode) return suffixes[form.operandSize];
  return form.mnemonic === 'retf' && mode === 64 ? 'q' : '';
}

function stringMnemonic(mnemonic: string): string {
  if (accumulating.test(mnemonic)) return mnemonic.slice(0, -1);
  return mnemonic.endsWith('d') ? `${mnemonic.slice(0, -1)}l` : mnemonic;
}

/** AT&T syntax swaps fsub and fsubr, fdiv and fdivr where the destination is not st. */
function reversed(mnemonic: string): string {
  const [, name, r, pop] = /^(fsub|fdiv)(r?)(p?)$/.exec(mnemonic) ?? ['', mnemonic, '', ''];
  return name + (r === '' ? 'r' : '') + pop;
}

function extension(form: Form): string {
  const [to, from] = form.operands;
  return form.mnemonic.slice(0, 4) + (to.size === from.size ? 'x' : suffixes[from.size]) + suffixes[to.size];
}

const noSuffix =
  /^(fx|xsave|xrstor|cmpxchg\d+b|clflush|clwb|prefetch|invlpg|[sl][gi]dt|sldt|str|lldt|ltr|ver|[sl]msw|v?ldmxcsr|v?stmxcsr|set|fldcw|fldenv|frstor|fn|fbld|fbstp|vm|mov(nt|[lh]p)|cldemote|clrssbsy|rstorssp|lkgs)/;

const vectorSuffixes: Readonly<Record<number, string>> = { 128: 'x', 256: 'y', 512: 'z' };

/** The operand size as a suffix, if no register operand tells it. */
function suffix(form: Form): string {
  if (noSuffix.test(form.mnemonic) || shownOperands(form).length > form.operands.length) return '';
  const operand = form.operands.find((candidate) => /^(rm|m)$/.test(candidate.kind));
  if (operand === undefined) return ambiguousVector(form) ? vectorSuffixes[form.operands[1].size] : '';
  const told = form.operands.some(
    (other) =>
      /^(reg|opreg|regv|sreg|mmreg|xmm|k|tmm|bnd)/.test(other.kind) ||
      (other.kind === 'fixed' && other.register !== 'cl'),
  );
  if (told && !/^(v?cvtu?si2s|crc32)/.test(form.mnemonic)) return '';
  if (!/^f/.test(form.mnemonic)) return suffixes[operand.size] ?? '';
  if (/^fi/.test(form.mnemonic)) return { 16: 's', 32: 'l', 64: 'll' }[operand.size] ?? '';
  return { 32: 's', 64: 'l', 80: 't' }[operand.size] ?? '';
}

/** Operand sizes as a prefix in front of all others. */
export function sizePrefix(form: Form, mode: 16 | 32 | 64): string {
  if (form.far && form.operandSize === 64 && form.mnemonic !== 'retf') return 'rex.w ';
  const hidden = plainSize.test(form.mnemonic) && !form.far ? hiddenOperandSize(form, mode) : 0;
  if (hidden === 0) return '';
  return loop.test(form.mnemonic) ? '.byte 0x66; ' : `data${hidden} `;
}

import { forms, Instruction, type Form } from '@trapgate/x86-decoder';
import { hostFunctions } from '../host-functions';
import { RecordEncoder } from '../interpreter/encode-record';
import { interpreterModule } from '../interpreter/module-cache';
import { hostName, meaningOf } from '../semantics';
import { usesFx } from './hardware-fx';

/** States that each form has at least. */
export const FEWEST_STATES = 64;

/** Forms that no vector can be recorded of, and why. */
export const LEFT_OUT: readonly (readonly [RegExp, string])[] = [
  [/^(sgdt|sidt|sldt|smsw|str)$/, "UMIP: the host's kernel emulates them"],
  [/^(cpuid|xgetbv)$/, 'tells of the processor, not of the instruction'],
  [/^(rdtscp?|rdpmc|rdrand|rdseed|rdpid)$/, 'another answer each time'],
  [/^int1$/, "the #DB's saved address depends on the host being virtual"],
  [/^(syscall|sysenter|sysexit|sysret)$/, "enters or leaves the host's kernel"],
  [/^(vmcall|vmmcall)$/, "may call the host's hypervisor"],
  [/^(x(save|rstor).*|[rw]r[fg]sbase|monitorx?|mwaitx?|clzero)$/, "works on what is the host kernel's"],
  [/^(wbinvd|wbnoinvd|invd|rsm|getsec)$/, 'traps for reasons of its own where the host is itself virtual'],
];

/** Why a form has no vectors; undefined if it has. */
export function leftOut(form: Form): string | undefined {
  return LEFT_OUT.find(([pattern]) => pattern.test(form.mnemonic))?.[1];
}

/** Forms of 16- and 32-bit code that the processor offers (the others raise #UD), privileged ones included: they fault in user mode. */
export function implementedForms(): readonly Form[] {
  const encoder = new RecordEncoder(interpreterModule(0).table, hostFunctions);
  const scratch = new Instruction();
  return forms.filter((form) => {
    if (form.id === 0 || (form.modes & 1) === 0) return false;
    if (!meaningOf(form) && !hostFunctions.has(hostName(form))) return false;
    return encoder.formOf(Object.assign(scratch, { form: form.id })) === form;
  });
}

const SEGMENTED = /^(l[defgs]s|lss|lar|lsl|verr|verw|arpl|retf|iret[dq]?|int[13o]?)$/;

/** Vectors come in files, by the units that instructions use. */
export type Chapter = 'integer' | 'system' | 'x87' | 'mmx' | 'sse';
export const CHAPTERS: readonly Chapter[] = ['integer', 'system', 'x87', 'mmx', 'sse'];

export function chapterOf(form: Form): Chapter {
  const kinds = form.operands.map(({ kind }) => kind);
  if (usesFx(form)) {
    if (/^fpu|cmov/.test(form.feature) || kinds.includes('sti') || /^fisttp/.test(form.mnemonic))
      return 'x87';
    if (/^fx(save|rstor)/.test(form.mnemonic)) return 'x87';
    const isMmx = kinds.some((kind) => kind.startsWith('mm')) || form.feature === 'mmx';
    return isMmx && !kinds.some((kind) => kind.startsWith('xmm')) ? 'mmx' : 'sse';
  }
  const segment = kinds.includes('sreg') || /^[c-gs]s$|^es$/.test(form.operands[0]?.register ?? '');
  if (form.far || segment || SEGMENTED.test(form.mnemonic)) return 'system';
  return form.privilege === 'none' || /^(pushf|popf)/.test(form.mnemonic) ? 'integer' : 'system';
}

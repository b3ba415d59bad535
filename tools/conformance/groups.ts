import type { Form } from '../../packages/x86-decoder/src/index';

/** A row of the table: forms by what they are for. The first that matches has the form. */
export interface Group {
  readonly name: string;
  matches(form: Form): boolean;
}

const mnemonic =
  (pattern: RegExp) =>
  (form: Form): boolean =>
    pattern.test(form.mnemonic);
const feature =
  (pattern: RegExp) =>
  (form: Form): boolean =>
    pattern.test(form.feature);
const isSegmentOperand = ({ operands }: Form): boolean =>
  operands.some(({ kind, register }) => kind === 'sreg' || /^([c-gs]s|es)$/.test(register ?? ''));
const isSimd = ({ operands }: Form): boolean => operands.some(({ kind }) => /mm(reg|rm|r)$/.test(kind));

export const GROUPS: readonly Group[] = [
  {
    name: 'privileged instructions and ports, which fault',
    matches: ({ privilege }) => /^(cpl0|iopl|io)$/.test(privilege),
  },
  {
    name: 'segment registers',
    matches: (form) => isSegmentOperand(form) || /^(l[defgs]s|lss|lar|lsl|ver[rw]|arpl)$/.test(form.mnemonic),
  },
  {
    name: 'far transfers, INT, IRET, BOUND',
    matches: (form) => form.far || /^(int|int3|into|iret[dq]?|bound)$/.test(form.mnemonic),
  },
  { name: 'x87 transfer', matches: mnemonic(/^(fi?ld|fst|fi?stp?|fistt?p|fisttp|fb|fxch|fcmov|fld)/) },
  { name: 'x87 transcendental', matches: mnemonic(/^(f2xm1|fyl2xp?1?|fsin|fcos|fsincos|fptan|fpatan)$/) },
  { name: 'x87 comparison', matches: mnemonic(/^(fu?com|ficom|ftst|fxam)/) },
  {
    name: 'x87 control, FXSAVE, FXRSTOR',
    matches: mnemonic(/^(fn|fldcw|fldenv|frstor|ffree|fincstp|fdecstp|fx(save|rstor)|wait)/),
  },
  { name: 'x87 arithmetic', matches: feature(/^fpu/) },
  { name: 'AES, PCLMULQDQ', matches: feature(/^(aes|pclmulqdq)$/) },
  { name: 'SHA, GFNI', matches: feature(/^(sha|gfni)$/) },
  {
    name: 'POPCNT, LZCNT, TZCNT, ADX, CRC32, MOVBE',
    matches: mnemonic(/^(popcnt|[lt]zcnt|ad[co]x|crc32|movbe)$/),
  },
  { name: 'MMX', matches: (form) => form.feature === 'mmx' },
  { name: 'SSE', matches: (form) => form.feature === 'sse' && isSimd(form) },
  { name: 'SSE2', matches: (form) => form.feature === 'sse2' && isSimd(form) },
  { name: 'SSE3', matches: feature(/^sse3$/) },
  { name: 'SSSE3', matches: feature(/^ssse3$/) },
  { name: 'SSE4.1', matches: feature(/^sse4\.1$/) },
  { name: 'SSE4.2', matches: feature(/^sse4\.2$/) },
  { name: 'SSE4a', matches: feature(/^sse4a$/) },
  {
    name: 'fences, hints, cache control, MXCSR',
    matches: mnemonic(/^(.fence|prefetch|clflush|clwb|ldmxcsr|stmxcsr|pause|emms|movnti)/),
  },
  { name: 'string instructions, with REP', matches: mnemonic(/^(movs|cmps|stos|lods|scas)[bwdq]$/) },
  { name: 'decimal adjustment', matches: mnemonic(/^(aa[adms]|da[as])$/) },
  { name: 'shift and rotate', matches: mnemonic(/^(sh[lr]|sa[lr]|r[oc][lr])$/) },
  { name: 'double shift', matches: mnemonic(/^sh[lr]d$/) },
  { name: 'bit tests and scans', matches: mnemonic(/^(bt[src]?|bs[fr])$/) },
  { name: 'multiplication and division', matches: mnemonic(/^i?(mul|div)$/) },
  {
    name: 'addition, subtraction, comparison',
    matches: mnemonic(/^(ad[cd]|sub|sbb|cmp|inc|dec|neg|xadd|cmpxchg.*)$/),
  },
  { name: 'logic', matches: mnemonic(/^(and|or|xor|not|test)$/) },
  { name: 'conditional moves and sets', matches: mnemonic(/^(cmov|set)/) },
  { name: 'branches, loops, calls, returns', matches: mnemonic(/^(j|loop|call$|ret$)/) },
  { name: 'stack', matches: mnemonic(/^(push|pop|enter|leave)/) },
  { name: 'NOPs and undefined opcodes', matches: mnemonic(/^(nop|ud)/) },
  { name: 'moves, exchanges, conversions, flags', matches: () => true },
];

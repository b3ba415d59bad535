import { describe, expect, it } from 'vitest';
import { decode, forms, Instruction, instructionFacts, vectorForms } from '../src/index';
import { FactsComparison } from './iced-facts';
import type { Difference } from './iced-facts';
import { formExamples, randomCode } from './opcode-space';
import { vectorExamples } from './vector-examples';

/** Every known difference, by what is described and mnemonic. */
const known: Readonly<Record<string, string>> = {
  'flags sar': 'SAR by 1 clears OF (SDM vol. 2, SAL/SAR): iced has it written',
  'flags skinit':
    'SKINIT starts a program in a fresh processor state; it has no effect on the flags of its caller',
  'flags vmrun': 'the guest has RFLAGS of its own (APM vol. 2, 15.5.1)',
  'memory clzero': 'iced leaves out the line that is cleared',
  'memory maskmovdqu': 'written where the mask says so',
  'memory maskmovq': 'written where the mask says so',
  'operands insertq': 'bits of the destination beside the inserted ones stay',
  'privilege monitor': 'an MSR may allow it above CPL 0',
  'privilege mwait': 'an MSR may allow it above CPL 0',
  'registers arpl': 'iced names the bytes that hold the RPLs',
  'registers enter': 'operand size other than the stack: iced uses both widths of both registers',
  'registers fnsave': 'iced names mm0-7 beside st0-7, of which they are parts',
  'registers frstor': 'iced names mm0-7 beside st0-7, of which they are parts',
  'registers fxrstor': 'iced names none of the registers of save and restore instructions',
  'registers fxrstor64': 'the same',
  'registers fxsave': 'the same',
  'registers fxsave64': 'the same',
  'registers getsec': 'leaf functions take more registers',
  'memory lwpval': 'the value is read unconditionally (APM vol. 3, LWPVAL)',
  'operands lwpval': 'the same',
  'registers lwpval': 'the same',
  'operands pdep': 'bits of the source are read as the mask has ones; iced calls that conditional',
  'operands pext': 'the same',
  'registers pdep': 'the same',
  'registers pext': 'the same',
  'memory vmaskmovdqu': 'written where the mask says so',
  'memory tileloadd': 'the index register is the stride',
  'memory tileloaddt1': 'the same',
  'memory tilestored': 'the same',
  'operands hreset': 'the immediate is ignored; iced gives it no access',
  ...Object.fromEntries(
    ['bndcl', 'bndcn', 'bndcu', 'bndldx', 'bndmk', 'bndmov', 'bndstx'].flatMap((mnemonic) => [
      [`operands ${mnemonic}`, 'iced leaves out what MPX instructions do'],
      [`registers ${mnemonic}`, 'the same'],
      ...(mnemonic === 'bndmk' ? [] : [[`memory ${mnemonic}`, 'the same']]),
    ]),
  ),
  'registers skinit': 'SKINIT starts a program in a fresh processor state',
  'registers swapgs': 'iced leaves out gs.base',
  'registers syscall': 'iced leaves out cs and ss',
  'registers sysenter': 'iced leaves out cs and ss',
};

/** Names of features that mean the same, or where another extension claims opcodes that are nops without it. */
const knownFeatures: Readonly<Record<string, string>> = {
  '286 | 386': 'arpl in 32-bit code',
  '286 | lm': 'lldt and its kin with REX.W, which does not matter',
  '386 | lm': 'forms that exist at 32 bits too',
  '486 | lm': 'forms that exist at 32 bits too',
  '8086 | 286': 'ud0, ud1: undefined since the beginning',
  '8086 | 386': 'loops in 32-bit code',
  '8086 | lm': 'forms that exist at 16 bits too',
  '3dnow | multibytenop': '0F 0D came with 3DNow!',
  '3dnow | prefetchw': '0F 0D came with 3DNow!',
  'cmov | multibytenop': 'long nops came with the P6, as CMOV did',
  'cmov | cmov fpu': 'CMOV is no processor without an FPU',
  'sse3 | fpu sse3': 'SSE3 is no processor without an FPU',
  'fpu | 8086': 'wait has no meaning without an FPU',
  'fpu | fpu387': 'environments had a 32-bit layout since the 387; one row',
  'fpu387 | fpu': 'fucom came with the 387',
  'sse2 | mmx': 'paddq on MMX registers came with SSE2, as psubq did',
  'sse2 | pause': 'PAUSE has no CPUID bit; it came with SSE2',
  'svm | skinit-or-svm': 'STGI comes with SKINIT too',
  'aeskle widekl | aeskle wide-kl': 'spelling',
  'mpx | multibytenop': 'memory forms whose register does not exist are nops to iced',
  ...Object.fromEntries(
    ['ace', 'gmi', 'phe', 'pmm', 'rng', 'undoc'].map((part) => [
      `padlock | padlock-${part}`,
      'a unit of PadLock',
    ]),
  ),
  'pbndkb | tse': 'the name of the CPUID bit',
  'prefetchi | prefetchiti': 'the name of the CPUID bit',
  'rtm | hle-or-rtm': 'XTEST comes with HLE too',
  'sgx | sgx1': 'leaf functions are enumerated apart',
  'avx512-bf16 | avx512-bf16 avx512f': 'implied',
  'avx512-vp2intersect | avx512-vp2intersect avx512f': 'implied',
  'avx512f avx512vl gfni | avx512vl gfni': 'AVX512VL implies AVX512F',
  'avx512f avx512vl vaes | avx512vl vaes': 'the same',
  'avx512f avx512vl vpclmulqdq | avx512vl vpclmulqdq': 'the same',
  'sha512 | avx sha512': 'implied',
  'sm3 | avx sm3': 'implied',
  'sm4 | avx sm4': 'implied',
  'vmx | invept vmx': 'a VMX capability rather than a CPUID bit',
  'vmx | invvpid vmx': 'a VMX capability rather than a CPUID bit',
};

function name({ what, mnemonic, text }: Difference): string {
  return what === 'feature' ? text.replace(/ \(.*/, '') : `${what} ${mnemonic}`;
}

const seed = 0x3c6ef372;
const random = Number(process.env['TRAPGATE_RANDOM_FACTS'] ?? 10_000);

it(`registers, memory, access, flags, features and privilege agree with iced-x86 (seed ${seed})`, () => {
  const comparison = new FactsComparison();
  const met = new Set<string>();
  const unknown = new Map<string, string>();
  const seen = new Set<number>();
  const look = (bytes: Uint8Array, mode: 16 | 32 | 64): void => {
    const differences = comparison.differences(bytes, mode);
    seen.add(comparison.form);
    for (const difference of differences) {
      const key = name(difference);
      met.add(key);
      if (!(key in known) && !(key in knownFeatures)) unknown.set(key, difference.text);
    }
  };
  for (const { bytes, mode } of formExamples()) look(bytes, mode);
  look(Uint8Array.of(0x66, 0xf2, 0x0f, 0x00, 0xf0), 64);
  look(Uint8Array.of(0x48, 0x0f, 0x00, 0x10), 64);
  for (const mode of [32, 64] as const) for (const { bytes } of vectorExamples(mode)) look(bytes, mode);
  for (const mode of [16, 32, 64] as const)
    for (const bytes of randomCode(seed + mode, random)) look(bytes, mode);
  for (const bytes of randomCode(seed, random)) {
    look(Uint8Array.from([0x62, ...bytes]).subarray(0, 15), 64);
    look(Uint8Array.from([0xc4, ...bytes]).subarray(0, 15), 64);
  }
  expect(Object.fromEntries(unknown)).toEqual({});
  const stale = [...Object.keys(known), ...Object.keys(knownFeatures)].filter((key) => !met.has(key));
  expect(stale).toEqual([]);
  expect(comparison.compared).toBeGreaterThan(2 * random);
  const missing = [...forms.slice(1), ...vectorForms()].filter(({ id }) => !seen.has(id));
  expect(missing.map(({ mnemonic }) => mnemonic)).toEqual([]);
});

describe('Popek-Goldberg classes', () => {
  const named = (pattern: RegExp): Set<string> =>
    new Set(forms.filter(({ mnemonic }) => pattern.test(mnemonic)).map((form) => form.sensitivity));

  // Robin and Irvine, "Analysis of the Intel Pentium's Ability to Support a Secure Virtual Machine Monitor", 2000.
  it.each(['sgdt', 'sidt', 'sldt', 'smsw', 'str', 'lar', 'lsl', 'verr', 'verw', 'retf', 'int'])(
    '%s is sensitive and unprivileged',
    (mnemonic) => {
      expect([...named(new RegExp(`^${mnemonic}$`))]).toEqual(['sensitive']);
    },
  );

  it.each(['pushf', 'popf'])('%s is sensitive and unprivileged', (mnemonic) => {
    expect([...named(new RegExp(`^${mnemonic}[dq]?$`))]).toEqual(['sensitive']);
  });

  const segmented = forms.filter(({ mnemonic, operands }) => {
    const segment = operands.some(
      ({ kind, register }) => kind === 'sreg' || /^[c-gs]s$/.test(register ?? ''),
    );
    return segment && /^(push|pop|mov)$/.test(mnemonic);
  });
  it('push, pop and mov of segment registers are sensitive and unprivileged', () => {
    expect(segmented.length).toBeGreaterThan(10);
    expect(segmented.filter((form) => form.sensitivity !== 'sensitive')).toEqual([]);
  });

  it('far calls and jumps are sensitive and unprivileged, near ones innocuous', () => {
    for (const form of forms.filter(({ mnemonic }) => /^(call|jmp)$/.test(mnemonic)))
      expect(form.sensitivity).toBe(form.far ? 'sensitive' : 'innocuous');
  });

  it.each([
    'hlt',
    'cli',
    'sti',
    'lgdt',
    'lidt',
    'lldt',
    'ltr',
    'lmsw',
    'clts',
    'in',
    'out',
    'insb',
    'wrmsr',
    'invlpg',
  ])('%s is privileged', (mnemonic) => {
    expect([...named(new RegExp(`^${mnemonic}$`))]).toEqual(['privileged']);
  });

  it('moves of control and debug registers are privileged', () => {
    const moves = forms.filter(({ operands }) =>
      operands.some(({ kind }) => kind === 'creg' || kind === 'dreg'),
    );
    expect(moves.length).toBeGreaterThan(4);
    expect(moves.filter((form) => form.sensitivity !== 'privileged')).toEqual([]);
  });
});

describe('what iced-x86 does not tell', () => {
  function facts(hex: string, mode: 16 | 32 | 64): ReturnType<typeof instructionFacts> {
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
    return instructionFacts(decode(bytes, 0, bytes.length, mode, new Instruction()));
  }
  const registers = (hex: string, mode: 16 | 32 | 64): string =>
    facts(hex, mode)
      .registers.map(({ register, access }) => `${register}:${access}`)
      .join(' ');

  it.each([
    ['f7e1', 32, 'ecx:r eax:rw edx:w'],
    ['f7e1', 64, 'ecx:r eax:r rax:w rdx:w'],
    ['c8080002', 32, 'ss:r ebp:rw esp:rw'],
    ['0f01dc', 32, ''],
    ['f3a4', 64, 'rcx:rcw rdi:crcw rsi:crcw'],
    ['0f01d8', 64, 'rax:r'],
  ] as const)('registers of %s in %i-bit code', (hex, mode, expected) => {
    expect(registers(hex, mode)).toBe(expected);
  });

  it('of an invalid instruction there are none', () => {
    expect(facts('0f04', 64)).toMatchObject({ mnemonic: '(bad)', operands: [], registers: [], memory: [] });
  });

  it('a push writes below the stack pointer', () => {
    expect(facts('6a05', 64).memory).toEqual([
      { segment: 'ss', base: 'rsp', index: '', scale: 1, displacement: -8n, size: 8, access: 'w' },
    ]);
  });
});

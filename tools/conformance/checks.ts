/** A check that is not one of the recorded vectors. */
export interface Check {
  readonly subject: string;
  readonly against: string;
  readonly amount: string;
  /** A path from the repository's root. */
  readonly where: string;
}

export const OTHER_CHECKS: readonly Check[] = [
  {
    subject: 'decoder: validity, length, mnemonic, operands',
    against: 'iced-x86',
    amount:
      'every opcode of every map with ModRM, prefixes and modes (of VEX, EVEX and XOP, whose encodings are 70 million, a sample in the ordinary run and all in the nightly one); random bytes, 20 million a mode in the long run; no difference',
    where: 'packages/x86-decoder/test/iced.test.ts',
  },
  {
    subject: 'decoder: facts (registers, memory, flags, features, privilege)',
    against: 'iced-x86 and the Popek-Goldberg lists',
    amount: 'every form, random operands; differences are listed there with their reasons',
    where: 'packages/x86-decoder/test/instruction-facts.test.ts',
  },
  {
    subject: 'formatters, Intel and AT&T',
    against: 'iced-x86',
    amount: 'every form under every prefix; no difference',
    where: 'packages/x86-decoder/test/format.test.ts',
  },
  {
    subject:
      'system behaviour: exceptions, gates, tasks, segments, paging, debug registers, virtual-8086 mode, interrupts',
    against: 'the manuals, section by section; QEMU as a witness',
    amount: 'cases in assembly kernels, each named by its section, under both engines',
    where: 'guests/conformance/README.md',
  },
  {
    subject: 'translator',
    against: 'interpreter, in lockstep',
    amount: 'random programs, 50 million instructions in an ordinary run',
    where: 'packages/binary-translator/src/random-lockstep.test.ts',
  },
  {
    subject: 'static back end',
    against: 'interpreter',
    amount: 'every form from random states, in five kinds of code',
    where: 'packages/cpu/src/translator/forms.test.ts',
  },
  {
    subject: 'whole boots',
    against: 'the other engine, instruction by instruction',
    amount: "embedded guest; Debian's kernels to power-off",
    where: 'test/boot/engine-identity.test.ts',
  },
  {
    subject: 'fuzzing: no throw, no hang, no write outside guest RAM',
    against: 'guard areas, and the other engine',
    amount: '5 million instructions in an ordinary run, 100 million nightly, every privilege and mode',
    where: 'packages/binary-translator/src/fuzz.test.ts',
  },
];

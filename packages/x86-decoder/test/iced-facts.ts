import {
  CpuidFeature,
  Decoder,
  DecoderOptions,
  InstructionInfoFactory,
  Instruction as IcedInstruction,
  MemorySizeExt,
  OpAccess,
  Register,
  RflagsBits,
} from 'iced-x86';
import type { InstructionInfo, UsedMemory, UsedRegister } from 'iced-x86';
import { decode, eflags, formById, Instruction, instructionFacts } from '../src/index';
import { accessMask, accessName } from '../src/facts-use';
import type { Mode } from './iced';

/** One thing that is described differently: what of which mnemonic, and both descriptions. */
export interface Difference {
  readonly what: 'registers' | 'memory' | 'operands' | 'flags' | 'feature' | 'privilege';
  readonly mnemonic: string;
  readonly text: string;
}

const accesses: Readonly<Record<number, string>> = {
  [OpAccess.None]: 'none',
  [OpAccess.NoMemAccess]: 'none',
  [OpAccess.Read]: 'r',
  [OpAccess.Write]: 'w',
  [OpAccess.ReadWrite]: 'rw',
  [OpAccess.CondRead]: 'cr',
  [OpAccess.CondWrite]: 'cw',
  [OpAccess.ReadCondWrite]: 'rcw',
};

const flagBits: readonly [theirs: number, ours: number, letter: string][] = [
  [RflagsBits.OF, eflags.of, 'o'],
  [RflagsBits.SF, eflags.sf, 's'],
  [RflagsBits.ZF, eflags.zf, 'z'],
  [RflagsBits.AF, eflags.af, 'a'],
  [RflagsBits.CF, eflags.cf, 'c'],
  [RflagsBits.PF, eflags.pf, 'p'],
  [RflagsBits.DF, eflags.df, 'd'],
  [RflagsBits.IF, eflags.if, 'i'],
  [RflagsBits.AC, eflags.ac, 'x'],
];

const flagLetters = (value: number, side: 0 | 1): string =>
  flagBits
    .filter((bit) => value & bit[side])
    .map((bit) => bit[2])
    .join('');

const registerOf = (register: Register): string =>
  register === Register.None ? '' : Register[register].toLowerCase().replace(/^(r\d+)l$/, '$1b');

const renamedFeatures: Readonly<Record<string, string>> = {
  x64: 'lm',
  cmpxchg16b: 'cx16',
  rdpmc: 'pmc',
};

/** Our spelling of a feature: names are those of CPUID bits where there is one. */
function featureName(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/^intel(?=\d)/, '')
    .replace(/^sse4_/, 'sse4.');
  return renamedFeatures[plain] ?? plain.replace(/^d3now/, '3dnow').replaceAll('_', '-');
}

/** iced names segments that have no effect in 64-bit code. */
const segmentOf = (name: string, mode: Mode): string => (mode === 64 && /^[c-es]s$/.test(name) ? '' : name);

/** Compares the facts of instructions with those of iced-x86's InstructionInfoFactory. */
export class FactsComparison {
  private readonly factory = new InstructionInfoFactory();
  private readonly ours = new Instruction();
  private readonly theirs = new IcedInstruction();
  compared = 0;

  /** The form that was compared last. */
  get form(): number {
    return this.ours.form;
  }

  differences(bytes: Uint8Array, mode: Mode): Difference[] {
    decode(bytes, 0, bytes.length, mode, this.ours);
    const decoder = new Decoder(mode, bytes, DecoderOptions.None);
    decoder.decodeOut(this.theirs);
    decoder.free();
    if (this.ours.form === 0 || this.theirs.isInvalid) return [];
    this.compared++;
    const info = this.factory.info(this.theirs);
    const found = this.compare(info, mode);
    info.free();
    return found;
  }

  private compare(info: InstructionInfo, mode: Mode): Difference[] {
    const { ours, theirs } = this;
    const facts = instructionFacts(ours);
    const found: Difference[] = [];
    const check = (what: Difference['what'], mine: string, other: string): void => {
      const text = `${mine} | ${other} (${mode}-bit)`;
      if (mine !== other) found.push({ what, mnemonic: facts.mnemonic, text });
    };
    const registers = facts.registers.map(({ register, access }) => `${register}:${access}`);
    check('registers', registers.sort().join(' '), this.registers(info));
    check('memory', this.memory(facts.memory, mode), this.theirMemory(info, mode));
    if (facts.operands.length === theirs.opCount) {
      const access = facts.operands.map((_, i) => accesses[info.opAccess(i)]);
      check('operands', facts.operands.map((operand) => operand.access).join(), access.join());
    }
    check('flags', flagText(facts.flags), this.flags());
    const { feature, privilege } = facts;
    const names = Array.from(theirs.cpuidFeatures(), (value: CpuidFeature) => CpuidFeature[value]);
    check(
      'feature',
      feature.replaceAll('_', '-').split(' ').sort().join(' '),
      names.map(featureName).sort().join(' '),
    );
    check('privilege', String(/^(cpl0|iopl|io)$/.test(privilege)), String(theirs.isPrivileged));
    return found;
  }

  private registers(info: InstructionInfo): string {
    const masks = new Map<string, number>();
    for (const use of info.usedRegisters() as UsedRegister[]) {
      const name = registerOf(use.register);
      masks.set(name, (masks.get(name) ?? 0) | accessMask(accesses[use.access]));
      use.free();
    }
    return Array.from(masks, ([name, mask]) => `${name}:${accessName(mask)}`)
      .sort()
      .join(' ');
  }

  /** iced gives no size to what a repeated instruction accesses. */
  private size(bytes: number): number {
    return formById(this.ours.form).rep !== 'none' && this.ours.rep !== 0 ? 0 : bytes;
  }

  private memory(uses: ReturnType<typeof instructionFacts>['memory'], mode: Mode): string {
    const texts = uses.map((use) => {
      const relative = use.base === 'rip' || use.base === 'eip';
      const base = relative ? '' : use.base;
      const offset = use.displacement + (relative ? BigInt(this.ours.length) : 0n);
      const wrapped = BigInt.asUintN(addressBits(use.base || use.index, this.ours.addressSize), offset);
      const segment = segmentOf(use.segment, mode);
      return `${segment}[${base}+${use.index}*${use.scale}+${wrapped}]${this.size(use.size)}:${use.access}`;
    });
    return texts.sort().join(' ');
  }

  private theirMemory(info: InstructionInfo, mode: Mode): string {
    const texts = (info.usedMemory() as UsedMemory[]).map((use) => {
      const index = registerOf(use.index);
      const segment = segmentOf(registerOf(use.segment), mode);
      const scale = index === '' ? 1 : use.scale;
      const bytes = this.size(MemorySizeExt.size(use.memorySize));
      const text = `${segment}[${registerOf(use.base)}+${index}*${scale}+${use.displacement}]${bytes}:${accesses[use.access]}`;
      use.free();
      return text;
    });
    return texts.sort().join(' ');
  }

  private flags(): string {
    const { rflagsRead, rflagsWritten, rflagsCleared, rflagsSet, rflagsUndefined } = this.theirs;
    const sets = [rflagsRead, rflagsWritten, rflagsCleared, rflagsSet, rflagsUndefined];
    return sets.map((value) => flagLetters(value, 0)).join('/');
  }
}

function flagText(flags: ReturnType<typeof instructionFacts>['flags']): string {
  const sets = [flags.read, flags.written, flags.cleared, flags.set, flags.undefined];
  return sets.map((value) => flagLetters(value, 1)).join('/');
}

/** Bits of an address that contains this register. */
function addressBits(register: string, otherwise: number): number {
  if (register === '') return otherwise;
  if (/^(r\d+d|e..)$/.test(register)) return 32;
  return register.startsWith('r') ? 64 : 16;
}

import { forms, Instruction, type Form } from '@trapgate/x86-decoder';
import { immediateOf } from '../builder/float-opcode';
import {
  effectiveDisplacement,
  registerOffset,
  segmentCheck,
  usesMemory,
  variantOf,
} from '../builder/instruction-facts';
import { hostName, meaningOf } from '../semantics';
import { AT } from '../state/layout';
import type { HostFunction, HostInstruction } from '../system/context';
import { COLD_SPECIAL, SPECIAL, type HandlerTable } from './handlers';
import { ADDRESS_CHECK, AUXILIARY, RECORD } from './record';

/** A host instruction with the function that executes it. */
export interface KeptInstruction extends HostInstruction {
  readonly execute: HostFunction;
}

/** Where a record goes, and what its encoding needs to know. */
export interface RecordPlace {
  readonly words: Int32Array;
  readonly halves: Uint16Array;
  /** Address of the first free record. */
  readonly at: number;
  /** The instruction's offset in its page. */
  readonly offset: number;
  readonly mode: number;
  /** Keeps what a host function will want to see; returns its index. */
  keep(instruction: KeptInstruction): number;
  /** Record already decoded at an offset of the page, or 0. */
  target(offset: number): number;
}

const PAGE = 0x1000;
const ZERO_PLACE = AT.zero;
const ENDS = new Set([
  'jmp',
  'jmp far',
  'ret',
  'retf',
  'iret',
  'iretd',
  'sysexit',
  'sysret',
  'ud2',
  'hlt',
  '(bad)',
]);

/** Whether execution never goes on behind an instruction, so that decoding ahead would be wasted. */
export function isUnconditional(form: Form): boolean {
  return ENDS.has(form.mnemonic);
}

/** What no model of the processor offers: forms of these features raise #UD (SDM vol. 2, exceptions sections). */
const ABSENT_FEATURES = new Set([
  'bmi1',
  'lzcnt',
  'adx',
  'cx16',
  '3dnow',
  'rdtscp',
  'wbnoinvd',
  'smm',
  'smx',
  'xsave',
  'monitor',
  'monitorx',
  'clzero',
  'svm',
  'vmx',
  'invpcid',
  'rdrand',
  'rdseed',
  'rdpid',
  'fsgsbase',
  'xsaveopt',
  'xsaves',
  'xsavec',
  'clflushopt',
  'clwb',
  'sse4a',
  'sha',
  'gfni',
  'lm',
  'prefetchwt1',
  'cet_ibt',
  'cet_ss',
  'mpx',
  'cldemote',
  'prefetchi',
]);
/** Encodings that older processors execute as another instruction, ignoring the prefix. */
const FALLBACK: Readonly<Record<string, string>> = { tzcnt: 'bsf', lzcnt: 'bsr', pause: 'nop' };
/** Encodings that are NOPs, whatever their operands, for a processor without the feature (0F 18 to 0F 1F). */
const RESERVED_NOP = /^(endbr(32|64)|rdssp[dq]|bnd.*|cldemote|prefetchit[01])$/;

/** Turns decoded instructions into records: chooses handler, places and address records. */
export class RecordEncoder {
  private readonly absent: ReadonlySet<string>;
  private readonly fallbacks = new Map<number, Form>();
  /** Called once for each of the modules made late, before the first record of its handlers is made. */
  onLate: ((module: 0 | 1) => void) | undefined;
  private readonly made = new Set<number>();

  constructor(
    private readonly table: HandlerTable,
    private readonly hostFunctions: ReadonlyMap<string, HostFunction>,
    /** Features that the processor's model lacks besides. */
    absentFeatures: readonly string[] = [],
  ) {
    this.absent = new Set([...ABSENT_FEATURES, ...absentFeatures]);
    const nop = forms.find(({ mnemonic, operands }) => mnemonic === 'nop' && operands.length === 0)!;
    for (const form of forms) {
      if (RESERVED_NOP.test(form.mnemonic)) this.fallbacks.set(form.id, nop);
      const other = FALLBACK[form.mnemonic];
      const isTwin = (f: Form): boolean =>
        f.mnemonic === other &&
        f.operandSize === form.operandSize &&
        f.operands.length === form.operands.length;
      const twin = other && forms.find(isTwin);
      if (twin) this.fallbacks.set(form.id, twin);
    }
  }

  /** Writes the instruction's records; returns the address behind them. */
  encode(instruction: Instruction, place: RecordPlace): number {
    const form = this.formOf(instruction);
    if (!form) {
      const special = instruction.error === 'too-long' ? COLD_SPECIAL.tooLong : COLD_SPECIAL.undefinedOpcode;
      return this.plain(this.table.firstCold + special, instruction, place);
    }
    const meaning = meaningOf(form);
    if (!meaning) return this.host(form, instruction, place);
    const variant = variantOf(form, instruction, place.mode, meaning.implicit === true);
    const relative = form.operands[0]?.kind === 'rel';
    const branchOffset = place.offset + instruction.length + instruction.branch;
    const inPage = relative && branchOffset >= 0 && branchOffset < PAGE;
    let number = this.table.number(form, variant, inPage);
    const hotInPage = number >= 0 && inPage;
    if (number < 0) number = this.table.number(form, variant, false);
    if (number < 0)
      return this.plain(this.table.firstCold + COLD_SPECIAL.undefinedOpcode, instruction, place);
    this.needModule(this.table.lateModule(number));
    const at = this.addressed(form, instruction, place);
    let immediate = immediateOf(form, instruction);
    if (relative) immediate = hotInPage ? branchOffset * 4 : branchOffset;
    else if (meaning.host) immediate = this.keep(form, instruction, place);
    this.write(at, number, form, instruction, place, immediate);
    return at + RECORD.bytes;
  }

  private needModule(module: -1 | 0 | 1): void {
    if (module === -1 || this.made.has(module)) return;
    this.made.add(module);
    this.onLate?.(module);
  }

  /** Has a record's memory operand consist of the address given to its handler alone. */
  withoutAddress(bytes: Uint8Array, words: Int32Array, record: number): void {
    bytes[record + RECORD.rm] = ZERO_PLACE;
    words[(record + RECORD.displacement) >> 2] = 0;
  }

  /** The form that the processor executes for an instruction; undefined: #UD. */
  formOf(instruction: Instruction): Form | undefined {
    if (instruction.form === 0) return undefined;
    const form = forms[instruction.form]!;
    if (!this.absent.has(form.feature)) return form;
    return this.fallbacks.get(form.id);
  }

  private host(form: Form, instruction: Instruction, place: RecordPlace): number {
    if (!this.hostFunctions.has(hostName(form))) {
      return this.plain(this.table.firstCold + COLD_SPECIAL.undefinedOpcode, instruction, place);
    }
    const memory = usesMemory(form, instruction);
    const at = memory ? this.addressed(form, instruction, place) : place.at;
    const number = this.table.firstCold + (memory ? COLD_SPECIAL.hostMemory : COLD_SPECIAL.host);
    this.write(at, number, form, instruction, place, this.keep(form, instruction, place));
    return at + RECORD.bytes;
  }

  private keep(form: Form, instruction: Instruction, place: RecordPlace): number {
    const decoded = Object.assign(new Instruction(), instruction);
    return place.keep({ form, decoded, execute: this.hostFunctions.get(hostName(form))! });
  }

  private plain(number: number, instruction: Instruction, place: RecordPlace): number {
    this.write(place.at, number, forms[0]!, instruction, place, 0);
    return place.at + RECORD.bytes;
  }

  private write(
    at: number,
    number: number,
    form: Form,
    instruction: Instruction,
    place: RecordPlace,
    immediate: number,
  ): void {
    const { words, halves, offset } = place;
    const memory = usesMemory(form, instruction);
    const general = memory && this.needsAddressRecord(form, instruction, place.mode);
    const rm = memory
      ? general || instruction.base < 0
        ? ZERO_PLACE
        : instruction.base * 8
      : rmPlace(form, instruction);
    const repeat = instruction.rep === 0xf2 ? 1 : instruction.rep === 0xf3 ? 2 : 0;
    const auxiliary =
      instruction.segment |
      (instruction.addressSize === 16 ? AUXILIARY.address16 : 0) |
      (repeat << AUXILIARY.repeatShift);
    halves[at >> 1] = number;
    halves[(at + RECORD.offset) >> 1] = offset;
    words[(at + 4) >> 2] =
      regPlace(form, instruction) | (rm << 8) | (instruction.length << 16) | (auxiliary << 24);
    words[(at + RECORD.displacement) >> 2] =
      memory && !general ? effectiveDisplacement(form, instruction) : memory ? 0 : instruction.immediate;
    words[(at + RECORD.immediate) >> 2] = immediate;
  }

  private needsAddressRecord(form: Form, instruction: Instruction, mode: number): boolean {
    return instruction.addressSize === 16 || segmentCheck(form, instruction, mode) !== undefined;
  }

  /** Writes the address record, if one is needed; returns where the instruction's own record goes. */
  private addressed(form: Form, instruction: Instruction, place: RecordPlace): number {
    if (!usesMemory(form, instruction)) return place.at;
    const { words, halves, at, offset } = place;
    const general = this.needsAddressRecord(form, instruction, place.mode);
    if (!general && instruction.index < 0) return at;
    const scale = Math.log2(instruction.scale) | (instruction.addressSize === 16 ? 16 : 0);
    const index = instruction.index < 0 ? ZERO_PLACE : instruction.index * 8;
    const base = instruction.base < 0 ? ZERO_PLACE : instruction.base * 8;
    halves[at >> 1] = general ? SPECIAL.addressGeneral : SPECIAL.addressIndex;
    halves[(at + RECORD.offset) >> 1] = offset;
    words[(at + 4) >> 2] = index | (base << 8) | (instruction.length << 16) | (scale << 24);
    words[(at + RECORD.displacement) >> 2] = effectiveDisplacement(form, instruction);
    words[(at + RECORD.immediate) >> 2] = addressCheck(form, instruction, place.mode);
    return at + RECORD.bytes;
  }
}

/** The immediate of a general address record: how many bytes are accessed, whether written, by which segment. */
function addressCheck(form: Form, instruction: Instruction, mode: number): number {
  const check = segmentCheck(form, instruction, mode);
  const access = check ? check.bytes | (check.write ? ADDRESS_CHECK.write : 0) : ADDRESS_CHECK.unchecked;
  return access | (instruction.segment << ADDRESS_CHECK.segmentShift);
}

function regPlace(form: Form, instruction: Instruction): number {
  const spec = form.operands.find(({ kind }) => kind === 'reg' || kind === 'mmreg' || kind === 'xmmreg');
  return spec?.kind === 'reg' ? registerOffset(instruction.reg, spec.size, instruction.rex) : instruction.reg;
}

function rmPlace(form: Form, instruction: Instruction): number {
  const spec = form.operands.find(({ kind }) => kind === 'rm' || kind === 'r' || kind === 'opreg');
  return spec ? registerOffset(instruction.rm, spec.size, instruction.rex) : instruction.rm;
}

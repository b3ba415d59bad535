import { meaningOf } from '@trapgate/cpu';
import { decode, formatIntel, forms, Instruction, type Form, type OperandSpec } from '@trapgate/x86-decoder';
import { PLACE } from './guest-places';
import type { Random } from './random';

export type FormGroup = 'integer' | 'string' | 'x87' | 'mmx' | 'sse' | 'system';

/** Instructions that move control or the stack, or that change what the guest stands on: programs use those with care. */
const ELSEWHERE =
  /^(j|call|ret|loop|int|iret|sys|hlt|push|pop|leave|enter|bound|l[gil]dt|ltr|lmsw|clts|l[defgs]s|lss|rsm|ud|wrmsr|invd|wbinvd|invlpg|cli|sti|in$|out|ins|vm|clgi|stgi|skinit|x|mwait|monitor|getsec|rd|cl[az]|stac)/;
/** Executed by TypeScript, so that they have no semantics in the table. */
const CALLED =
  /^(fldenv|fnstenv|f2xm1|fyl2x|fptan|fpatan|fxtract|fprem1?|fyl2xp1|fscale|frstor|fnsave|fbld|fbstp|fsincos|fsin|fcos|fxsave|fxrstor|cpuid|arpl|verr|verw|lar|lsl|sldt|str|sgdt|sidt|smsw)$/;
/** Features that the processor's default model does not offer: their forms raise #UD. */
const ABSENT = new Set(['3dnow', 'prefetchwt1', 'clflushopt', 'clwb', 'sha', 'gfni']);
const INTERNAL = new Set(['popcnt', 'xchg', 'xadd', 'xlatb', 'xorps', 'xorpd', 'xor', 'clc', 'cld']);

function groupOf(form: Form): FormGroup | undefined {
  const { feature, mnemonic } = form;
  if ((form.modes & 1) === 0 || form.id === 0 || form.operandSize === 64) return undefined;
  if (ABSENT.has(feature)) return undefined;
  if (ELSEWHERE.test(mnemonic) && !INTERNAL.has(mnemonic) && !/^xmm/.test(mnemonic)) return undefined;
  if (
    form.operands.some(({ kind }) => kind === 'creg' || kind === 'dreg' || kind === 'sreg' || kind === 'far')
  )
    return undefined;
  const isCalled = CALLED.test(mnemonic);
  if (!isCalled && meaningOf(form) === undefined) return undefined;
  if (form.rep !== 'none') return 'string';
  if (/^fpu|^fcmov/.test(feature) || mnemonic.startsWith('fucomi') || mnemonic.startsWith('fcom'))
    return 'x87';
  if (mnemonic.startsWith('fcmov')) return 'x87';
  if (feature === 'mmx' || form.operands.some(({ kind }) => kind.startsWith('mm'))) return 'mmx';
  if (/^sse|^fxsr/.test(feature)) return 'sse';
  return isCalled ? 'system' : 'integer';
}

function grouped(): ReadonlyMap<FormGroup, readonly Form[]> {
  const groups = new Map<FormGroup, Form[]>();
  for (const form of forms) {
    const group = groupOf(form);
    if (group) groups.set(group, [...(groups.get(group) ?? []), form]);
  }
  return groups;
}

/** The forms that programs draw from. */
export const FORM_GROUPS = grouped();

const PAGE = 0x1000;
const EDGES = [
  0, 1, 2, 0x1f, 0x20, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];
const LEGACY_MAPS: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
const SEGMENT_PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x64, 0x65, 0x65];
const REGISTER_NAMES = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];

function little(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, n) => (value >>> (8 * n)) & 0xff);
}

/** Instructions drawn from the decoder's table, as source text with what prepares their operands. */
export class InstructionSource {
  private readonly decoded = new Instruction();
  /** Registers that random instructions do not write. */
  readonly kept = new Set<number>([4]);

  constructor(
    private readonly random: Random,
    private readonly paging: boolean,
  ) {}

  /** An address of data, often near a page's end; now and then an alias, a device, or code. */
  dataAddress(align = 1): number {
    const { random } = this;
    const rare = random.below(1000);
    if (rare < 15) return PLACE.video + 4 * random.below(0x1000);
    if (rare < 18) return PLACE.code + random.below(0x4000);
    const page = PLACE.data + PAGE * random.pick([0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    const offset = random.chance(25) ? PAGE - random.below(17) : random.below(PAGE);
    const place = (page + offset) & -align;
    if (!this.paging || !random.chance(20)) return place;
    return place + random.pick([PLACE.alias, PLACE.alias, PLACE.largeAlias]);
  }

  edge(): number {
    return this.random.pick(EDGES);
  }

  immediate(): number {
    return this.random.chance(50) ? this.random.pick(EDGES) : this.random.next();
  }

  /** A general register that may be written. */
  register(): number {
    for (;;) {
      const n = this.random.pick([0, 0, 1, 1, 2, 2, 3, 3, 6, 7]);
      if (!this.kept.has(n)) return n;
    }
  }

  /** One instruction of a group. */
  draw(group: FormGroup): string {
    const list = FORM_GROUPS.get(group)!;
    for (let attempt = 0; attempt < 30; attempt++) {
      const form = this.random.pick(list);
      const text = this.instruction(form);
      if (text !== undefined) return text;
    }
    return 'nop';
  }

  private memoryChosen(form: Form): boolean {
    if (form.mod === 'memory' || form.operands.some(({ kind }) => kind === 'm')) return true;
    if (form.mod === 'register') return false;
    return form.operands.some(({ kind }) => kind.endsWith('rm')) && this.random.chance(45);
  }

  private instruction(form: Form): string | undefined {
    const { random, decoded } = this;
    const setup: string[] = [];
    const memory = form.modrm && this.memoryChosen(form);
    const bytes: number[] = [];
    if (memory && form.lockable && random.chance(6)) bytes.push(0xf0);
    if (form.rep !== 'none') this.prepareString(setup, bytes);
    else if (random.chance(4)) bytes.push(random.pick(SEGMENT_PREFIXES));
    if (form.prefix !== 0x66 && form.operandSize === 16) bytes.push(0x66);
    if (form.prefix !== 0) bytes.push(form.prefix);
    const inOpcode = form.operands.find(({ kind }) => kind === 'opreg');
    const register = inOpcode ? this.generalRegister(inOpcode) : 0;
    bytes.push(...LEGACY_MAPS[form.map]!, form.opcode + register);
    if (form.modrm) bytes.push(...this.modrm(form, memory, setup));
    for (const operand of form.operands) bytes.push(...this.tail(operand));
    decode(Uint8Array.from(bytes), 0, bytes.length, 32, decoded);
    if (decoded.form !== form.id || decoded.length !== bytes.length) return undefined;
    if (/^i?div$/.test(form.mnemonic) && random.chance(70)) setup.push('and edx, 7');
    if (/^bt/.test(form.mnemonic) && memory) setup.push(`and ${REGISTER_NAMES[decoded.reg]!}, 0x3ff`);
    if (setup.some((line) => this.disturbs(line))) return undefined;
    return [...setup, `db ${bytes.join(', ')} ; ${formatIntel(decoded, 0)}`].join('\n');
  }

  private disturbs(line: string): boolean {
    const name = /^\w+ (e..),/.exec(line)?.[1];
    return name !== undefined && this.kept.has(REGISTER_NAMES.indexOf(name));
  }

  private prepareString(setup: string[], bytes: number[]): void {
    const { random } = this;
    if (random.chance(70)) bytes.push(random.pick([0xf2, 0xf3]));
    setup.push(`mov ecx, ${random.pick([0, 1, 3, 17, 40, random.below(200)])}`);
    if (random.chance(60)) setup.push(`mov esi, ${this.dataAddress()}`);
    if (random.chance(60)) setup.push(`mov edi, ${this.dataAddress()}`);
    if (random.chance(15)) setup.push('std');
  }

  /** Register numbers 4 to 7 of 8-bit operands are AH, CH, DH and BH. */
  private generalRegister(operand: OperandSpec): number {
    const { random } = this;
    if (operand.size !== 8) return operand.access === 'r' ? random.below(8) : this.register();
    for (;;) {
      const n = random.below(8);
      if (operand.access === 'r' || !this.kept.has(n & 3)) return n;
    }
  }

  private modrm(form: Form, memory: boolean, setup: string[]): number[] {
    const { random } = this;
    if (form.fixedModrm >= 0) return [form.fixedModrm];
    const field = form.operands.find(({ kind }) => kind === 'reg');
    const reg = form.digit >= 0 ? form.digit : field ? this.generalRegister(field) : random.below(8);
    const operand = form.operands.find(({ kind }) => /rm$|^r$|^m$/.test(kind));
    if (!memory) {
      const general = operand !== undefined && (operand.kind === 'rm' || operand.kind === 'r');
      return [0xc0 | (reg << 3) | (general ? this.generalRegister(operand) : random.below(8))];
    }
    return this.address(reg << 3, operand, setup);
  }

  /** ModRM, SIB and displacement of a memory operand that usually lies in data or in the stack frame. */
  private address(reg: number, operand: OperandSpec | undefined, setup: string[]): number[] {
    const { random } = this;
    const bits = operand?.memory ?? operand?.size ?? 32;
    const align = (bits === 128 || bits === 0 || bits > 512) && random.chance(90) ? 16 : 1;
    const absolute = this.dataAddress(align);
    const kind = random.below(100);
    if (kind < 45) return [reg | 5, ...little(absolute, 4)];
    const near = (random.below(256) - 128) & -align;
    if (kind < 70) return [0x40 | reg | random.pick([5, 5, 6, 7]), near & 0xff];
    if (kind < 80) return [0x40 | reg | 4, 0x24, random.below(64) & -align & 0xff];
    const index = this.register();
    const scale = random.below(4);
    if (random.chance(96)) {
      setup.push(`and ${REGISTER_NAMES[index]!}, ${align === 16 ? 0xf0 : 0xff}`);
      if (random.chance(50)) return [reg | 4, (scale << 6) | (index << 3) | 5, ...little(absolute, 4)];
      return [0x40 | reg | 4, (scale << 6) | (index << 3) | 5, near & 0xff];
    }
    return [0x80 | reg | index, ...little(absolute, 4)];
  }

  private tail(operand: OperandSpec): number[] {
    if (operand.kind === 'imm') return little(this.immediate(), operand.size / 8);
    if (operand.kind === 'moffs') return little(this.dataAddress(), 4);
    return [];
  }
}

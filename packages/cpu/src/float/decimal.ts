import { isUser } from '../system/segment-access';
import { AT } from '../state/layout';
import { STATUS, type HostFunction, type SystemContext } from '../system/context';
import { VECTOR } from '../system/vectors';
import { classOf, DEFAULT_NAN, exact, roundAt, roundExtended, zero, type Extended } from './extended';
import { FLAG } from './format';
import { HostStack } from './host-stack';

const LIMIT = 10n ** 18n;
/** The packed BCD integer indefinite, as three words of the upper bytes (SDM vol. 1, table 4-4). */
const INDEFINITE = [0, 0, 0, 0xc000, 0xffff] as const;

/** The alignment that is checked is that of eight bytes. */
function requireAligned(cpu: SystemContext, linear: number): void {
  const checked = isUser(cpu) && cpu.state.i32(AT.alignmentCheck) !== 0;
  if (checked && (linear & 7) !== 0) cpu.raise(VECTOR.ac, 0);
}

/** FBLD: 18 decimal digits, exactly. Digits above 9 count what their bits say. */
const fbld: HostFunction = (cpu, instruction, linear) => {
  const stack = new HostStack(cpu);
  const user = isUser(cpu);
  requireAligned(cpu, linear);
  const bytes = Array.from({ length: 10 }, (_, n) => cpu.memory.read8((linear + n) >>> 0, user) & 0xff);
  stack.remember(instruction, linear);
  const sign = bytes[9]! & 0x80 ? 1 : 0;
  const magnitude = bytes
    .slice(0, 9)
    .reduceRight((sum, byte) => sum * 100n + BigInt((byte >> 4) * 10 + (byte & 15)), 0n);
  const value = magnitude === 0n ? zero(sign) : roundExtended({ sign, magnitude, exponent: 0 }, 0x37f).value;
  const flags = stack.filled(-1) ? FLAG.ie | FLAG.sf | FLAG.c1 : 0;
  if (!stack.blocked(flags)) stack.push(flags ? DEFAULT_NAN : value);
  stack.commit(flags);
  return STATUS.next;
};

interface Packed {
  readonly words: readonly number[];
  readonly flags: number;
}

function pack(x: Extended, control: number): Packed {
  const kind = classOf(x);
  const none = kind === 'zero' ? { significand: 0n, inexact: false, up: false } : undefined;
  const rounded = none ?? (kind === 'finite' ? roundAt(exact(x), 0, control) : undefined);
  if (!rounded || rounded.significand >= LIMIT) return { words: INDEFINITE, flags: FLAG.ie };
  const digits = rounded.significand.toString().padStart(20, '0');
  const words = Array.from({ length: 5 }, (_, n) => parseInt(digits.slice(16 - 4 * n, 20 - 4 * n), 16));
  words[4] = words[4]! | (x.sign << 15);
  return { words, flags: (rounded.inexact ? FLAG.pe : 0) | (rounded.up ? FLAG.c1 : 0) };
}

/** FBSTP: the number is rounded to an integer; what 18 digits cannot hold is invalid. */
const fbstp: HostFunction = (cpu, instruction, linear) => {
  const stack = new HostStack(cpu);
  const user = isUser(cpu);
  requireAligned(cpu, linear);
  const { words, flags } = stack.filled(0)
    ? pack(stack.read(0), stack.control)
    : { words: INDEFINITE, flags: FLAG.ie | FLAG.sf };
  cpu.memory.probeWrite(linear, 10, user);
  if (!stack.blocked(flags)) {
    words.forEach((word, n) => cpu.memory.write16((linear + 2 * n) >>> 0, word, user));
    stack.pop();
  }
  stack.remember(instruction, linear);
  stack.commit(flags);
  return STATUS.next;
};

/** Packed decimal integers (SDM vol. 1, 4.7). */
export const decimalFunctions: readonly (readonly [string, HostFunction])[] = [
  ['fbld', fbld],
  ['fbstp', fbstp],
];

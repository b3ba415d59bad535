import { segmentCheck, usesMemory } from '@trapgate/cpu';
import type { Instruction } from '@trapgate/x86-decoder';
import { byForm } from './by-form';
import type { ControlFlow, RegionInstruction } from './discover';
import type { StackFrames } from './stack-frames';
import { isCut, type Structure } from './structure';
import { isApart, mayCallHost } from './translated-forms';
import { mayWrite } from './written-registers';

/** Bytes that several instructions access by one address (registers that stay what they are) plus constants. */
export interface PointerWindow {
  /** Says which registers, and how they make an address. */
  readonly key: number;
  /** From the address' registers alone, in bytes. */
  readonly low: number;
  readonly high: number;
  /** Whether bytes are written: then all must be writable. */
  readonly write: boolean;
}

/** What an instruction accesses of a window. */
export interface PointerAccess {
  readonly window: PointerWindow;
  /** The first: the window is checked ahead of it. */
  readonly first: boolean;
}

const ESP = 4;
/** More bytes are no window: too often they would lie in two pages. */
const MOST_BYTES = 256;
/** Ways of making addresses that a region keeps windows for. */
const MOST_KEYS = 12;

/** Instructions behind which addresses mean what they meant before, as far as their registers are the same. */
const HARMLESS =
  /^(mov|add|sub|cmp|neg|and|or|xor|test|inc|dec|adc|sbb|lea|movzx|movsx|not|shl|shr|sar|rol|ror|shld|shrd|nop|jmp|bt[src]?|bs[fr]|bswap|i?mul|i?div|cwd|cdq|cwde|cbw|xchg|xadd|cmpxchg|push|pop|leave|set.*|j.*|cmov.*)$/;
const isHarmless = byForm(
  ({ mnemonic, operands, far }) =>
    !far && HARMLESS.test(mnemonic) && operands.every(({ kind }) => !/^(sreg|creg|dreg)$/.test(kind)),
);
/** Memory operands of these are an address only, or lie elsewhere than it says. */
const NOT_THERE = /^(lea|nop|bt|btc|btr|bts|cmpxchg8b|prefetch.*|ud[01])$/;

/** How an instruction's memory operand is accessed, if that may be in a window. */
function accessOf(
  { form, decoded }: RegionInstruction,
  mode: number,
): { key: number; low: number; high: number; write: boolean } | undefined {
  if (!usesMemory(form, decoded) || decoded.addressSize !== 32 || decoded.base === ESP) return undefined;
  if (NOT_THERE.test(form.mnemonic) || segmentCheck(form, decoded, mode) !== undefined) return undefined;
  const operand = form.operands.find(({ kind }) => kind === 'm' || kind === 'rm' || kind === 'moffs');
  const bits = operand?.memory ?? operand?.size ?? 0;
  if (!operand || ![8, 16, 32, 64].includes(bits)) return undefined;
  const low = decoded.displacement | 0;
  return { key: keyOf(decoded), low, high: low + bits / 8, write: operand.access !== 'r' };
}

/** Base, index and scale. */
const keyOf = ({ base, index, scale }: Instruction): number =>
  (base + 1) | ((index + 1) << 4) | (index >= 0 ? scale << 8 : 0);

/** The registers of a key: a bit each. */
export const registersOf = (key: number): number => ((1 << (key & 15)) | (1 << ((key >> 4) & 15))) >> 1;

interface Mutable {
  readonly key: number;
  low: number;
  high: number;
  readonly write: boolean;
  readonly users: number[];
}

/** Finds windows along each way through a region on which no others join; those of stack frames are served already. */
export function pointerWindowsOf(
  flow: ControlFlow,
  structure: Structure,
  mode: number,
  { accesses: framed }: StackFrames,
  /** Whether the region's own code makes an instruction's access. */
  direct: (instruction: RegionInstruction) => boolean,
): ReadonlyMap<number, PointerAccess> {
  const windows: Mutable[] = [];
  const behind = new Map<number, ReadonlyMap<number, Mutable>>();
  const before = new Map<number, number>();
  for (const [start, { taken, falls }] of flow)
    for (const to of [taken, falls])
      if (to !== undefined && flow.has(to) && !isCut(structure, start, to)) before.set(to, start);

  const follow = (instruction: RegionInstruction, open: Map<number, Mutable>): void => {
    const inside = direct(instruction);
    const access = inside && !framed.has(instruction.offset) ? accessOf(instruction, mode) : undefined;
    if (access) {
      const known = open.get(access.key);
      const low = Math.min(known?.low ?? access.low, access.low);
      const high = Math.max(known?.high ?? access.high, access.high);
      if (known && high - low <= MOST_BYTES && (known.write || !access.write)) {
        Object.assign(known, { low, high });
        known.users.push(instruction.offset);
      } else {
        const made = { ...access, users: [instruction.offset] };
        windows.push(made);
        open.set(access.key, made);
      }
    }
    const { form } = instruction;
    if (inside ? !isHarmless(form) : !isApart(form) || mayCallHost(form)) open.clear();
    const written = mayWrite(instruction);
    for (const key of open.keys()) if (registersOf(key) & written) open.delete(key);
  };

  for (const start of structure.order.keys()) {
    const from = before.get(start);
    const joined = from === undefined || structure.merges.has(start) || structure.loops.has(start);
    const open = new Map(joined ? [] : behind.get(from)!);
    for (const instruction of flow.get(start)!.instructions) follow(instruction, open);
    behind.set(start, open);
  }
  return chosen(windows);
}

/** Keeps windows that serve several accesses. */
function chosen(windows: readonly Mutable[]): ReadonlyMap<number, PointerAccess> {
  const accesses = new Map<number, PointerAccess>();
  const keys = new Set<number>();
  for (const window of windows) {
    if (window.users.length < 2) continue;
    if (!keys.has(window.key) && keys.size >= MOST_KEYS) continue;
    keys.add(window.key);
    for (const offset of window.users) accesses.set(offset, { window, first: offset === window.users[0] });
  }
  return accesses;
}

import { PROCESSOR_MAP, TLB, tlbEntry, type MemoryFunctions } from '@trapgate/mmu';
import {
  call,
  i32,
  type FunctionBuilder,
  type FunctionRef,
  type I32,
  type Label,
  type ModuleBuilder,
} from '@trapgate/wasm-assembler';
import { AT, SEGMENT, STATE } from '../../state/layout';
import { ATTRIBUTE } from '../../state/mode';

/*
 * Memory for the fast paths of system instructions. They try an access before anything has changed, and leave everything
 * to the host function where it is not plain RAM within one page: so nothing here faults.
 */

export interface SupervisorAccess {
  /** (state, linear, bytes, write) -> address in linear memory of RAM within one page that the TLB context may access, or 0. */
  readonly window: FunctionRef;
  /** (state, selector) -> address in linear memory of the selector's descriptor, read in the TLB context, or 0. */
  readonly descriptor: FunctionRef;
}

const bytesAfter = (page: I32, bytes: I32): I32 => i32.add(i32.and(page, i32.const(0xfff)), bytes);

function emitWindow(module: ModuleBuilder, memory: MemoryFunctions): FunctionRef {
  const fn = module.function('window', { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] });
  const [s, linear, bytes, write] = [0, 1, 2, 3].map((n) => fn.param<'i32'>(n)) as [I32, I32, I32, I32];
  fn.if(i32.gtU(bytesAfter(linear, bytes), i32.const(0x1000)), () => fn.return(i32.const(0)));
  const entry = fn.let(tlbEntry(s, linear));
  const tag = i32.or(i32.and(linear, i32.const(~0xfff)), STATE.load32(s, 'tlbContext'));
  // tagWrite lies 8 bytes behind tagRead.
  const tagAt = i32.add(entry, i32.shl(write, i32.const(3)));
  fn.if(i32.eq(i32.load(tagAt, PROCESSOR_MAP.tlb + TLB.tagRead), tag), () =>
    fn.return(i32.add(i32.load(entry, PROCESSOR_MAP.tlb + TLB.addend), linear)),
  );
  fn.return(call<'i32'>(memory.place, s, linear, write));
  return fn;
}

/** Base and limit of the table that a selector is looked up in; 0 is returned for a missing LDT. */
function emitDescriptor(module: ModuleBuilder, window: FunctionRef): FunctionRef {
  const fn = module.function('descriptor', { params: ['i32', 'i32'], results: ['i32'] });
  const [s, selector] = [fn.param<'i32'>(0), fn.param<'i32'>(1)];
  const base = fn.variable(i32.load(s, AT.gdtrBase));
  const limit = fn.variable(i32.load(s, AT.gdtrLimit));
  fn.if(i32.and(selector, i32.const(4)), () => {
    const attributes = STATE.load32(s, 'segmentAttributes', SEGMENT.ldtr);
    fn.if(i32.eqz(i32.and(attributes, i32.const(ATTRIBUTE.present))), () => fn.return(i32.const(0)));
    fn.set(base, i32.load(s, STATE.offset('segmentBase', SEGMENT.ldtr)));
    fn.set(limit, STATE.load32(s, 'segmentLimit', SEGMENT.ldtr));
  });
  fn.if(i32.gtU(i32.or(selector, i32.const(7)), limit.get), () => fn.return(i32.const(0)));
  const linear = i32.add(base.get, i32.and(selector, i32.const(0xfff8)));
  fn.return(call<'i32'>(window, s, linear, i32.const(8), i32.const(0)));
  return fn;
}

export function emitSupervisorAccess(module: ModuleBuilder, memory: MemoryFunctions): SupervisorAccess {
  const window = emitWindow(module, memory);
  return { window, descriptor: emitDescriptor(module, window) };
}

/**
 * Emits `body` with the TLB context of a supervisor: accesses to descriptor tables and TSSs are supervisor accesses at every
 * CPL (SDM vol. 3A, 4.6.1). A branch to `body`'s label, or falling out of it, restores the context; a return does not.
 * The context before is returned, as a leaf.
 */
export function asSupervisor(fn: FunctionBuilder, s: I32, body: (fail: Label, context: I32) => void): void {
  const context = fn.let(STATE.load32(s, 'tlbContext'));
  STATE.store32(fn, s, 'tlbContext', i32.and(context, i32.const(~1)));
  fn.block((fail) => body(fail, context));
  STATE.store32(fn, s, 'tlbContext', context);
}

/** Puts the address that `place` gives into a local; branches to `fail` if it is 0. */
export function need(fn: FunctionBuilder, fail: Label, place: I32): I32 {
  const at = fn.let(place);
  fn.brIf(fail, i32.eqz(at));
  return at;
}

/** The attributes (see state/layout.ts) in a descriptor's second word. */
export const attributesOf = (high: I32): I32 => i32.and(i32.shrU(high, i32.const(8)), i32.const(0xf0ff));
/** The DPL in a descriptor's second word. */
export const dplOf = (high: I32): I32 => i32.and(i32.shrU(high, i32.const(13)), i32.const(3));
export const isNull = (selector: I32): I32 => i32.eqz(i32.and(selector, i32.const(0xfffc)));

/** Writes a segment register with its hidden part. `segment` is a number or a leaf; the others are leaves, too. */
export function setSegment(
  fn: FunctionBuilder,
  s: I32,
  segment: number | I32,
  parts: { readonly selector: I32; readonly base: I32; readonly limit: I32; readonly attributes: I32 },
): void {
  const number = typeof segment === 'number' ? i32.const(segment) : segment;
  const at = (shift: number): I32 => i32.add(s, i32.shl(number, i32.const(shift)));
  const fixed = typeof segment === 'number' ? segment : 0;
  const place = (shift: number): I32 => (typeof segment === 'number' ? s : at(shift));
  fn.store('i32.store16', place(1), parts.selector, AT.selector + 2 * fixed);
  fn.store('i32.store', place(3), parts.base, AT.segmentBase + 8 * fixed);
  fn.store('i32.store', place(3), i32.const(0), AT.segmentBase + 8 * fixed + 4);
  fn.store('i32.store', place(2), parts.limit, AT.segmentLimit + 4 * fixed);
  fn.store('i32.store', place(2), parts.attributes, AT.segmentAttributes + 4 * fixed);
}

/**
 * Descriptors that transfers take the short way with: present, accessed, base 0, limit 4 GB, 32-bit, readable non-conforming
 * code or writable expand-up data. First word and second (without DPL, AVL and L).
 */
const FLAT = { low: 0xffff, mask: 0xffcf_9fff, code: 0x00cf_9b00, data: 0x00cf_9300 } as const;

/** The second word of the descriptor at `place`; branches to `fail` unless it is a flat one of the kind. */
export function flatDescriptor(fn: FunctionBuilder, fail: Label, place: I32, kind: 'code' | 'data'): I32 {
  const high = fn.let(i32.load(place, 4));
  fn.brIf(fail, i32.ne(i32.load(place), i32.const(FLAT.low)));
  fn.brIf(fail, i32.ne(i32.and(high, i32.const(FLAT.mask | 0)), i32.const(FLAT[kind])));
  return high;
}

/** Loads CS or SS with a flat segment. */
export function setFlatSegment(
  fn: FunctionBuilder,
  s: I32,
  segment: number,
  selector: I32,
  attributes: I32,
): void {
  setSegment(fn, s, segment, { selector, attributes, base: i32.const(0), limit: i32.const(-1) });
}

/** As setCpl of state/mode.ts; `cpl` is a leaf. */
export function setCpl(fn: FunctionBuilder, s: I32, cpl: I32): void {
  STATE.store32(fn, s, 'cpl', cpl);
  const context = i32.and(STATE.load32(s, 'tlbContext'), i32.const(~1));
  STATE.store32(fn, s, 'tlbContext', i32.or(context, i32.eq(cpl, i32.const(3))));
  const epoch = STATE.load32(s, 'translationEpoch');
  STATE.store32(fn, s, 'translationEpoch', i32.add(epoch, i32.const(1)));
}

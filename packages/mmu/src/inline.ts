import {
  call,
  constantOf,
  i32,
  type Expression,
  type FunctionBuilder,
  type I32,
  type Label,
} from '@trapgate/wasm-assembler';
import { tlbEntry, tlbTag, type MemoryFunctions } from './access';
import { PROCESSOR_MAP, TLB } from './memory-map';
import { loadHost, storeHost, type AccessBytes } from './physical-access';
import type { StateLayout } from './walk';

/** Where inlined accesses are emitted: the function, the state base (a leaf), and what to do when the access faults. */
export interface AccessSite {
  readonly fn: FunctionBuilder;
  readonly layout: StateLayout;
  readonly functions: MemoryFunctions;
  readonly s: I32;
  /** Emits the way out of the instruction; must not fall through. */
  leave(): void;
  /** The state's tlbContext where the site has it at hand (a leaf). */
  tlbContext?(): I32 | undefined;
}

const at = (field: number): number => PROCESSOR_MAP.tlb + field;

function hit(
  site: AccessSite,
  linear: I32,
  bytes: number,
  tag: number,
): { condition: I32; address: () => I32 } {
  const { fn, layout, s } = site;
  // Where the state has a fixed place, that place is part of the instruction's offset.
  const fixed = constantOf(s);
  const entry = fn.let(tlbEntry(fixed === undefined ? s : i32.const(0), linear));
  const offset = fixed ?? 0;
  return {
    condition: i32.eq(
      i32.load(entry, at(tag) + offset),
      tlbTag(layout, s, linear, bytes, site.tlbContext?.()),
    ),
    address: () => i32.add(i32.load(entry, at(TLB.addend) + offset), linear),
  };
}

/** Loads from a linear address (a leaf expression); returns a local's value. One compare covers tag, rights and page crossing. */
export function inlineLoad(site: AccessSite, bytes: AccessBytes, linear: I32): Expression {
  const { fn, layout, functions, s } = site;
  const value = fn.local(bytes === 8 ? 'i64' : 'i32');
  const { condition, address } = hit(site, linear, bytes, TLB.tagRead);
  fn.if(
    condition,
    () => fn.set(value, loadHost(bytes, address())),
    () => {
      fn.set(value, call(functions.load[bytes], s, linear));
      fn.ifRarely(layout.load32(s, 'faulted'), () => site.leave());
    },
    'true',
  );
  return value.get;
}

/**
 * The address in linear memory of `bytes` bytes at a linear address (a leaf expression) that the TLB allows to read or write;
 * in any other case `otherwise` is branched to.
 */
export function inlinePlace(
  site: AccessSite,
  bytes: number,
  linear: I32,
  access: 'read' | 'write',
  otherwise: Label,
): I32 {
  const { condition, address } = hit(site, linear, bytes, access === 'read' ? TLB.tagRead : TLB.tagWrite);
  site.fn.brIf(otherwise, i32.eqz(condition), 'false');
  return site.fn.let(address());
}

/** Stores a leaf value to a linear address. */
export function inlineStore(site: AccessSite, bytes: AccessBytes, linear: I32, value: Expression): void {
  const { fn, functions, s } = site;
  const { condition, address } = hit(site, linear, bytes, TLB.tagWrite);
  fn.if(
    condition,
    () => storeHost(fn, bytes, address(), value),
    () => fn.ifRarely(call<'i32'>(functions.store[bytes], s, linear, value), () => site.leave()),
    'true',
  );
}

/**
 * Translates the operand of a read-modify-write once, with write intent. The result is its address in linear memory;
 * after storing there, emit {@link inlineCommit}.
 */
export function inlineModify(site: AccessSite, bytes: AccessBytes, linear: I32): I32 {
  const { fn, functions, s } = site;
  const place = fn.local('i32');
  const { condition, address } = hit(site, linear, bytes, TLB.tagWrite);
  fn.if(
    condition,
    () => fn.set(place, address()),
    () => {
      fn.set(place, call<'i32'>(functions.modify, s, linear, i32.const(bytes)));
      fn.ifRarely(i32.eqz(place.get as I32), () => site.leave());
    },
    'true',
  );
  return place.get as I32;
}

/** Finishes a read-modify-write whose operand was assembled in the bounce buffer. */
export function inlineCommit(site: AccessSite, place: I32): void {
  const { fn, layout, functions, s } = site;
  const bounce = i32.add(s, i32.const(layout.offset('bounce')));
  fn.ifRarely(i32.eq(place, bounce), () => fn.call(functions.commit, s));
}

/** Checks that `bytes` bytes (one or two pages) can be written before an instruction with several stores begins. */
export function inlineProbe(site: AccessSite, bytes: number, linear: I32): void {
  const { fn, layout, functions, s } = site;
  const { condition } = hit(site, linear, bytes, TLB.tagWrite);
  void layout;
  fn.ifRarely(i32.eqz(condition), () => {
    fn.ifRarely(call<'i32'>(functions.probe, s, linear, i32.const(bytes), i32.const(2)), () => site.leave());
  });
}

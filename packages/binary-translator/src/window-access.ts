import { loadHost, storeHost, type AccessBytes, type AccessSite } from '@trapgate/mmu';
import { call, i32, type Expression, type I32 } from '@trapgate/wasm-assembler';
import type { HostPlace } from './frame-windows';

// Accesses that one check of a window around them serves; if it has failed (the base is 0), each is checked by itself.

/** Loads; returns a local's value. */
export function windowLoad(
  site: AccessSite,
  bytes: AccessBytes,
  { base, offset }: HostPlace,
  linear: I32,
): Expression {
  const { fn, layout, functions, s } = site;
  const value = fn.local(bytes === 8 ? 'i64' : 'i32');
  fn.if(
    base,
    () => fn.set(value, loadHost(bytes, base, offset)),
    () => {
      fn.set(value, call(functions.load[bytes], s, linear));
      fn.ifRarely(layout.load32(s, 'faulted'), () => site.leave());
    },
    'true',
  );
  return value.get;
}

/** Stores a leaf value. */
export function windowStore(
  site: AccessSite,
  bytes: AccessBytes,
  { base, offset }: HostPlace,
  linear: I32,
  value: Expression,
): void {
  const { fn, functions, s } = site;
  fn.if(
    base,
    () => storeHost(fn, bytes, base, value, offset),
    () => fn.ifRarely(call<'i32'>(functions.store[bytes], s, linear, value), () => site.leave()),
    'true',
  );
}

/** The address in linear memory of what will be read and written; see `inlineModify`. */
export function windowModify(
  site: AccessSite,
  bytes: AccessBytes,
  { base, offset }: HostPlace,
  linear: I32,
): I32 {
  const { fn, functions, s } = site;
  const place = fn.local('i32');
  fn.if(
    base,
    () => fn.set(place, i32.add(base, i32.const(offset))),
    () => {
      fn.set(place, call<'i32'>(functions.modify, s, linear, i32.const(bytes)));
      fn.ifRarely(i32.eqz(place.get), () => site.leave());
    },
    'true',
  );
  return place.get;
}

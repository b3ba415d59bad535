import { FX } from './hardware-fx';
import { fnv1a } from './hardware-random';
import type { MemoryRun, VectorResult } from './hardware-results';
import type { VectorGroup, VectorState } from './hardware-states';

/*
 * A file of vectors, before compression:
 *
 *   file   = "TGV1", length of the header (u32), header (JSON, see VectorHeader), groups
 *   group  = bits (u8), offset (u16), code length (u8), code, states (varint), checksum of the states (u16), results
 *   result = 0 if the processor's answer was not the same twice, else what is not as it was before:
 *     bits 0 always, 1 vector and error, 2 rip, 3 eflags, 4 gpr, 5 fx, 6 memory, 7 selectors
 *     vector error(varint) cr2(varint low, high, of vector 14 only)
 *     rip: XOR with the expected one (behind the INT3 behind the code), varint low, high
 *     eflags: XOR, varint
 *     gpr: count, then register | size << 4, bytes of the XOR
 *     fx, memory: runs: count, then skip (varint), length (varint), bytes
 *     selectors: six u16
 */

/** What a file says of itself. */
export interface VectorHeader {
  /** CPUID's vendor, and name, of the processor. */
  readonly processor: string;
  readonly recorded: string;
  readonly seed: number;
}

const MAGIC = [0x54, 0x47, 0x56, 0x31];
const HAS = { vector: 2, rip: 4, eflags: 8, gpr: 16, fx: 32, memory: 64, selectors: 128 } as const;
const INT3_VECTOR = 3;
const PAGE_FAULT = 14;
/** EFLAGS bits that are compared: not IF, RF, VM and what is reserved. */
export const COMPARED_FLAGS = 0x0024_7dd5 & ~0x100;
const RECORDED_FLAGS = COMPARED_FLAGS;

class Writer {
  private bytes = new Uint8Array(1 << 16);
  length = 0;
  u8(value: number): void {
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.length++] = value;
  }
  u16(value: number): void {
    this.u8(value);
    this.u8(value >>> 8);
  }
  varint(value: number): void {
    let rest = value >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.u8((rest & 0x7f) | 0x80);
    this.u8(rest);
  }
  all(bytes: ArrayLike<number>): void {
    for (let n = 0; n < bytes.length; n++) this.u8(bytes[n]!);
  }
  done(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}

class Reader {
  at = 0;
  constructor(private readonly bytes: Uint8Array) {}
  get done(): boolean {
    return this.at >= this.bytes.length;
  }
  u8(): number {
    return this.bytes[this.at++]!;
  }
  u16(): number {
    return this.u8() | (this.u8() << 8);
  }
  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }
  take(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** A checksum of everything that a state consists of. */
export function checksum(states: readonly VectorState[]): number {
  let hash = fnv1a([]);
  for (const { gpr, rip, eflags, fx, patches } of states) {
    hash = fnv1a(new Uint8Array(gpr.buffer), hash);
    hash = fnv1a(new Uint8Array(Uint32Array.of(rip, eflags).buffer), hash);
    if (fx) hash = fnv1a(fx, hash);
    for (const { address, bytes } of patches)
      hash = fnv1a(bytes, fnv1a(new Uint8Array(Uint32Array.of(address).buffer), hash));
  }
  return (hash ^ (hash >>> 16)) & 0xffff;
}

function expectedRip(group: VectorGroup, state: VectorState): number {
  const base = group.bits === 16 ? group.offset : state.rip;
  return base + group.code.length + 1;
}

const initialSelectors = (bits: number): number[] =>
  bits === 64
    ? [0, 0x33, 0x2b, 0, 0, 0]
    : bits === 32
      ? [0x2b, 0x23, 0x2b, 0x2b, 0x17, 0x17]
      : [0x0f, 0x07, 0x0f, 0x0f, 0x17, 0x17];

function writeRuns(writer: Writer, runs: readonly MemoryRun[], from: number): void {
  writer.varint(runs.length);
  let at = from;
  for (const { address, bytes } of runs) {
    writer.varint(address - at);
    writer.varint(bytes.length);
    writer.all(bytes);
    at = address + bytes.length;
  }
}

function fxRuns(before: Uint8Array, after: Uint8Array): MemoryRun[] {
  const runs: MemoryRun[] = [];
  for (let i = 0; i < FX.bytes; i++) {
    if (before[i] === after[i]) continue;
    let end = i + 1;
    for (let gap = 0, n = end; n < FX.bytes && gap < 3; n++) {
      if (before[n] === after[n]) gap++;
      else [gap, end] = [0, n + 1];
    }
    runs.push({ address: i, bytes: after.slice(i, end) });
    i = end;
  }
  return runs;
}

function writeGpr(writer: Writer, before: Uint32Array, after: Uint32Array): void {
  const changed = Array.from({ length: 16 }, (_, n) => n).filter(
    (n) => before[2 * n] !== after[2 * n] || before[2 * n + 1] !== after[2 * n + 1],
  );
  writer.u8(changed.length);
  for (const n of changed) {
    const [low, high] = [
      (before[2 * n]! ^ after[2 * n]!) >>> 0,
      (before[2 * n + 1]! ^ after[2 * n + 1]!) >>> 0,
    ];
    const size = high > 0 ? 8 : low > 0xffff ? 4 : low > 0xff ? 2 : 1;
    writer.u8(n | (size << 4));
    for (let i = 0; i < size; i++) writer.u8((i < 4 ? low : high) >>> (8 * (i & 3)));
  }
}

function writeResult(writer: Writer, group: VectorGroup, state: VectorState, result: VectorResult): void {
  const rip = expectedRip(group, state);
  const eflags = ((state.eflags | 0x202) ^ result.eflags) & RECORDED_FLAGS;
  const fx = state.fx ? fxRuns(state.fx, result.fx!) : [];
  const selectors = result.selectors.some((value, n) => value !== initialSelectors(group.bits)[n]);
  const gpr = result.gpr.some((value, n) => value !== state.gpr[n]);
  let has = 1;
  if (result.vector !== INT3_VECTOR) has |= HAS.vector;
  if (result.rip[0] !== rip || result.rip[1] !== 0) has |= HAS.rip;
  if (eflags) has |= HAS.eflags;
  if (gpr) has |= HAS.gpr;
  if (fx.length > 0) has |= HAS.fx;
  if (result.changes.length > 0) has |= HAS.memory;
  if (selectors) has |= HAS.selectors;
  writer.u8(has);
  if (has & HAS.vector) {
    writer.u8(result.vector);
    writer.varint(result.error);
    if (result.vector === PAGE_FAULT) result.cr2.forEach((half) => writer.varint(half));
  }
  if (has & HAS.rip) {
    writer.varint(result.rip[0] ^ rip);
    writer.varint(result.rip[1]);
  }
  if (has & HAS.eflags) writer.varint(eflags);
  if (gpr) writeGpr(writer, state.gpr, result.gpr);
  if (fx.length > 0) writeRuns(writer, fx, 0);
  if (has & HAS.memory) writeRuns(writer, result.changes, 0);
  if (selectors) result.selectors.forEach((value) => writer.u16(value));
}

function readRuns(reader: Reader): MemoryRun[] {
  let at = 0;
  return Array.from({ length: reader.varint() }, () => {
    const address = at + reader.varint();
    const bytes = reader.take(reader.varint());
    at = address + bytes.length;
    return { address, bytes };
  });
}

function readGpr(reader: Reader, before: Uint32Array): Uint32Array {
  const gpr = before.slice();
  for (let left = reader.u8(); left > 0; left--) {
    const head = reader.u8();
    const at = 2 * (head & 15);
    for (let i = 0; i < head >> 4; i++) {
      const half = at + (i >> 2);
      gpr[half] = (gpr[half]! ^ (reader.u8() << (8 * (i & 3)))) >>> 0;
    }
  }
  return gpr;
}

function readResult(reader: Reader, group: VectorGroup, state: VectorState): VectorResult | undefined {
  const has = reader.u8();
  if (has === 0) return undefined;
  let [vector, error, cr2] = [INT3_VECTOR, 0, [0, 0] as const];
  if (has & HAS.vector) {
    vector = reader.u8();
    error = reader.varint();
    if (vector === PAGE_FAULT) cr2 = [reader.varint(), reader.varint()] as unknown as typeof cr2;
  }
  const usual = expectedRip(group, state);
  const rip =
    has & HAS.rip ? ([(reader.varint() ^ usual) >>> 0, reader.varint()] as const) : ([usual, 0] as const);
  const eflags = (state.eflags | 0x202) ^ (has & HAS.eflags ? reader.varint() : 0);
  const gpr = has & HAS.gpr ? readGpr(reader, state.gpr) : state.gpr;
  const fx = state.fx?.slice();
  if (has & HAS.fx) for (const { address, bytes } of readRuns(reader)) fx!.set(bytes, address);
  const changes = has & HAS.memory ? readRuns(reader) : [];
  const selectors =
    has & HAS.selectors ? Array.from({ length: 6 }, () => reader.u16()) : initialSelectors(group.bits);
  return { gpr, rip, eflags, vector, error, cr2, selectors, fx, changes };
}

/** A group with its states and what the processor made of each; undefined where it was not the same twice. */
export interface RecordedGroup {
  readonly group: VectorGroup;
  readonly states: readonly VectorState[];
  readonly results: readonly (VectorResult | undefined)[];
}

export function packVectors(header: VectorHeader, groups: readonly RecordedGroup[]): Uint8Array {
  const writer = new Writer();
  const text = new TextEncoder().encode(JSON.stringify(header));
  writer.all(MAGIC);
  for (let n = 0; n < 4; n++) writer.u8(text.length >>> (8 * n));
  writer.all(text);
  for (const { group, states, results } of groups) {
    writer.u8(group.bits);
    writer.u16(group.offset);
    writer.u8(group.code.length);
    writer.all(group.code);
    writer.varint(states.length);
    writer.u16(checksum(states));
    results.forEach((result, n) => {
      if (result) writeResult(writer, group, states[n]!, result);
      else writer.u8(0);
    });
  }
  return writer.done();
}

/** The states that a file was recorded from are not those that are made now: record anew. */
export class StaleVectorsError extends Error {
  readonly code = 'STALE_VECTORS';
  constructor(readonly group: VectorGroup) {
    const code = Array.from(group.code, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    super(`the states of ${code} (${group.bits} bits) are not those that were recorded`);
    this.name = 'StaleVectorsError';
  }
}

export interface VectorFile {
  readonly header: VectorHeader;
  /** Reproducible states of each group, without making them. */
  counts(): Iterable<{ readonly group: VectorGroup; readonly states: number }>;
  /** Reads the groups one after the other. @throws StaleVectorsError */
  groups(
    makeStates: (group: VectorGroup, seed: number, count: number) => VectorState[],
  ): Iterable<RecordedGroup>;
}

/** For reading past results. */
const NO_STATE: VectorState = {
  gpr: new Uint32Array(32),
  rip: 0,
  eflags: 0,
  fx: new Uint8Array(FX.bytes),
  patches: [],
};

function readGroup(reader: Reader): VectorGroup {
  const bits = reader.u8() as 16 | 32 | 64;
  const offset = reader.u16();
  return { bits, offset, code: reader.take(reader.u8()) };
}

export function unpackVectors(bytes: Uint8Array): VectorFile {
  if (MAGIC.some((byte, n) => bytes[n] !== byte)) throw new RangeError('not a file of vectors');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as VectorHeader;
  const start = 8 + length;
  return {
    header,
    *counts() {
      const reader = new Reader(bytes);
      reader.at = start;
      while (!reader.done) {
        const group = readGroup(reader);
        const total = reader.varint();
        reader.u16();
        let states = 0;
        for (let n = 0; n < total; n++) if (readResult(reader, group, NO_STATE)) states++;
        yield { group, states };
      }
    },
    *groups(makeStates) {
      const reader = new Reader(bytes);
      reader.at = start;
      while (!reader.done) {
        const group = readGroup(reader);
        const states = makeStates(group, header.seed, reader.varint());
        if (reader.u16() !== checksum(states)) throw new StaleVectorsError(group);
        const results = states.map((state) => readResult(reader, group, state));
        yield { group, states, results };
      }
    },
  };
}

import { eflags, type Form } from '@trapgate/x86-decoder';
import { PLACES } from './hardware-places';
import { DESCRIPTOR_TABLES, loadDescriptorTables, writeDescriptorTables } from './hardware-segments';
import { StepMachine, type StepOutcome, type StepPage } from './step-machine';

export { PLACES };
/** FS: base and limit of a segment inside the data pages. */
export const SMALL_SEGMENT = { selector: 0x17, base: PLACES.data + 0x800, limit: 0x7ff } as const;
export const CODE_LIMIT = 80;
const INT3 = 0xcc;
/** GS of the recorder's process; its base is not the one here. */
const THREAD_SEGMENT = 0x63;

/** What the registers and memory are before the code runs. General registers in encoding order. */
export interface VectorCase {
  readonly gpr: readonly number[];
  readonly eflags: number;
  /** In 16-bit code: offset in the code pages. */
  readonly eip: number;
  readonly bits: 16 | 32;
  readonly code: Uint8Array;
  /** At most two runs of 16 bytes laid over the data pages. */
  readonly patches: readonly { readonly address: number; readonly bytes: Uint8Array }[];
}

/** What is seen when the first exception has ended the case: INT3 (`vector` 3) if none was raised before. */
export interface VectorResult {
  readonly gpr: readonly number[];
  readonly eflags: number;
  readonly eip: number;
  readonly vector: number;
  readonly error: number;
  readonly cr2: number;
  /** ES, CS, SS, DS, FS, GS; absent if they are not compared. */
  readonly selectors?: readonly number[];
  /** Bytes of the data pages that changed: address, value. */
  readonly changes: readonly (readonly [address: number, value: number])[];
}

/** The reproducible contents of the data pages: noise in the first half, zeros in the second. */
export function dataImage(): Uint8Array {
  const image = new Uint8Array(PLACES.dataBytes);
  let x = 0x12345678;
  for (let i = 0; i < image.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    image[i] = i < image.length / 2 ? x >>> 24 : 0;
  }
  return image;
}

/** Physical pages lie in the opposite order, so that nothing works by adjacency. */
const MIRROR = 0x80_0000 + PLACES.fixed + PLACES.fixedBytes;
const physicalPage = (linear: number): number => MIRROR - (linear & ~0xfff);

function pagesOf(address: number, bytes: number, writable: boolean): StepPage[] {
  return Array.from({ length: bytes / 0x1000 }, (_, n) => {
    const linear = address + 0x1000 * n;
    return { address: linear, physical: physicalPage(linear), writable };
  });
}

const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;
const REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const;

/** Runs vectors at CPL 3 with paging, as the recorder's process does. */
export class VectorMachine {
  readonly machine: StepMachine;
  private readonly image = dataImage();
  private readonly before = dataImage();

  /** @param cpl - 0 to run the same code in supervisor mode, where only page faults' user bits differ. */
  constructor(private readonly cpl: 0 | 3 = 3) {
    this.machine = new StepMachine({
      cpl,
      ramBytes: 16 << 20,
      pages: [
        ...pagesOf(PLACES.code, PLACES.codeBytes, true),
        ...pagesOf(PLACES.data, PLACES.dataBytes, true),
        ...pagesOf(PLACES.fixed, PLACES.fixedBytes, false),
        ...Object.values(DESCRIPTOR_TABLES).map((address) => ({ address, user: false })),
      ],
    });
    writeDescriptorTables(this.machine);
    this.write(PLACES.fixed, new Uint8Array(PLACES.fixedBytes).fill(0x5a));
  }

  /** Writes at a linear address, by pages. */
  private write(address: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const linear = address + at;
      const length = Math.min(bytes.length - at, 0x1000 - (linear & 0xfff));
      this.machine.memory.writeBytes(
        physicalPage(linear) + (linear & 0xfff),
        bytes.subarray(at, at + length),
      );
      at += length;
    }
  }

  private readData(): Uint8Array {
    const data = new Uint8Array(PLACES.dataBytes);
    for (let at = 0; at < data.length; at += 0x1000) {
      data.set(this.machine.memory.readBytes(physicalPage(PLACES.data + at), 0x1000), at);
    }
    return data;
  }

  private prepare(vector: VectorCase): void {
    const { machine, before } = this;
    const { registers } = machine;
    const dpl = this.cpl << 5;
    machine.reset();
    loadDescriptorTables(machine);
    registers.setSegment('fs', { ...SMALL_SEGMENT, attributes: 0x4093 | dpl });
    if (vector.bits === 16) {
      registers.setSegment('cs', {
        selector: 0x07,
        base: PLACES.code,
        limit: 0xffff,
        attributes: 0x9b | dpl,
      });
      for (const name of ['ss', 'ds', 'es'] as const) {
        registers.setSegment(name, {
          selector: 0x0f,
          base: PLACES.data,
          limit: 0xffff,
          attributes: 0x93 | dpl,
        });
      }
    } else {
      machine.setSegment('cs', { selector: 0x23 });
      for (const name of ['ss', 'ds', 'es'] as const) machine.setSegment(name, { selector: 0x2b });
    }
    machine.setSegment('gs', { selector: THREAD_SEGMENT });
    this.write(PLACES.code, new Uint8Array(PLACES.codeBytes).fill(INT3));
    this.write(PLACES.code + (vector.eip % PLACES.codeBytes), vector.code);
    before.set(this.image);
    for (const { address, bytes } of vector.patches) {
      bytes.forEach((byte, i) => {
        const at = address + i - PLACES.data;
        if (at >= 0 && at < before.length) before[at] = byte;
      });
    }
    this.write(PLACES.data, before);
    REGISTERS.forEach((name, n) => (registers[name] = vector.gpr[n]!));
    registers.eip = vector.bits === 16 ? vector.eip % PLACES.codeBytes : vector.eip;
    registers.eflags = vector.eflags | 0x202;
  }

  /** @param slice - instructions executed at a time. */
  run(vector: VectorCase, slice = 100_000): VectorResult {
    this.prepare(vector);
    const { machine, before } = this;
    const { registers } = machine;
    let outcome = machine.run(slice);
    for (let left = 100_000; left > 0 && outcome.kind === 'done'; left -= slice) outcome = machine.run(slice);
    const changes: [number, number][] = [];
    const after = this.readData();
    after.forEach((byte, i) => byte !== before[i] && changes.push([PLACES.data + i, byte]));
    const [vectorNumber, error] = exceptionOf(outcome);
    return {
      gpr: REGISTERS.map((name) => registers[name]),
      eflags: registers.eflags,
      eip: eipOf(outcome, vectorNumber, vector) ?? registers.eip,
      vector: vectorNumber,
      error,
      cr2: outcome.kind === 'fault' ? outcome.cr2 : 0,
      selectors: SEGMENTS.map((name) => registers.segment(name).selector),
      changes,
    };
  }
}

/** Without an IDT, INT n and INTO end in #GP with the vector's IDT reference as the error code (SDM vol. 3A, 6.13). */
function exceptionOf(outcome: StepOutcome): [vector: number, error: number] {
  if (outcome.kind === 'halted') return [98, 0];
  if (outcome.kind === 'done') return [99, 0];
  const { vector, error } = outcome;
  if (vector === 13 && (error & 7) === 2) return [error >> 3, 0];
  return [vector, Math.max(error, 0)];
}

/** The EIP that a handler sees: behind INT3 and INTO, which are traps (SDM vol. 3A, 6.5). */
function eipOf(outcome: StepOutcome, vector: number, { code }: VectorCase): number | undefined {
  if (outcome.kind !== 'fault') return undefined;
  return outcome.eip + (vector === 3 ? 1 : vector === 4 ? code.length : 0);
}

const { cf, of, sf, zf, af, pf } = eflags;
const COMPARED = cf | of | sf | zf | af | pf | eflags.df;

/** Flags that mean something after a form has run on a case: not those the manuals leave undefined. */
export function definedFlags(form: Form, vector: VectorCase, immediate: number): number {
  const undefinedFlags = form.flags.undefined;
  const last = form.operands.at(-1);
  const isShift = /^(sh[lr]d?|sar|ro[lr]|rc[lr])$/.test(form.mnemonic);
  if (!isShift || !last) return COMPARED & ~undefinedFlags;
  const count = (last.kind === 'one' ? 1 : last.kind === 'fixed' ? vector.gpr[1]! : immediate) & 31;
  if (count === 0) return COMPARED;
  const width = form.operands[0]!.size;
  let mask = COMPARED & ~undefinedFlags;
  if (count === 1) mask |= of;
  // The last bit shifted out is a bit of the operand only for counts up to its width.
  if (count > width && !/^r/.test(form.mnemonic)) mask &= ~cf;
  return mask;
}

/** The differences between what happened and what the processor did, in words; empty if there are none. */
export function differences(expected: VectorResult, actual: VectorResult, flags: number): string[] {
  const list: string[] = [];
  const hex = (value: number): string => (value >>> 0).toString(16);
  const check = (name: string, a: number, b: number): void => {
    if (a >>> 0 !== b >>> 0) list.push(`${name}: ${hex(b)}, should be ${hex(a)}`);
  };
  REGISTERS.forEach((name, n) => check(name, expected.gpr[n]!, actual.gpr[n]!));
  check('eflags', expected.eflags & flags, actual.eflags & flags);
  expected.selectors?.forEach((selector, n) => check(SEGMENTS[n]!, selector, actual.selectors![n]!));
  check('eip', expected.eip, actual.eip);
  check('vector', expected.vector, actual.vector);
  if (expected.vector === 14) {
    check('cr2', expected.cr2, actual.cr2);
    check('error', expected.error & 7, actual.error & 7);
  } else if (expected.vector > 9) check('error', expected.error, actual.error);
  const bytes = ({ changes }: VectorResult): string =>
    changes.map(([address, value]) => `${hex(address)}=${hex(value)}`).join(' ');
  if (bytes(expected) !== bytes(actual))
    list.push(`memory: ${bytes(actual) || '-'}, should be ${bytes(expected) || '-'}`);
  return list;
}

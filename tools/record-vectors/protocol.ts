import {
  CODE_LIMIT,
  type VectorCase,
  type VectorResult,
} from '../../packages/cpu/src/testing/hardware-vectors';

// The recorder's file formats: struct test and struct result in recorder.c.

const TEST_BYTES = 8 * 4 + 8 + 4 + CODE_LIMIT + 8 + 32;
const RESULT_WORDS = 17;

export function encodeCases(cases: readonly VectorCase[]): Uint8Array {
  const out = new Uint8Array(cases.length * TEST_BYTES);
  const view = new DataView(out.buffer);
  cases.forEach((vector, n) => {
    let at = n * TEST_BYTES;
    for (const value of [...vector.gpr, vector.eflags, vector.eip]) {
      view.setUint32(at, value, true);
      at += 4;
    }
    out[at] = vector.bits === 16 ? 1 : 0;
    out[at + 1] = vector.code.length;
    out.set(vector.code, at + 4);
    at += 4 + CODE_LIMIT;
    vector.patches.forEach(({ address, bytes }, i) => {
      view.setUint32(at + 4 * i, address, true);
      out.set(bytes.subarray(0, 16), at + 8 + 16 * i);
    });
  });
  return out;
}

export function decodeResults(bytes: Uint8Array): VectorResult[] {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  const list: VectorResult[] = [];
  for (let at = 0; at < words.length;) {
    const gpr = [...words.subarray(at, at + 8)];
    const [flags, eip, vector, error, cr2] = words.subarray(at + 8, at + 13) as unknown as number[];
    const selectors = [0, 1, 2, 3, 4, 5].map((n) => (words[at + 13 + (n >> 1)]! >> (16 * (n & 1))) & 0xffff);
    const count = words[at + RESULT_WORDS - 1];
    at += RESULT_WORDS;
    const changes: [number, number][] = [];
    for (let n = 0; n < count!; n++, at += 2) changes.push([words[at]!, words[at + 1]!]);
    list.push({
      gpr,
      eflags: flags!,
      eip: eip!,
      vector: vector!,
      error: error!,
      cr2: cr2!,
      selectors,
      changes,
    });
  }
  return list;
}

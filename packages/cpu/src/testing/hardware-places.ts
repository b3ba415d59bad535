/** Where vectors run: linear addresses, the same on the real processor (recorder.c) and here. */
export const PLACES = {
  /** Readable and executable, filled with INT3. */
  code: 0x40_0000,
  codeBytes: 0x2000,
  /** Writable: see {@link dataImage}. The pages before and behind are not mapped. */
  data: 0x50_0000,
  dataBytes: 0x4000,
  /** Read-only, filled with 5Ah. */
  fixed: 0x50_5000,
  fixedBytes: 0x1000,
} as const;

/** FS and GS of 16- and 32-bit code; in 64-bit code the base of GS. */
export const SMALL_SEGMENT = { selector: 0x17, base: PLACES.data + 0x800, limit: 0x7ff } as const;

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

const POLYNOMIAL = 0xedb88320;
/** Bytes that are taken at a time. */
const STRIDE = 8;

/**
 * The tables of CRC-32 (ISO 3309, as in zip and PNG), least significant bit first: the n-th is for a byte that n others
 * follow ("slicing by 8").
 */
function crcTables(): Int32Array[] {
  const tables = Array.from({ length: STRIDE }, () => new Int32Array(256));
  const [first] = tables as [Int32Array];
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    first[byte] = value;
  }
  for (let n = 1; n < STRIDE; n++) {
    for (let byte = 0; byte < 256; byte++) {
      const value = tables[n - 1]![byte]!;
      tables[n]![byte] = first[value & 0xff]! ^ (value >>> 8);
    }
  }
  return tables;
}

/** CRC-32, unsigned. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = crcTables() as [
    ...[Int32Array, Int32Array, Int32Array, Int32Array],
    ...[Int32Array, Int32Array, Int32Array, Int32Array],
  ];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let crc = -1;
  let at = 0;
  for (; at + STRIDE <= bytes.length; at += STRIDE) {
    const low = view.getInt32(at, true) ^ crc;
    const high = view.getInt32(at + 4, true);
    const older = t7[low & 0xff]! ^ t6[(low >>> 8) & 0xff]! ^ t5[(low >>> 16) & 0xff]! ^ t4[low >>> 24]!;
    crc = older ^ t3[high & 0xff]! ^ t2[(high >>> 8) & 0xff]! ^ t1[(high >>> 16) & 0xff]! ^ t0[high >>> 24]!;
  }
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

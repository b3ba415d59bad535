const POLYNOMIAL = 0xedb88320;

/** The table of CRC-32 (ISO 3309, as in zip and PNG), least significant bit first. */
function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    return value >>> 0;
  });
}

/** CRC-32 of all bytes of several pieces, unsigned. */
export function crc32(...pieces: readonly Uint8Array[]): number {
  const table = crcTable();
  let crc = -1;
  for (const bytes of pieces) {
    for (let n = 0; n < bytes.length; n++) crc = table[(crc ^ bytes[n]!) & 0xff]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

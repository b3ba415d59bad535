/**
 * The outside of a snapshot: 32 bytes of header and a compressed payload. All numbers are little-endian.
 *
 *   0  8 bytes  89 54 47 56 4D 0D 0A 1A: damaged by whatever changes line ends or strips bit 7, as PNG's
 *   8  u32      version of the container
 *  12  u32      CRC-32 of everything behind it
 *  16  u64      length of the compressed payload
 *  24  u64      length of the payload
 *  32           compressed payload: raw deflate (RFC 1951)
 */
import { SnapshotError } from '../errors';
import { nodeZlib } from '../virtual-machine/node-host';
import { crc32 } from './checksum';

const MAGIC = Uint8Array.of(0x89, 0x54, 0x47, 0x56, 0x4d, 0x0d, 0x0a, 0x1a);
const VERSION_AT = 8;
const CHECKSUM_AT = 12;
const LENGTH_AT = 16;
const PAYLOAD_LENGTH_AT = 24;
const HEADER_BYTES = 32;
export const CONTAINER_VERSION = 1;

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  return chunks;
}

async function compress(pieces: Iterable<Uint8Array>): Promise<{ chunks: Uint8Array[]; length: number }> {
  const { readable, writable } = new CompressionStream('deflate-raw');
  const output = collect(readable as ReadableStream<Uint8Array>);
  const writer = (writable as WritableStream<Uint8Array>).getWriter();
  let length = 0;
  for (const piece of pieces) {
    length += piece.length;
    await writer.write(piece);
  }
  await writer.close();
  return { chunks: await output, length };
}

/** Fills `out` with what comes out of raw deflate; false unless that is exactly its length. */
async function decompressInto(out: Uint8Array, compressed: Uint8Array): Promise<boolean> {
  const { readable, writable } = new DecompressionStream('deflate-raw');
  const writer = (writable as WritableStream<Uint8Array>).getWriter();
  // Errors of the writer are the reader's, too.
  writer.write(compressed).catch(() => {});
  writer.close().catch(() => {});
  const reader = (readable as ReadableStream<Uint8Array>).getReader();
  let at = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (at + next.value.length > out.length) {
      await reader.cancel().catch(() => {});
      return false;
    }
    out.set(next.value, at);
    at += next.value.length;
  }
  return at === out.length;
}

/** The `length` bytes that were compressed; null if there are more or fewer, or the data make no sense. */
async function decompress(compressed: Uint8Array, length: number): Promise<Uint8Array | null> {
  const zlib = nodeZlib();
  if (!zlib) {
    const out = new Uint8Array(length);
    return (await decompressInto(out, compressed).catch(() => false)) ? out : null;
  }
  return new Promise((resolve) => {
    // One piece, with room for the byte that would be too many.
    const options = { chunkSize: Math.max(length + 1, 64), maxOutputLength: length + 1 };
    zlib.inflateRaw(compressed, options, (error, out) =>
      resolve(error || out.length !== length ? null : new Uint8Array(out.buffer, out.byteOffset, length)),
    );
  });
}

/** A snapshot file of a payload that is given piece by piece. */
export async function pack(payload: Iterable<Uint8Array>): Promise<Uint8Array> {
  const { chunks, length } = await compress(payload);
  const compressedLength = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const file = new Uint8Array(HEADER_BYTES + compressedLength);
  const view = new DataView(file.buffer);
  file.set(MAGIC);
  view.setUint32(VERSION_AT, CONTAINER_VERSION, true);
  view.setBigUint64(LENGTH_AT, BigInt(compressedLength), true);
  view.setBigUint64(PAYLOAD_LENGTH_AT, BigInt(length), true);
  let at = HEADER_BYTES;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  view.setUint32(CHECKSUM_AT, crc32(file.subarray(LENGTH_AT)), true);
  return file;
}

function truncated(length: number, expected: number): SnapshotError {
  return new SnapshotError(
    'ERR_SNAPSHOT_TRUNCATED',
    `the snapshot is cut off: it has ${length} of ${expected} bytes`,
    { length, expected },
  );
}

function checkMagic(file: Uint8Array): void {
  const known = file.length > 0 && MAGIC.every((byte, n) => n >= file.length || file[n] === byte);
  if (known) return;
  const what = file.length === 0 ? 'the file is empty' : 'it begins with other bytes';
  throw new SnapshotError('ERR_SNAPSHOT_FORMAT', `this is no snapshot of a virtual machine: ${what}`);
}

/** The payload of a snapshot file, `most` bytes at most. Throws `SnapshotError`. */
export async function unpack(file: Uint8Array, most: number): Promise<Uint8Array> {
  checkMagic(file);
  if (file.length < HEADER_BYTES) throw truncated(file.length, HEADER_BYTES);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const version = view.getUint32(VERSION_AT, true);
  if (version > CONTAINER_VERSION) {
    throw new SnapshotError(
      'ERR_SNAPSHOT_NEWER',
      `the snapshot has format version ${version}; this program reads up to version ${CONTAINER_VERSION}`,
      { version, newest: CONTAINER_VERSION },
    );
  }
  const expected = HEADER_BYTES + Number(view.getBigUint64(LENGTH_AT, true));
  if (file.length < expected) throw truncated(file.length, expected);
  const damaged = (why: string): SnapshotError =>
    new SnapshotError('ERR_SNAPSHOT_DAMAGED', `the snapshot is damaged: ${why}`);
  if (file.length > expected) throw damaged('there are bytes behind its end');
  if (version < 1 || crc32(file.subarray(LENGTH_AT)) !== view.getUint32(CHECKSUM_AT, true))
    throw damaged('its checksum is wrong');
  const length = Number(view.getBigUint64(PAYLOAD_LENGTH_AT, true));
  if (length > most) throw damaged('it holds more than any machine has');
  const payload = await decompress(file.subarray(HEADER_BYTES), length).catch(() => null);
  if (!payload) throw damaged('it cannot be decompressed');
  return payload;
}

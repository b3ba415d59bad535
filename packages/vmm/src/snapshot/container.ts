/**
 * The outside of a snapshot: 24 bytes of header and a compressed payload. All numbers are little-endian.
 *
 *   0  8 bytes  89 54 47 56 4D 0D 0A 1A: damaged by whatever changes line ends or strips bit 7, as PNG's
 *   8  u32      version of the container
 *  12  u32      CRC-32 of everything behind it
 *  16  u64      length of the payload
 *  24           payload: raw deflate (RFC 1951)
 */
import { SnapshotError } from '../errors';
import { crc32 } from './checksum';

const MAGIC = Uint8Array.of(0x89, 0x54, 0x47, 0x56, 0x4d, 0x0d, 0x0a, 0x1a);
const VERSION_AT = 8;
const CHECKSUM_AT = 12;
const LENGTH_AT = 16;
const HEADER_BYTES = 24;
export const CONTAINER_VERSION = 1;

async function collect(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    length += next.value.length;
    if (length > most) {
      await reader.cancel().catch(() => {});
      throw new SnapshotError('ERR_SNAPSHOT_DAMAGED', 'the snapshot holds more than any machine has');
    }
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Sends pieces through a stream and gives what comes out. */
async function through(
  transform: { readonly readable: ReadableStream; readonly writable: WritableStream },
  pieces: Iterable<Uint8Array>,
  most: number,
): Promise<Uint8Array> {
  const output = collect(transform.readable as ReadableStream<Uint8Array>, most);
  const writer = (transform.writable as WritableStream<Uint8Array>).getWriter();
  const feed = async (): Promise<void> => {
    for (const piece of pieces) {
      await writer.ready;
      // An error of a write is the stream's, and `collect` reports that.
      writer.write(piece).catch(() => {});
    }
    await writer.close();
  };
  const fed = feed();
  fed.catch(() => {});
  const result = await output;
  await fed;
  return result;
}

/** A snapshot file of a payload that is given piece by piece. */
export async function pack(payload: Iterable<Uint8Array>): Promise<Uint8Array> {
  const compressed = await through(new CompressionStream('deflate-raw'), payload, Infinity);
  const file = new Uint8Array(HEADER_BYTES + compressed.length);
  const view = new DataView(file.buffer);
  file.set(MAGIC);
  view.setUint32(VERSION_AT, CONTAINER_VERSION, true);
  view.setBigUint64(LENGTH_AT, BigInt(compressed.length), true);
  file.set(compressed, HEADER_BYTES);
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
  try {
    return await through(new DecompressionStream('deflate-raw'), [file.subarray(HEADER_BYTES)], most);
  } catch (error) {
    throw error instanceof SnapshotError ? error : damaged('it cannot be decompressed');
  }
}

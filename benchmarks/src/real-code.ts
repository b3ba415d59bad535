import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A member of a gzipped newc archive (linux/Documentation/driver-api/early-userspace/buffer-format.rst). */
function archiveMember(archive: Buffer, path: string): Uint8Array {
  const headerBytes = 110;
  const aligned = (offset: number) => (offset + 3) & ~3;
  for (let at = 0; at + headerBytes <= archive.length;) {
    const field = (index: number) =>
      parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [fileBytes, nameBytes] = [field(6), field(11)];
    const name = archive.toString('latin1', at + headerBytes, at + headerBytes + nameBytes - 1);
    const data = aligned(at + headerBytes + nameBytes);
    if (name === path) return archive.subarray(data, data + fileBytes);
    at = aligned(data + fileBytes);
  }
  throw new Error(`the initramfs has no ${path}`);
}

/** The executable segments of a 32-bit little-endian ELF file, one after the other. */
function executableBytes(elf: Uint8Array): Uint8Array {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const [table, entryBytes, entries] = [
    view.getUint32(28, true),
    view.getUint16(42, true),
    view.getUint16(44, true),
  ];
  const isCode = (at: number) => view.getUint32(at, true) === 1 && (view.getUint32(at + 24, true) & 1) === 1;
  const segments = Array.from({ length: entries }, (_, index) => table + index * entryBytes)
    .filter(isCode)
    .map((at) => [view.getUint32(at + 4, true), view.getUint32(at + 16, true)] as const)
    .map(([offset, length]) => elf.subarray(offset, offset + length));
  return new Uint8Array(Buffer.concat(segments));
}

/** Real 32-bit code that a compiler made: Debian's busybox, out of the initramfs. */
export function realCode(initramfs: string): Uint8Array {
  return executableBytes(archiveMember(gunzipSync(readFileSync(initramfs)), 'bin/busybox'));
}

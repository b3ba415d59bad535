/**
 * Archives in the "newc" cpio format, which the Linux kernel unpacks as its initramfs
 * (linux/Documentation/driver-api/early-userspace/buffer-format.rst). All numbers are eight hexadecimal
 * digits; names and contents are padded to multiples of four bytes.
 */

/** One member of an archive. `path` is relative, without a leading or trailing slash. */
export type CpioEntry =
  | { kind: 'directory'; path: string; mode?: number }
  | { kind: 'file'; path: string; contents: Uint8Array; mode?: number }
  | { kind: 'symlink'; path: string; target: string }
  | { kind: 'character-device'; path: string; major: number; minor: number; mode?: number };

/** An entry that the format cannot hold. */
export class CpioEntryError extends Error {
  override readonly name = 'CpioEntryError';
  readonly code = 'CPIO_ENTRY';
  constructor(
    readonly path: string,
    problem: string,
  ) {
    super(`cpio entry '${path}': ${problem}`);
  }
}

const MAGIC = '070701';
const TRAILER = 'TRAILER!!!';
/** Archives are padded to this many bytes, as cpio(1) does. */
const BLOCK_BYTES = 512;
const MAX_FILE_BYTES = 0xffff_ffff;
/** The kernel refuses longer names (PATH_MAX). */
const MAX_NAME_BYTES = 4096;

/** The file type bits of `st_mode`, inode(7). */
const FILE_TYPE = { directory: 0o040000, file: 0o100000, symlink: 0o120000, 'character-device': 0o020000 };
const DEFAULT_PERMISSIONS = { directory: 0o755, file: 0o644, symlink: 0o777, 'character-device': 0o600 };

const encoder = /* @__PURE__ */ new TextEncoder();

interface Header {
  inode: number;
  mode: number;
  links: number;
  fileBytes: number;
  major: number;
  minor: number;
}

/**
 * Writes `entries`, in the given order, as a newc archive. The bytes depend on the entries alone: owner and group
 * are 0, times are 0, inodes count from 1.
 *
 * @throws CpioEntryError for an empty, absolute, overlong, repeated or otherwise unfit path, or oversized contents
 */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const seen = new Set<string>();
  entries.forEach((entry, index) => {
    checkPath(entry.path, seen);
    const data = contentsOf(entry);
    if (data.length > MAX_FILE_BYTES)
      throw new CpioEntryError(entry.path, `${data.length} bytes are too many`);
    const device = entry.kind === 'character-device' ? entry : { major: 0, minor: 0 };
    pushMember(parts, entry.path, data, {
      inode: index + 1,
      mode: modeOf(entry),
      links: entry.kind === 'directory' ? 2 : 1,
      fileBytes: data.length,
      major: device.major,
      minor: device.minor,
    });
  });
  pushMember(parts, TRAILER, new Uint8Array(0), {
    inode: 0,
    mode: 0,
    links: 1,
    fileBytes: 0,
    major: 0,
    minor: 0,
  });
  return joinPadded(parts, BLOCK_BYTES);
}

function checkPath(path: string, seen: Set<string>): void {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new CpioEntryError(path, "a path must be relative and without empty, '.' or '..' parts");
  }
  if (path.includes('\0') || path === TRAILER) throw new CpioEntryError(path, 'not a usable name');
  if (encoder.encode(path).length >= MAX_NAME_BYTES) throw new CpioEntryError(path, 'the name is too long');
  if (seen.has(path)) throw new CpioEntryError(path, 'the path appears twice');
  seen.add(path);
}

function contentsOf(entry: CpioEntry): Uint8Array {
  if (entry.kind === 'file') return entry.contents;
  if (entry.kind === 'symlink') return encoder.encode(entry.target);
  return new Uint8Array(0);
}

function modeOf(entry: CpioEntry): number {
  const permissions = 'mode' in entry ? entry.mode : undefined;
  return FILE_TYPE[entry.kind] | (permissions ?? DEFAULT_PERMISSIONS[entry.kind]);
}

function pushMember(parts: Uint8Array[], path: string, data: Uint8Array, header: Header): void {
  const name = encoder.encode(`${path}\0`);
  const fields = [
    header.inode,
    header.mode,
    0, // uid
    0, // gid
    header.links,
    0, // mtime
    header.fileBytes,
    0, // major and minor of the device the file was on
    0,
    header.major,
    header.minor,
    name.length,
    0, // checksum: newc has none
  ];
  const text = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  parts.push(padTo4(encoder.encode(text), name), padTo4(data));
}

function padTo4(...pieces: Uint8Array[]): Uint8Array {
  return joinPadded(pieces, 4);
}

function joinPadded(pieces: readonly Uint8Array[], multiple: number): Uint8Array {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const joined = new Uint8Array(Math.ceil(length / multiple) * multiple);
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}

import { ByteWriter } from '../byte-writer';

/** The parts of a bzImage that its loader reads. */
export interface BzImageParts {
  readonly setupSectors?: number;
  readonly system?: Uint8Array;
  readonly version?: number;
  readonly loadFlags?: number;
  readonly initrdAddressMax?: number;
  readonly commandLineSize?: number;
  readonly preferredAddress?: number;
  readonly initSize?: number;
}

/** A bzImage with the header of a Linux 6.1 i386 kernel, whose system part is `system`. */
export function bzImage(parts: BzImageParts = {}): Uint8Array {
  const sectors = parts.setupSectors ?? 2;
  const system = parts.system ?? new Uint8Array(1600).fill(0xf4);
  const setup = (sectors + 1) * 512;
  const out = new ByteWriter(setup + Math.ceil(system.length / 16) * 16);
  out
    .u8(0x1f1, sectors)
    .u32(0x1f4, Math.ceil(system.length / 16))
    .u16(0x1fe, 0xaa55);
  out
    .u8(0x200, 0xeb)
    .u8(0x201, 0x6a)
    .ascii(0x202, 'HdrS')
    .u16(0x206, parts.version ?? 0x020f);
  out.u8(0x211, parts.loadFlags ?? 0x01).u32(0x214, 0x100000);
  out
    .u32(0x22c, parts.initrdAddressMax ?? 0x37ffffff)
    .u32(0x230, 0x200000)
    .u8(0x234, 1);
  out.u32(0x238, parts.commandLineSize ?? 2047);
  out.u64(0x258, parts.preferredAddress ?? 0x1000000).u32(0x260, parts.initSize ?? 0x1000000);
  return out.set(setup, system).bytes;
}

/** Fields of a Multiboot header with address fields; the header sits at file offset `at`. */
export interface MultibootParts {
  readonly flags?: number;
  readonly at?: number;
  readonly length?: number;
  readonly loadAddress?: number;
  readonly headerAddress?: number;
  readonly loadEnd?: number;
  readonly bssEnd?: number;
  readonly entry?: number;
}

/** A flat Multiboot image. */
export function multibootImage(parts: MultibootParts = {}): Uint8Array {
  const at = parts.at ?? 0;
  const flags = parts.flags ?? 0x10003;
  const load = parts.loadAddress ?? 0x100000;
  const out = new ByteWriter(parts.length ?? 64);
  out
    .u32(at, 0x1badb002)
    .u32(at + 4, flags)
    .u32(at + 8, -(0x1badb002 + flags));
  out
    .u32(at + 12, parts.headerAddress ?? load + at)
    .u32(at + 16, load)
    .u32(at + 20, parts.loadEnd ?? 0);
  out.u32(at + 24, parts.bssEnd ?? 0).u32(at + 28, parts.entry ?? load + at + 32);
  return out.bytes;
}

/** One loadable segment of an ELF file. */
export interface ElfSegment {
  readonly virtual: number;
  readonly physical: number;
  readonly bytes: Uint8Array;
  readonly memorySize?: number;
}

/** An ELF-32 executable for the 80386. */
export function elfImage(entry: number, segments: readonly ElfSegment[]): Uint8Array {
  const headers = 52 + 32 * segments.length;
  const length = segments.reduce((sum, segment) => sum + segment.bytes.length, headers);
  const out = new ByteWriter(length).u32(0, 0x464c457f).u8(4, 1).u8(5, 1).u8(6, 1);
  out.u16(0x10, 2).u16(0x12, 3).u32(0x14, 1).u32(0x18, entry).u32(0x1c, 52);
  out.u16(0x28, 52).u16(0x2a, 32).u16(0x2c, segments.length);
  let offset = headers;
  segments.forEach((segment, index) => {
    const at = 52 + 32 * index;
    out
      .u32(at, 1)
      .u32(at + 4, offset)
      .u32(at + 8, segment.virtual)
      .u32(at + 12, segment.physical);
    out.u32(at + 16, segment.bytes.length).u32(at + 20, segment.memorySize ?? segment.bytes.length);
    out.set(offset, segment.bytes);
    offset += segment.bytes.length;
  });
  return out.bytes;
}

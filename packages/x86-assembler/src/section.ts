import type { AddressBase } from './value';

/** Bytes and reservations of one section; offsets count from its start. */
export class Section {
  /** Where the section's labels are (`vstart`), and where it lies in the file's address space (`start`). */
  readonly base: AddressBase;
  readonly loadBase: AddressBase;
  noBits: boolean;
  /** Bytes; 0: not stated, which means 4 for all but the first section. */
  alignment = 0;
  start: bigint | undefined;
  vstart: bigint | undefined;
  follows = '';
  offset = 0;
  private data = new Uint8Array(256);

  constructor(readonly name: string) {
    this.base = { name, address: 0n };
    this.loadBase = { name: `start of ${name}`, address: 0n };
    this.noBits = name === '.bss';
  }

  rewind(): void {
    this.offset = 0;
    this.start = this.vstart = undefined;
    this.follows = '';
  }

  append(bytes: Uint8Array): void {
    const end = this.offset + bytes.length;
    if (!this.noBits) {
      if (end > this.data.length) this.grow(end);
      this.data.set(bytes, this.offset);
    }
    this.offset = end;
  }

  /** Leaves room; the file has zeros there. */
  reserve(count: number): void {
    const end = this.offset + count;
    if (!this.noBits) {
      if (end > this.data.length) this.grow(end);
      this.data.fill(0, this.offset, end);
    }
    this.offset = end;
  }

  get bytes(): Uint8Array {
    return this.data.subarray(0, this.offset);
  }

  private grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.data.length * 2));
    larger.set(this.data);
    this.data = larger;
  }
}

/** An address or size that a layout cannot give; the message says which section. */
export class LayoutError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LayoutError';
  }
}

/** Sections with contents in the order of the file: .text first, then as they appear, each after the one it follows. */
export function fileOrder(sections: Iterable<Section>): Section[] {
  const order: Section[] = [];
  const waiting: Section[] = [];
  for (const section of sections) {
    if (section.noBits) continue;
    if (section.follows) waiting.push(section);
    else if (section.name === '.text') order.unshift(section);
    else order.push(section);
  }
  for (let rounds = waiting.length; waiting.length > 0 && rounds >= 0; rounds--) {
    for (const section of [...waiting]) {
      const at = order.findIndex(({ name }) => name === section.follows);
      if (at < 0) continue;
      order.splice(at + 1, 0, section);
      waiting.splice(waiting.indexOf(section), 1);
    }
  }
  if (waiting[0])
    throw new LayoutError(
      `section ${waiting[0].name} follows '${waiting[0].follows}', which is no section with contents`,
    );
  return order;
}

/**
 * Gives every section its addresses from its present size: those with contents one after the other from `origin`,
 * then those without (.bss). Returns true if any address changed.
 */
export function layOut(sections: Iterable<Section>, origin: bigint): boolean {
  const all = [...sections];
  let changed = false;
  let cursor = origin;
  let virtualEnd = origin;
  const place = (section: Section, start: bigint, vstart: bigint) => {
    if (section.loadBase.address !== start || section.base.address !== vstart) changed = true;
    section.loadBase.address = start;
    section.base.address = vstart;
    virtualEnd = vstart + BigInt(section.offset);
  };
  fileOrder(all).forEach((section, index) => {
    const start = section.start ?? alignUp(cursor, section.alignment || (index === 0 ? 1 : 4));
    if (start < cursor)
      throw new LayoutError(
        `section ${section.name} starts at 0x${start.toString(16)}, inside the section before it`,
      );
    place(section, start, section.vstart ?? start);
    cursor = start + BigInt(section.offset);
  });
  for (const section of all) {
    if (!section.noBits) continue;
    const start = section.vstart ?? section.start ?? alignUp(virtualEnd, section.alignment || 4);
    place(section, section.start ?? start, start);
  }
  return changed;
}

function alignUp(value: bigint, alignment: number): bigint {
  const step = BigInt(alignment);
  return ((value + step - 1n) / step) * step;
}

/** The flat image: sections with contents at their load addresses, zeros between them. */
export function joinSections(sections: Iterable<Section>, origin: bigint): Uint8Array {
  const order = fileOrder(sections);
  const last = order[order.length - 1];
  if (!last) return new Uint8Array(0);
  const image = new Uint8Array(Number(last.loadBase.address - origin) + last.offset);
  for (const section of order) image.set(section.bytes, Number(section.loadBase.address - origin));
  return image;
}

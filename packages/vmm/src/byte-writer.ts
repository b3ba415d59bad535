/** A little-endian structure of fixed length, filled by offset (ACPI tables, the zero page, boot information). */
export class ByteWriter {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
  }

  u8(offset: number, value: number): this {
    this.view.setUint8(offset, value);
    return this;
  }

  u16(offset: number, value: number): this {
    this.view.setUint16(offset, value, true);
    return this;
  }

  u32(offset: number, value: number): this {
    this.view.setUint32(offset, value, true);
    return this;
  }

  /** A 64-bit field from a non-negative safe integer. */
  u64(offset: number, value: number): this {
    this.view.setUint32(offset, value % 2 ** 32, true);
    this.view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
    return this;
  }

  /** One byte per character, without a terminator. */
  ascii(offset: number, text: string): this {
    for (let i = 0; i < text.length; i++) this.view.setUint8(offset + i, text.charCodeAt(i));
    return this;
  }

  set(offset: number, bytes: Uint8Array): this {
    this.bytes.set(bytes, offset);
    return this;
  }
}

/** A view for reading little-endian fields of `bytes`, which may be part of a larger buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Text as bytes, UTF-8 (ASCII stays itself). */
export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

import { i32, i64, type I32, type I64 } from './expressions';
import type { FunctionBuilder } from './function';

/** One field of a layout: its name, width in bits, how many there are, and where it is documented. */
export interface FieldRow {
  readonly name: string;
  readonly width: 8 | 16 | 32 | 64 | 80 | 128;
  readonly count?: number;
  /** A fixed byte offset (hardware layouts such as the VMCB); otherwise the next one that is aligned. */
  readonly offset?: number;
  readonly source?: string;
}

/** A field with its place. */
export interface Field {
  readonly name: string;
  readonly width: number;
  readonly count: number;
  /** Byte offset from the base of the layout. */
  readonly offset: number;
  /** Bytes from one element to the next. */
  readonly stride: number;
  readonly source: string;
}

/** A table of fields that contradicts itself. */
export class LayoutError extends Error {
  readonly code = 'LAYOUT';
  override readonly name = 'LayoutError';
}

/** Fields of a block of linear memory, declared once; readers, writers and emitters derive from them. */
export class Layout<Name extends string = string> {
  readonly fields: ReadonlyMap<Name, Field>;
  /** Byte offset of every field (of its first element), for code that reads the block from JavaScript. */
  readonly at: Readonly<Record<Name, number>>;
  /** Total size in bytes, a multiple of 16. */
  readonly size: number;

  constructor(rows: readonly (FieldRow & { readonly name: Name })[]) {
    const fields = new Map<Name, Field>();
    let next = 0;
    for (const row of rows) {
      const stride = row.width === 80 ? 16 : row.width / 8;
      const offset = row.offset ?? Math.ceil(next / stride) * stride;
      if (fields.has(row.name)) throw new LayoutError(`two fields are called ${row.name}`);
      if (offset < next) throw new LayoutError(`${row.name} at ${offset} overlaps the field before it`);
      const count = row.count ?? 1;
      fields.set(row.name, {
        name: row.name,
        width: row.width,
        count,
        offset,
        stride,
        source: row.source ?? '',
      });
      next = offset + stride * count;
    }
    this.fields = fields;
    this.at = Object.fromEntries([...fields].map(([name, field]) => [name, field.offset])) as Record<
      Name,
      number
    >;
    this.size = Math.ceil(next / 16) * 16;
  }

  field(name: Name): Field {
    const field = this.fields.get(name);
    if (!field) throw new LayoutError(`no field is called ${name}`);
    return field;
  }

  /** Byte offset of a field, or of one element of it. */
  offset(name: Name, element = 0): number {
    const field = this.field(name);
    if (element < 0 || element >= field.count)
      throw new LayoutError(`${name} has ${field.count} elements, not ${element + 1}`);
    return field.offset + element * field.stride;
  }

  /** Loads a field of at most 32 bits, zero-extended, in generated code. */
  load32(base: I32, name: Name, element = 0): I32 {
    const field = this.field(name);
    const offset = this.offset(name, element);
    if (field.width === 8) return i32.load8U(base, offset);
    if (field.width === 16) return i32.load16U(base, offset);
    return i32.load(base, offset);
  }

  load64(base: I32, name: Name, element = 0): I64 {
    return i64.load(base, this.offset(name, element));
  }

  /** Stores the low bits of an i32 into a field of at most 32 bits (or the low half of a wider one). */
  store32(fn: FunctionBuilder, base: I32, name: Name, value: I32, element = 0): void {
    const { width } = this.field(name);
    const operation = width === 8 ? 'i32.store8' : width === 16 ? 'i32.store16' : 'i32.store';
    fn.store(operation, base, value, this.offset(name, element));
  }

  store64(fn: FunctionBuilder, base: I32, name: Name, value: I64, element = 0): void {
    fn.store('i64.store', base, value, this.offset(name, element));
  }
}

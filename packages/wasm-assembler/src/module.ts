import { ByteWriter } from './byte-writer';
import { FunctionEncoder, valueTypeCode } from './encode';
import type { Signature } from './expressions';
import { FunctionBuilder, type FunctionRef } from './function';

interface Import {
  readonly module: string;
  readonly name: string;
  readonly ref: FunctionRef;
}

interface Encoded {
  readonly body: ByteWriter;
  readonly hints: FunctionEncoder['hints'];
}

/** Builds a WebAssembly module that imports one memory (and perhaps a table) and defines functions. */
export class ModuleBuilder {
  private readonly types: Signature[] = [];
  private readonly typeNumbers = new Map<string, number>();
  private readonly imports: Import[] = [];
  private readonly functions: FunctionBuilder[] = [];
  private readonly encoded = new Map<FunctionBuilder, Encoded>();
  private readonly exports: { name: string; index: number }[] = [];
  private tableName: string | undefined;
  private tableRoom = 0;
  private secondTable: { name: string; room: number } | undefined;
  private readonly elements: FunctionRef[] = [];
  private importedTable: { module: string; name: string; minimum: number } | undefined;
  private memory: { module: string; name: string; minimum: number; maximum: number } | undefined;

  /** Imports the machine's one linear memory; sizes in pages of 64 KB. */
  importMemory(module: string, name: string, minimum: number, maximum: number): void {
    this.memory = { module, name, minimum, maximum };
  }

  /** Imports the table that call_indirect and return_call_indirect go through; a module has one, its own or this. */
  importTable(module: string, name: string, minimum: number): void {
    this.importedTable = { module, name, minimum };
  }

  /** Imports must come before the first function (they take the lower indices). */
  importFunction(module: string, name: string, signature: Signature): FunctionRef {
    if (this.functions.length > 0)
      throw new Error(`import ${name} comes after a function; imports come first`);
    const ref = { name, signature, index: this.imports.length };
    this.imports.push({ module, name, ref });
    return ref;
  }

  function(name: string, signature: Signature, options: { exported?: boolean } = {}): FunctionBuilder {
    const fn = new FunctionBuilder(name, signature, this.imports.length + this.functions.length);
    this.functions.push(fn);
    if (options.exported) this.exports.push({ name, index: fn.index });
    return fn;
  }

  /** Exports a function under a name of its own. */
  export(fn: FunctionRef, name: string = fn.name): void {
    this.exports.push({ name, index: fn.index });
  }

  /** Exports the module's own table, which has no maximum; `room` further slots start empty. */
  exportTable(name: string, room = 0): void {
    this.tableName = name;
    this.tableRoom = room;
  }

  /** Exports a further table, which starts with `room` empty slots; its number is 1. The module's own table must have elements. */
  exportSecondTable(name: string, room: number): void {
    this.secondTable = { name, room };
  }

  /** Gives the function the next slot of the module's own table, for call_indirect; returns the slot. */
  addToTable(fn: FunctionRef): number {
    return this.elements.push(fn) - 1;
  }

  /**
   * Encodes a function whose body is complete and forgets the body. Optional: finish does it for the others; but thousands
   * of expressions that die young cost far less than as many that are kept.
   */
  close(fn: FunctionBuilder): void {
    if (this.encoded.has(fn)) throw new Error(`the function ${fn.name} is closed already`);
    this.encoded.set(fn, this.encode(fn));
    fn.body.length = 0;
  }

  private encode(fn: FunctionBuilder): Encoded {
    const encoder = new FunctionEncoder((signature) => this.typeIndex(signature));
    return { body: encoder.encode(fn), hints: encoder.hints };
  }

  private typeIndex(signature: Signature): number {
    const key = `${signature.params.join()}:${signature.results.join()}`;
    let index = this.typeNumbers.get(key);
    if (index === undefined) {
      index = this.types.push(signature) - 1;
      this.typeNumbers.set(key, index);
    }
    return index;
  }

  /**
   * The module's bytes, and how long each function's body is (for size budgets). With `names`, the functions' names are
   * included for profilers and debuggers.
   */
  finish(options: { readonly names?: boolean } = {}): {
    bytes: Uint8Array<ArrayBuffer>;
    sizes: ReadonlyMap<string, number>;
  } {
    const sizes = new Map<string, number>();
    const hints = new Map<number, Encoded['hints']>();
    const code = new ByteWriter();
    code.unsigned(this.functions.length);
    for (const fn of this.functions) {
      const { body, hints: own } = this.encoded.get(fn) ?? this.encode(fn);
      if (own.length > 0) hints.set(fn.index, own);
      sizes.set(fn.name, body.length);
      code.sized(body);
    }
    const importSection = this.importSection();
    const functionSection = this.functionSection();
    const out = new ByteWriter();
    out.append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    const section = (id: number, content: ByteWriter | undefined): void => {
      if (!content) return;
      out.byte(id);
      out.sized(content);
    };
    section(1, this.typeSection());
    section(2, importSection);
    section(3, functionSection);
    section(4, this.tableSection());
    section(7, this.exportSection());
    section(9, this.elementSection());
    section(0, hints.size > 0 ? this.branchHints(hints) : undefined);
    section(10, code);
    section(0, options.names ? this.nameSection() : undefined);
    return { bytes: out.finish(), sizes };
  }

  private typeSection(): ByteWriter {
    const out = new ByteWriter();
    out.unsigned(this.types.length);
    for (const { params, results } of this.types) {
      out.byte(0x60);
      for (const list of [params, results]) {
        out.unsigned(list.length);
        for (const type of list) out.byte(valueTypeCode(type));
      }
    }
    return out;
  }

  private importSection(): ByteWriter {
    const out = new ByteWriter();
    out.unsigned(this.imports.length + (this.memory ? 1 : 0) + (this.importedTable ? 1 : 0));
    if (this.memory) {
      out.name(this.memory.module);
      out.name(this.memory.name);
      out.append([0x02, 0x01]);
      out.unsigned(this.memory.minimum);
      out.unsigned(this.memory.maximum);
    }
    if (this.importedTable) {
      out.name(this.importedTable.module);
      out.name(this.importedTable.name);
      out.append([0x01, 0x70, 0x00]);
      out.unsigned(this.importedTable.minimum);
    }
    for (const { module, name, ref } of this.imports) {
      out.name(module);
      out.name(name);
      out.byte(0x00);
      out.unsigned(this.typeIndex(ref.signature));
    }
    return out;
  }

  private functionSection(): ByteWriter {
    const out = new ByteWriter();
    out.unsigned(this.functions.length);
    for (const fn of this.functions) out.unsigned(this.typeIndex(fn.signature));
    return out;
  }

  private tableSection(): ByteWriter | undefined {
    if (this.elements.length === 0) return undefined;
    const out = new ByteWriter();
    out.append([this.secondTable ? 2 : 1, 0x70, 0x00]);
    out.unsigned(this.elements.length + this.tableRoom);
    if (this.secondTable) {
      out.append([0x70, 0x00]);
      out.unsigned(this.secondTable.room);
    }
    return out;
  }

  private exportSection(): ByteWriter {
    const out = new ByteWriter();
    const tables = [this.tableName, this.secondTable?.name];
    out.unsigned(this.exports.length + tables.filter((name) => name !== undefined).length);
    for (const { name, index } of this.exports) {
      out.name(name);
      out.byte(0x00);
      out.unsigned(index);
    }
    tables.forEach((name, number) => {
      if (name === undefined) return;
      out.name(name);
      out.append([0x01, number]);
    });
    return out;
  }

  /** Core specification, appendix "Name Section": function names. */
  private nameSection(): ByteWriter {
    const names = new ByteWriter();
    names.unsigned(this.functions.length);
    for (const fn of this.functions) {
      names.unsigned(fn.index);
      names.name(fn.name);
    }
    const out = new ByteWriter();
    out.name('name');
    out.byte(1);
    out.sized(names);
    return out;
  }

  /** The branch hinting proposal: a custom section, which engines without it pass over. */
  private branchHints(functions: ReadonlyMap<number, Encoded['hints']>): ByteWriter {
    const out = new ByteWriter();
    out.name('metadata.code.branch_hint');
    out.unsigned(functions.size);
    for (const [index, hints] of functions) {
      out.unsigned(index);
      out.unsigned(hints.length);
      for (const [offset, value] of hints) {
        out.unsigned(offset);
        out.unsigned(1);
        out.byte(value);
      }
    }
    return out;
  }

  private elementSection(): ByteWriter | undefined {
    if (this.elements.length === 0) return undefined;
    const out = new ByteWriter();
    out.append([1, 0x00, 0x41, 0x00, 0x0b]);
    out.unsigned(this.elements.length);
    for (const fn of this.elements) out.unsigned(fn.index);
    return out;
  }
}

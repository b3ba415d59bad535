// The part of the WebAssembly JavaScript API that the libraries use, declared here because TypeScript ships it
// only with the DOM's types. Structurally equal to those, so a consumer may use either.
type BufferSource = ArrayBufferView | ArrayBuffer;

declare namespace WebAssembly {
  interface CompileError extends Error {}
  interface LinkError extends Error {}
  interface RuntimeError extends Error {}
  const CompileError: { prototype: CompileError; new (message?: string): CompileError };
  const LinkError: { prototype: LinkError; new (message?: string): LinkError };
  const RuntimeError: { prototype: RuntimeError; new (message?: string): RuntimeError };

  interface Memory {
    readonly buffer: ArrayBuffer;
    /** @param delta - pages of 64 KiB. @returns the old size in pages. */
    grow(delta: number): number;
  }
  /** Sizes in pages of 64 KiB. */
  interface MemoryDescriptor {
    initial: number;
    maximum?: number;
    shared?: boolean;
  }
  const Memory: { prototype: Memory; new (descriptor: MemoryDescriptor): Memory };

  type TableKind = 'anyfunc' | 'externref';
  interface Table {
    readonly length: number;
    get(index: number): any;
    grow(delta: number, value?: any): number;
    set(index: number, value?: any): void;
  }
  interface TableDescriptor {
    element: TableKind;
    initial: number;
    maximum?: number;
  }
  const Table: { prototype: Table; new (descriptor: TableDescriptor, value?: any): Table };

  interface ValueTypeMap {
    anyfunc: Function;
    externref: any;
    f32: number;
    f64: number;
    i32: number;
    i64: bigint;
    v128: never;
  }
  type ValueType = keyof ValueTypeMap;
  interface GlobalDescriptor<T extends ValueType = ValueType> {
    mutable?: boolean;
    value: T;
  }
  interface Global<T extends ValueType = ValueType> {
    value: ValueTypeMap[T];
    valueOf(): ValueTypeMap[T];
  }
  const Global: {
    prototype: Global;
    new <T extends ValueType = ValueType>(
      descriptor: GlobalDescriptor<T>,
      value?: ValueTypeMap[T],
    ): Global<T>;
  };

  type ImportExportKind = 'function' | 'global' | 'memory' | 'table';
  interface ModuleExportDescriptor {
    kind: ImportExportKind;
    name: string;
  }
  interface ModuleImportDescriptor {
    kind: ImportExportKind;
    module: string;
    name: string;
  }
  type ExportValue = Function | Global | Memory | Table;
  type Exports = Record<string, ExportValue>;
  type ImportValue = ExportValue | number;
  type ModuleImports = Record<string, ImportValue>;
  type Imports = Record<string, ModuleImports>;

  interface Module {}
  const Module: {
    prototype: Module;
    new (bytes: BufferSource): Module;
    exports(module: Module): ModuleExportDescriptor[];
    imports(module: Module): ModuleImportDescriptor[];
  };
  interface Instance {
    readonly exports: Exports;
  }
  const Instance: { prototype: Instance; new (module: Module, imports?: Imports): Instance };

  function compile(bytes: BufferSource): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
  function validate(bytes: BufferSource): boolean;
}

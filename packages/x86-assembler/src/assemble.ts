import { AssemblyPass, type ListingLine, type ProgramState } from './assembly-pass';
import { AssemblerError, DiagnosticList, type Diagnostic, type SourceLocation } from './diagnostics';
import type { EncodedInstruction } from './encode';
import { Parser } from './parser';
import { Preprocessor } from './preprocessor';
import { joinSections, layOut, LayoutError } from './section';
import type { Action, Statement } from './statement';
import { resolve } from './value';

/** What a source may need besides itself. */
export interface AssemblerOptions {
  /** Linear address of the first byte until the source says `org`; default 0. */
  readonly origin?: number;
  /** Code size until the source says `bits`; default 16, as a boot sector's. */
  readonly bits?: 16 | 32 | 64;
  /** Names with numbers, as if the source began with `%define NAME value`. */
  readonly defines?: Readonly<Record<string, number>>;
  /** Gives the contents of a file named by `%include` or `incbin`; throws if there is none. */
  readonly files?: (name: string) => string | Uint8Array;
  /** Name of the source in diagnostics and listings; default 'source.asm'. */
  readonly fileName?: string;
  readonly format?: 'flat';
}

/** What `assemble` makes of a source. */
export interface AssembledProgram {
  /** The flat image, from `origin` to the end of the last section with contents (.bss is not in it). */
  readonly bytes: Uint8Array;
  readonly origin: number;
  /** Linear addresses of labels (local ones as `label.local`) and values of `equ` constants. */
  readonly symbols: ReadonlyMap<string, number>;
  readonly listing: readonly ListingLine[];
  readonly warnings: readonly Diagnostic[];
}

const MAXIMUM_PASSES = 200;

/** Assembles a program. Throws AssemblerError with every error of the source. */
export function assemble(source: string, options: AssemblerOptions = {}): AssembledProgram {
  const diagnostics = new DiagnosticList();
  const fileName = options.fileName ?? 'source.asm';
  const preprocessor = new Preprocessor(
    { defines: options.defines ?? {}, files: options.files },
    diagnostics,
  );
  const lines = preprocessor.process(source, fileName);
  const statements = new Parser(options.files, diagnostics).parse(lines);
  const place = { file: fileName, line: 1, column: 1 };
  const program = runPasses(statements, options, diagnostics, place);
  if (!program) throw new AssemblerError(inOrder(diagnostics.errors));
  return { ...program, warnings: inOrder(diagnostics.warnings) };
}

function runPasses(
  statements: readonly Statement[],
  options: AssemblerOptions,
  diagnostics: DiagnosticList,
  place: SourceLocation,
): Omit<AssembledProgram, 'warnings'> | undefined {
  const state: ProgramState = {
    sections: new Map(),
    symbols: new Map(),
    origin: BigInt(options.origin ?? 0),
  };
  const encoded = new Map<Action, EncodedInstruction>();
  const runPass = (final: boolean): AssemblyPass => {
    const pass = new AssemblyPass(state, options.bits ?? 16, final, diagnostics, encoded);
    pass.run(statements);
    return pass;
  };
  try {
    let settled = false;
    for (let passes = 0; !settled && passes < MAXIMUM_PASSES; passes++) {
      const { changed } = runPass(false);
      settled = !layOut(state.sections.values(), state.origin) && !changed;
    }
    const { listing } = runPass(true);
    if (!settled && diagnostics.errors.length === 0)
      throw new LayoutError('sizes do not settle; is one defined by itself?');
    if (diagnostics.errors.length > 0) return undefined;
    const symbols = new Map<string, number>();
    for (const [name, value] of state.symbols) symbols.set(name, Number(resolve(value, place).value));
    return {
      bytes: joinSections(state.sections.values(), state.origin),
      origin: Number(state.origin),
      symbols,
      listing,
    };
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    diagnostics.error(place, error.message);
    return undefined;
  }
}

/** Errors by place; the order of files is that of their first mention. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const files = [...new Set(diagnostics.map(({ file }) => file))];
  return [...diagnostics].sort(
    (left, right) =>
      files.indexOf(left.file) - files.indexOf(right.file) ||
      left.line - right.line ||
      left.column - right.column,
  );
}

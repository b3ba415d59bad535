/** A place in a source file; line and column count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The use of the macro whose body this is in: `macro 'name', used in file:line`. */
  readonly within?: string;
}

/** One thing that is wrong (or doubtful) in a source, with what would be right where that is known. */
export interface Diagnostic extends SourceLocation {
  readonly message: string;
}

/** `file:line:column: message`, the one-line form in which a diagnostic is shown to a person. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  return `${diagnostic.file}:${diagnostic.line}:${diagnostic.column}: ${diagnostic.message}`;
}

/** Thrown by `assemble`: every error of the source, in source order. */
export class AssemblerError extends Error {
  readonly code = 'assembly-failed';

  constructor(readonly errors: readonly Diagnostic[]) {
    super(errors.map(formatDiagnostic).join('\n'));
    this.name = 'AssemblerError';
  }
}

/** Carries one diagnostic from the place that found it to the statement loop, which collects them. */
export class SourceError extends Error {
  constructor(
    readonly location: SourceLocation,
    message: string,
  ) {
    super(message);
    this.name = 'SourceError';
  }
}

/** Errors and warnings found so far; the same text at the same place is kept once. */
export class DiagnosticList {
  readonly errors: Diagnostic[] = [];
  readonly warnings: Diagnostic[] = [];
  private readonly seen = new Set<string>();

  error(location: SourceLocation, message: string): void {
    this.add(this.errors, location, message);
  }

  warn(location: SourceLocation, message: string): void {
    this.add(this.warnings, location, message);
  }

  /** Runs `body`; a SourceError becomes an entry of the list and `undefined` is returned. */
  collect<T>(body: () => T): T | undefined {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.error(error.location, error.message);
      return undefined;
    }
  }

  private add(list: Diagnostic[], { file, line, column, within }: SourceLocation, text: string): void {
    const message = within ? `${text} (in ${within})` : text;
    const key = `${file}:${line}:${column}:${message}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    list.push({ file, line, column, message });
  }
}

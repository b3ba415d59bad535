import { SourceError } from './diagnostics';
import type { Token } from './lexer';

/** Gives the contents of a file that a source names; throws if there is none. */
export type FileReader = (name: string) => string | Uint8Array;

/** Reads a file that a source names; what the host's reader throws becomes an error at that name. */
export function readFile(files: FileReader | undefined, name: Token): string | Uint8Array {
  if (!files)
    throw new SourceError(
      name.location,
      `cannot read '${name.text}': no 'files' function was given to the assembler`,
    );
  try {
    return files(name.text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SourceError(name.location, `cannot read '${name.text}': ${reason}`);
  }
}

export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

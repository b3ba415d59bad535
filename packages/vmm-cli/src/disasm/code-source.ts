import { open } from 'node:fs/promises';
import type { InputStream } from '../command-context';
import { fileProblem } from '../run/file-problem';
import { UsageError } from '../usage-error';

/** Code in pieces of any size. */
export type CodeSource = AsyncIterable<Uint8Array>;

const CHUNK_BYTES = 1 << 16;

/**
 * The bytes that hexadecimal digits say; blanks and commas between bytes are left out.
 *
 * @throws UsageError for anything else
 */
export function hexChunks(text: string): CodeSource {
  const digits = text.replace(/[\s,]+/g, '');
  if (digits === '') throw new UsageError('-x needs at least one byte: -x 90');
  const wrong = /[^0-9a-f]/i.exec(digits)?.[0];
  if (wrong !== undefined)
    throw new UsageError(`-x ${text}: '${wrong}' is no hexadecimal digit; write bytes as 0f 0b`);
  if (digits.length % 2 !== 0) throw new UsageError(`-x ${text}: ${digits.length} digits; a byte has two`);
  return one(Uint8Array.from(Buffer.from(digits, 'hex')));
}

async function* one(bytes: Uint8Array): CodeSource {
  yield bytes;
}

/** @throws UsageError, when it is read, if the file cannot be read */
export async function* fileChunks(path: string): CodeSource {
  const problem = (error: unknown): UsageError => new UsageError(`${path}: ${fileProblem(error)}`);
  const file = await open(path, 'r').catch((error: unknown) => Promise.reject(problem(error)));
  try {
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const { bytesRead } = await file
        .read(chunk, 0, CHUNK_BYTES)
        .catch((error: unknown) => Promise.reject(problem(error)));
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

export async function* streamChunks(stream: InputStream): CodeSource {
  for await (const chunk of stream) yield chunk as Uint8Array;
}

/** A piece of a program that can be left out without harm to the rest: source text around other pieces. */
export interface Chunk {
  readonly before: string;
  readonly body: readonly Chunk[];
  readonly after: string;
}

export const line = (text: string): Chunk => ({ before: text, body: [], after: '' });

/** The source text of chunks, in order. */
export function sourceOf(chunks: readonly Chunk[]): string {
  return chunks
    .map(({ before, body, after }) =>
      [before, sourceOf(body), after].filter((text) => text !== '').join('\n'),
    )
    .join('\n');
}

/** Number of chunks, at all depths. */
export function sizeOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { body }) => sum + 1 + sizeOf(body), 0);
}

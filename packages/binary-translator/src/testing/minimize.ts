import { runCase, type LockstepCase } from './lockstep-run';
import { sizeOf, type Chunk } from './program-chunk';

const isDifferent = (test: LockstepCase): boolean => {
  try {
    return runCase(test).difference !== undefined;
  } catch (thrown) {
    // A program that does not assemble without the piece; whatever else is thrown is a finding too.
    return !/Assembler/.test((thrown as Error).name);
  }
};

/** The chunks with the nth (counted in order, at all depths) left out, or replaced by what is in it. */
function without(chunks: readonly Chunk[], n: number, keepBody: boolean): readonly Chunk[] {
  let left = n;
  const visit = (list: readonly Chunk[]): readonly Chunk[] =>
    list.flatMap((chunk) => {
      if (left-- === 0) return keepBody ? chunk.body : [];
      return left < 0 ? [chunk] : [{ ...chunk, body: visit(chunk.body) }];
    });
  return visit(chunks);
}

/**
 * A smaller case whose engines still differ: pieces of the program are left out one after the other. `limit` is cut to
 * just behind the difference first.
 */
export function minimize(test: LockstepCase, milliseconds: number): LockstepCase {
  const end = performance.now() + milliseconds;
  let best = test;
  for (let before = -1; before !== sizeOf(best.chunks) && performance.now() < end;) {
    before = sizeOf(best.chunks);
    for (let n = 0; n < sizeOf(best.chunks) && performance.now() < end;) {
      const smaller = [false, true]
        .map((keepBody) => ({ ...best, chunks: without(best.chunks, n, keepBody) }))
        .find((candidate) => sizeOf(candidate.chunks) < sizeOf(best.chunks) && isDifferent(candidate));
      if (smaller) best = smaller;
      else n++;
    }
  }
  return best;
}

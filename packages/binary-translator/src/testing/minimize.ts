import { runCase, type LockstepCase } from './lockstep-run';
import { sizeOf, type Chunk } from './program-chunk';

/** How a case fails: engines that differ, or what was thrown; undefined if it does not. */
function failureOf(test: LockstepCase): string | undefined {
  try {
    return runCase(test).difference && 'difference';
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

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

/** The same case, ending soon after the engines differ. */
function cut(test: LockstepCase): LockstepCase {
  try {
    const { difference } = runCase(test);
    return difference ? { ...test, limit: difference.from + 20_000 } : test;
  } catch {
    return test;
  }
}

/** A smaller case that fails in the same way: pieces of the program are left out one after the other. */
export function minimize(test: LockstepCase, milliseconds: number): LockstepCase {
  const end = performance.now() + milliseconds;
  const failure = failureOf(test);
  let best = cut(test);
  for (let before = -1; before !== sizeOf(best.chunks) && performance.now() < end;) {
    before = sizeOf(best.chunks);
    for (let n = 0; n < sizeOf(best.chunks) && performance.now() < end;) {
      const smaller = [false, true]
        .map((keepBody) => ({ ...best, chunks: without(best.chunks, n, keepBody) }))
        .find((one) => sizeOf(one.chunks) < sizeOf(best.chunks) && failureOf(one) === failure);
      if (smaller) best = smaller;
      else n++;
    }
  }
  return best;
}

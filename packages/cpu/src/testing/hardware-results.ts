/** Bytes of memory that changed. */
export interface MemoryRun {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What is seen when the first exception has ended a case: INT3 (`vector` 3) if none was raised before. */
export interface VectorResult {
  /** As in VectorState. */
  readonly gpr: Uint32Array;
  /** Low and high half. */
  readonly rip: readonly [low: number, high: number];
  readonly eflags: number;
  readonly vector: number;
  /** 0 if the vector has none. */
  readonly error: number;
  /** Low and high half; means something for vector 14 only. */
  readonly cr2: readonly [low: number, high: number];
  /** ES, CS, SS, DS, FS, GS. */
  readonly selectors: readonly number[];
  /** An FXSAVE image, if the state had one. */
  readonly fx: Uint8Array | undefined;
  readonly changes: readonly MemoryRun[];
}

const MOST_RUNS = 64;
const SMALLEST_GAP = 16;

/**
 * The runs of bytes that differ, in the order of addresses, as recorder.c finds them: gaps of less than 16 equal bytes
 * belong to a run, and the 64th run takes all that is left.
 */
export function changedRuns(
  before: ArrayLike<number>,
  after: Uint8Array,
  address: number,
  from = 0,
): MemoryRun[] {
  const runs: MemoryRun[] = [];
  const length = after.length;
  for (let i = from; i < length; i++) {
    if (after[i] === before[i]) continue;
    let end = i + 1;
    for (let last = end; end < length && (end - last < SMALLEST_GAP || runs.length === MOST_RUNS - 1); end++)
      if (after[end] !== before[end]) last = end + 1;
    while (after[end - 1] === before[end - 1]) end--;
    runs.push({ address: address + i, bytes: after.slice(i, end) });
    i = end;
  }
  return runs;
}

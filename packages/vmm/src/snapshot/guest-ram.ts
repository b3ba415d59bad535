import { MEMORY_MAP, VIDEO_WINDOW, type PhysicalMemory } from '@trapgate/mmu';

/** Pages of guest RAM that hold something: page number of the first, and how many follow each other. */
export type PageRun = readonly [first: number, count: number];

export const PAGE_BYTES = 0x1000;
const PAGE_WORDS = PAGE_BYTES / 4;
const FIRST_VIDEO_PAGE = VIDEO_WINDOW.first / PAGE_BYTES;
const VIDEO_PAGES = VIDEO_WINDOW.length / PAGE_BYTES;
/** Pieces of this size are handed to the compressor. */
const PIECE_PAGES = 256;

const isVideo = (page: number): boolean => page >= FIRST_VIDEO_PAGE && page < FIRST_VIDEO_PAGE + VIDEO_PAGES;

/** The runs of pages that are not all zeros. */
export function usedPages({ buffer, ramBytes }: PhysicalMemory): PageRun[] {
  const words = new Int32Array(buffer, MEMORY_MAP.ram, ramBytes / 4);
  const runs: [number, number][] = [];
  for (let page = 0; page < ramBytes / PAGE_BYTES; page++) {
    if (isVideo(page) || isZero(words, page * PAGE_WORDS)) continue;
    const last = runs.at(-1);
    if (last && last[0] + last[1] === page) last[1]++;
    else runs.push([page, 1]);
  }
  return runs;
}

function isZero(words: Int32Array, from: number): boolean {
  for (let n = from; n < from + PAGE_WORDS; n++) if (words[n] !== 0) return false;
  return true;
}

/** The bytes of the runs, piece by piece; views of the memory, which must stay as it is meanwhile. */
export function* pageBytes({ bytes }: PhysicalMemory, runs: readonly PageRun[]): Generator<Uint8Array> {
  for (const [first, count] of runs) {
    for (let page = first; page < first + count; page += PIECE_PAGES) {
      const at = MEMORY_MAP.ram + page * PAGE_BYTES;
      yield bytes.subarray(at, at + Math.min(PIECE_PAGES, first + count - page) * PAGE_BYTES);
    }
  }
}

/** Whether runs are in order, apart, and within `ramBytes`. */
export function runsFit(runs: unknown, ramBytes: number): runs is PageRun[] {
  if (!Array.isArray(runs)) return false;
  let next = 0;
  for (const run of runs as unknown[]) {
    if (!Array.isArray(run) || run.length !== 2) return false;
    const [first, count] = run as [number, number];
    if (!Number.isInteger(first) || !Number.isInteger(count) || first < next || count < 1) return false;
    next = first + count;
  }
  return next * PAGE_BYTES <= ramBytes;
}

/** Puts saved pages into memory and zeros everywhere else, which a memory that was never used needs not (`fresh`). */
export function restorePages(
  { bytes, ramBytes }: PhysicalMemory,
  runs: readonly PageRun[],
  saved: Uint8Array,
  fresh: boolean,
): void {
  if (!fresh) bytes.fill(0, MEMORY_MAP.ram, MEMORY_MAP.ram + ramBytes);
  let at = 0;
  for (const [first, count] of runs) {
    const length = count * PAGE_BYTES;
    bytes.set(saved.subarray(at, at + length), MEMORY_MAP.ram + first * PAGE_BYTES);
    at += length;
  }
}

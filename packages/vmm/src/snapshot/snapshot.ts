/** Snapshots: a machine's state as JSON with named fields, and the pages of its RAM that hold something. */
import { checkProcessorSnapshot, ProcessorSnapshotError } from '@trapgate/cpu';
import type { PhysicalMemory } from '@trapgate/mmu';
import type { BoardState } from '../board/board-state';
import { SnapshotError } from '../errors';
import { checkBoardState } from './check-state';
import { pack, unpack } from './container';
import { PAGE_BYTES, pageBytes, runsFit } from './guest-ram';
import { MACHINE_STATE_VERSION, type MachineState } from './machine-state';

const LENGTH_BYTES = 4;
const MOST_STATE_BYTES = 2 ** 28;
const MOST_RAM_BYTES = 2 ** 32;
const MOST_NANOSECONDS = 2 ** 53;

/** A snapshot that was read, and not looked at closely yet. */
export interface DecodedSnapshot {
  readonly state: MachineState;
  /** The pages' bytes, one run after the other. */
  readonly pages: Uint8Array;
}

/** A snapshot file. The memory must stay as it is until this resolves. */
export async function encodeSnapshot(state: MachineState, memory: PhysicalMemory): Promise<Uint8Array> {
  const json = new TextEncoder().encode(JSON.stringify(state));
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, json.length, true);
  function* payload(): Generator<Uint8Array> {
    yield length;
    yield json;
    yield* pageBytes(memory, state.pages);
  }
  return pack(payload());
}

function damaged(what: string): SnapshotError {
  return new SnapshotError('ERR_SNAPSHOT_DAMAGED', `the snapshot's ${what} makes no sense`, { what });
}

function parse(json: Uint8Array): MachineState {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)) as MachineState;
  } catch {
    throw damaged('state');
  }
}

function checkVersion(version: unknown, newest: number): void {
  if (typeof version !== 'number' || version < 1) throw damaged('version');
  if (version <= newest) return;
  throw new SnapshotError(
    'ERR_SNAPSHOT_NEWER',
    `the snapshot's state has version ${version}; this program reads up to version ${newest}`,
    { version, newest },
  );
}

function checkClock(clock: MachineState['clock'] | undefined): void {
  const { nanoseconds = -1, instructions } = clock ?? {};
  const inRange = (value: unknown): boolean =>
    typeof value === 'number' && value >= 0 && value <= MOST_NANOSECONDS;
  const counted =
    instructions === null ||
    (typeof instructions === 'object' &&
      inRange(instructions.skipped) &&
      inRange(instructions.nanosecondsPerInstruction));
  if (!inRange(nanoseconds) || !counted) throw damaged('clock');
  checkVersion(clock?.version, 1);
}

/** Reads a snapshot file. Throws `SnapshotError`. */
export async function decodeSnapshot(file: Uint8Array): Promise<DecodedSnapshot> {
  const payload = await unpack(file, MOST_RAM_BYTES + MOST_STATE_BYTES);
  if (payload.length < LENGTH_BYTES) throw damaged('length');
  const jsonLength = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
  const pagesAt = LENGTH_BYTES + jsonLength;
  if (jsonLength > MOST_STATE_BYTES || pagesAt > payload.length) throw damaged('length');
  const state = parse(payload.subarray(LENGTH_BYTES, pagesAt));
  if (typeof state !== 'object' || state === null) throw damaged('state');
  checkVersion(state.version, MACHINE_STATE_VERSION);
  const pages = payload.subarray(pagesAt);
  const { ramBytes, date } = state;
  if (!Number.isInteger(ramBytes) || ramBytes % 2 ** 20 !== 0 || !Number.isFinite(date))
    throw damaged('size');
  if (!runsFit(state.pages, ramBytes)) throw damaged('list of pages');
  const expected = state.pages.reduce((sum, [, count]) => sum + count * PAGE_BYTES, 0);
  if (pages.length !== expected) throw damaged('number of pages');
  checkClock(state.clock);
  return { state, pages };
}

/** The machine that a snapshot is to be restored into. */
export interface SnapshotTarget {
  readonly ramBytes: number;
  readonly model: string;
  /** The present state of the board, as a model of what it may be. */
  readonly board: BoardState;
}

/** Throws `SnapshotError` unless the snapshot fits the machine in every part. */
export function checkSnapshot({ state }: DecodedSnapshot, { ramBytes, model, board }: SnapshotTarget): void {
  if (state.ramBytes !== ramBytes) {
    const mib = (bytes: number): number => bytes / 2 ** 20;
    throw new SnapshotError(
      'ERR_SNAPSHOT_MACHINE',
      `the snapshot is of a machine with ${mib(state.ramBytes)} MiB of memory, this one has ${mib(ramBytes)}`,
      { found: state.ramBytes, expected: ramBytes },
    );
  }
  try {
    checkProcessorSnapshot(state.processor, model);
  } catch (error) {
    if (!(error instanceof ProcessorSnapshotError)) throw damaged('processor');
    const codes = {
      newer: 'ERR_SNAPSHOT_NEWER',
      model: 'ERR_SNAPSHOT_MACHINE',
      damaged: 'ERR_SNAPSHOT_DAMAGED',
    } as const;
    throw new SnapshotError(codes[error.reason], error.message);
  }
  checkBoardState(state.devices, board);
}

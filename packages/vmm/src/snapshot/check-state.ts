/**
 * Checks of a saved state before anything is restored from it. The checksum keeps accidents out; these keep out what
 * somebody has made up: no file may break the host, whatever it does to its guest.
 */
import { SnapshotError } from '../errors';
import type { BoardState } from '../board/board-state';

const MOST_BYTES_WAITING = 2 ** 24;

/** Values of numbers by their place, most specific first; `*` is any one name or index. */
const RANGES: readonly (readonly [place: string, least: number, most: number, whole: boolean])[] = [
  ['interrupts.*.lowestPriority', 0, 7, true],
  ['interrupts.*.*', 0, 0xff, true],
  ['timer.counters.*.mode', 0, 5, true],
  ['timer.counters.*.access', 1, 3, true],
  ['timer.counters.*.initial', 1, 0x1_0000, true],
  ['timer.counters.*.written', 1, 0x1_0000, true],
  ['timer.counters.*.*', -(2 ** 52), 2 ** 52, true],
  ['timer.*', 0, 2 ** 52, true],
  ['timer.timer.*', 0, 2 ** 52, true],
  ['clock.registers.*', 0, 0xff, true],
  ['clock.boundarySeconds', -(10 ** 11), 10 ** 11, true],
  ['clock.boundary', -(2 ** 53), 2 ** 53, false],
  ['clock.checked', -(2 ** 53), 2 ** 53, false],
  ['clock.*', -0xff, 0xff, true],
  ['serial.timeoutAt', 0, 2 ** 53, false],
  ['serial.received.*', 0, 0x100, true],
  ['serial.*', 0, 0xffff, true],
  ['serialInput.*', 0, 0xff, true],
  ['power.carries', 0, 2 ** 52, true],
  ['power.smi.*', 0, 0xff, true],
  ['pci.address', 0, 0xffff_ffff, true],
  ['*.config.*', 0, 0xff, true],
  ['keyboard.replies.*', 0, 0xffff, true],
  ['dma.*.channels.*.*', 0, 0xffff, true],
];
const DEFAULT_RANGE = ['', 0, 0xffff, true] as const;

/** Lists that may have another length than those of a machine that was just made. */
const OPEN_LISTS: Readonly<Record<string, number>> = {
  serialInput: MOST_BYTES_WAITING,
  'serial.received': 16,
  'keyboard.replies': 16,
  'keyboard.keyboard.replies': 16,
  'keyboard.keyboard.keys': 16,
};

const PHASES = ['idle', 'running', 'paused'];

function damaged(place: string): SnapshotError {
  return new SnapshotError('ERR_SNAPSHOT_DAMAGED', `the snapshot's ${place} makes no sense`, { place });
}

function rangeOf(place: string): readonly [string, number, number, boolean] {
  const names = place.split('.');
  const matches = ([pattern]: (typeof RANGES)[number]): boolean => {
    const parts = pattern.split('.');
    return parts.length === names.length && parts.every((part, n) => part === '*' || part === names[n]);
  };
  return RANGES.find(matches) ?? DEFAULT_RANGE;
}

function checkNumber(value: unknown, place: string): void {
  const [, least, most, whole] = rangeOf(place);
  const good = typeof value === 'number' && value >= least && value <= most;
  if (!good || (whole && !Number.isInteger(value))) throw damaged(place);
}

function checkList(value: unknown, model: readonly unknown[], place: string): void {
  if (!Array.isArray(value)) throw damaged(place);
  const most = OPEN_LISTS[place];
  if (most === undefined ? value.length !== model.length : value.length > most) throw damaged(place);
  const item = model[0] ?? 0;
  if (typeof item !== 'number') value.forEach((each, n) => check(each, item, `${place}.${n}`));
  else for (let n = 0; n < value.length; n++) checkNumber(value[n], `${place}.${most === undefined ? n : 0}`);
}

function checkObject(value: unknown, model: object, place: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged(place);
  const given = value as Record<string, unknown>;
  for (const [name, part] of Object.entries(model)) {
    const inner = place === '' ? name : `${place}.${name}`;
    if (!Object.hasOwn(given, name)) {
      // A board that had no such chip yet: it stays as it is at power-on.
      if (place === '' && typeof part === 'object') continue;
      throw damaged(inner);
    }
    if (name === 'version') checkVersion(given[name], part as number, inner);
    else check(given[name], part, inner);
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(model, name));
  if (unknown !== undefined) {
    const field = place === '' ? unknown : `${place}.${unknown}`;
    throw new SnapshotError(
      'ERR_SNAPSHOT_NEWER',
      `the snapshot has a field ${field} that is not known here`,
      {
        field,
      },
    );
  }
}

function checkVersion(version: unknown, known: number, place: string): void {
  if (version === known) return;
  if (typeof version !== 'number' || !(version > known)) throw damaged(place);
  throw new SnapshotError(
    'ERR_SNAPSHOT_NEWER',
    `the snapshot's ${place} is ${version}, known up to ${known}`,
    {
      place,
      version,
      known,
    },
  );
}

/** What may be null, and what it is otherwise. */
function checkOptional(value: unknown, place: string): void {
  if (value === null) return;
  if (place === 'timer.timer') checkObject(value, { pulse: 0, rise: null, extra: null }, place);
  else checkNumber(value, place);
}

function check(value: unknown, model: unknown, place: string): void {
  if (model === null || (value === null && typeof model === 'number')) checkOptional(value, place);
  else if (place === 'timer.timer') checkOptional(value, place);
  else if (Array.isArray(model)) checkList(value, model, place);
  else if (typeof model === 'object') checkObject(value, model, place);
  else if (typeof model === 'number') checkNumber(value, place);
  else if (typeof model === 'string' ? !PHASES.includes(value as string) : typeof value !== typeof model)
    throw damaged(place);
}

/** Throws `SnapshotError` unless `state` has the shape of `model`, a board's state, and sensible values. */
export function checkBoardState(state: unknown, model: BoardState): asserts state is BoardState {
  checkObject(state, model, '');
}

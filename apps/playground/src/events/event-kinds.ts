import type { MachineStatistics } from '@trapgate/vmm';

export const KINDS = [
  'interrupts',
  'exceptions',
  'system calls',
  'port I/O',
  'translations',
  'invalidations',
] as const;
export type EventKind = (typeof KINDS)[number];

export interface TotalRow {
  readonly kind: EventKind;
  /** Vector, port, or what was counted. */
  readonly what: string;
  readonly count: number;
  /** It is told beside the others, and not part of the sum of its kind. */
  readonly apart?: boolean;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0').toUpperCase();

function systemCallName({ kind, vector = 0 }: MachineStatistics['systemCalls'][number]): string {
  return kind === 'int' ? `INT ${hex(vector, 2)}h` : kind.toUpperCase();
}

/** Everything that a machine has counted by itself. */
export function countedRows({ interrupts, ports, systemCalls, translation }: MachineStatistics): TotalRow[] {
  const rows: TotalRow[] = [
    ...interrupts.map(({ vector, count }) => ({
      kind: 'interrupts' as const,
      what: `vector ${hex(vector, 2)}h`,
      count,
    })),
    ...systemCalls.map((row) => ({
      kind: 'system calls' as const,
      what: systemCallName(row),
      count: row.count,
    })),
    ...ports.map(({ port, device, reads, writes }) => ({
      kind: 'port I/O' as const,
      what: `port ${hex(port, 3)}h${device ? ` (${device})` : ''}`,
      count: reads + writes,
    })),
  ];
  if (!translation) return rows;
  const { regions, instructions, chained, invalidated, evicted } = translation;
  return [
    ...rows,
    { kind: 'translations', what: 'units', count: regions },
    { kind: 'translations', what: 'guest instructions in them', count: instructions, apart: true },
    { kind: 'translations', what: 'chained transfers between units', count: chained, apart: true },
    { kind: 'invalidations', what: 'units whose code was written', count: invalidated },
    { kind: 'invalidations', what: 'units dropped because all were', count: evicted, apart: true },
  ];
}

const keyOf = ({ kind, what }: TotalRow): string => `${kind}: ${what}`;

/** What has been counted since `before`. A machine that was reset has begun anew: smaller counts stay. */
export function rowsSince(rows: readonly TotalRow[], before: readonly TotalRow[]): TotalRow[] {
  const known = new Map(before.map((row) => [keyOf(row), row.count]));
  return rows
    .map((row) => {
      const earlier = known.get(keyOf(row)) ?? 0;
      return { ...row, count: row.count >= earlier ? row.count - earlier : row.count };
    })
    .filter(({ count }) => count > 0);
}

/** Kinds in their order, the most frequent of each first. */
export function sortedRows(rows: readonly TotalRow[]): TotalRow[] {
  const order = ({ kind }: TotalRow): number => KINDS.indexOf(kind);
  return [...rows].sort(
    (a, b) => order(a) - order(b) || Number(a.apart ?? false) - Number(b.apart ?? false) || b.count - a.count,
  );
}

export function sumsOf(rows: readonly TotalRow[]): Record<EventKind, number> {
  const sums = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<EventKind, number>;
  for (const { kind, count, apart } of rows) if (!apart) sums[kind] += count;
  return sums;
}

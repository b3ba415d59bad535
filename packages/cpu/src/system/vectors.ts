/** Exception vectors (SDM vol. 3A, table 6-1). */
export const VECTOR = {
  de: 0,
  db: 1,
  nmi: 2,
  bp: 3,
  of: 4,
  br: 5,
  ud: 6,
  nm: 7,
  df: 8,
  ts: 10,
  np: 11,
  ss: 12,
  gp: 13,
  pf: 14,
  mf: 16,
  ac: 17,
  mc: 18,
  xm: 19,
} as const;

/** Vectors of the fault class, whose saved EFLAGS image has RF = 1 (SDM vol. 3B, 17.3.1.1); #DB decides for itself. */
const FAULTS =
  (1 << 0) |
  (1 << 5) |
  (1 << 6) |
  (1 << 7) |
  (1 << 10) |
  (1 << 11) |
  (1 << 12) |
  (1 << 13) |
  (1 << 14) |
  (1 << 16) |
  (1 << 17) |
  (1 << 19);

export const isFault = (vector: number): boolean => vector < 32 && ((FAULTS >>> vector) & 1) !== 0;

/** Contributory exceptions of table 6-4: #DE, #TS, #NP, #SS, #GP. */
const CONTRIBUTORY = (1 << 0) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13);

const isContributory = (vector: number): boolean => vector < 32 && ((CONTRIBUTORY >>> vector) & 1) !== 0;

/** What becomes of an exception `second` that is raised while exception `first` is being delivered (table 6-5). */
export function combineExceptions(first: number, second: number): 'serial' | 'double-fault' | 'shutdown' {
  const severe = isContributory(second) || second === VECTOR.pf;
  if (first === VECTOR.df) return severe ? 'shutdown' : 'serial';
  if (isContributory(first)) return isContributory(second) ? 'double-fault' : 'serial';
  if (first === VECTOR.pf) return severe ? 'double-fault' : 'serial';
  return 'serial';
}

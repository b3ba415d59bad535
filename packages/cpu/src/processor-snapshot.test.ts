import { expect, test } from 'vitest';
import { SAVED_FIELDS } from './processor-snapshot';
import { STATE } from './state/layout';

/** What a restored processor computes anew, or what means nothing between two instructions. */
const DERIVED = [
  ...[
    'zero',
    'eflags',
    'carries',
    'zeroResult',
    'signParity',
    'budget',
    'mode',
    'stackMask',
    'interruptPending',
  ],
  ...[
    'codeWritten',
    'limitedFetch',
    'tlbContext',
    'largePagesCached',
    'a20Mask',
    'ramBytes',
    'alignmentCheck',
  ],
  ...['smap', 'translatedPage', 'watching', 'observeFills', 'walkPhysical', 'walkRights'],
  ...['pendingKind', 'pendingX', 'pendingY', 'pendingZ', 'translationEpoch'],
  // Saved beside the fields.
  'nmiBlocked',
  ...['faulted', 'faultVector', 'faultError', 'faultAddress', 'bounce', 'bounceAddress', 'bounceLength'],
  // Statistics.
  ...['timestampBase', 'timestampBudget', 'timestampRate'],
  ...['systemCallsWatched', 'softwareInterrupts', 'fastSystemCalls'],
];

test('every field of the state is either saved or known to be derived', () => {
  const known = new Set<string>([...SAVED_FIELDS, ...DERIVED]);
  expect([...STATE.fields.keys()].filter((name) => !known.has(name))).toEqual([]);
  expect(new Set(SAVED_FIELDS).size).toBe(SAVED_FIELDS.length);
});

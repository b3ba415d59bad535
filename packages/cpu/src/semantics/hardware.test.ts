import { describe, expect, it } from 'vitest';
import type { Chapter } from '../testing/hardware-coverage';
import { KNOWN_DIFFERENCES } from '../testing/hardware-differences';
import { VectorMachine } from '../testing/hardware-machine';
import { replay } from '../testing/hardware-replay';
import { describeFailures, expectedForms, readVectors, uncovered } from '../testing/hardware-suite';

// Recorded from a real processor (tools/record-vectors).

/** States that may differ in a known way, of the thousands of a chapter. */
const MOST_KNOWN = 120;
/** Milliseconds; half a minute is usual. */
const TIMEOUT = 600_000;

describe('instructions do what the real processor did', () => {
  const machine = new VectorMachine();
  const chapters: Chapter[] = ['integer', 'system', 'x87', 'mmx', 'sse'];
  it.each(chapters)(
    '%s',
    (chapter) => {
      const forms = expectedForms(chapter);
      const outcome = replay(readVectors(chapter, 32), machine, { wanted: new Set(forms) });
      expect(describeFailures(outcome)).toEqual([]);
      expect(uncovered(forms, outcome)).toEqual([]);
      const known = [...outcome.known.values()].reduce((sum, count) => sum + count, 0);
      expect(known).toBeLessThan(MOST_KNOWN);
      const names = KNOWN_DIFFERENCES.map(({ name }) => name);
      expect([...outcome.known.keys()].filter((name) => !names.includes(name))).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'repeated string instructions, interrupted after each iteration',
    () => {
      const forms = expectedForms('integer').filter(({ rep }) => rep !== 'none');
      const outcome = replay(readVectors('integer', 32), new VectorMachine({ slice: 1 }), {
        wanted: new Set(forms),
      });
      expect(forms.length).toBeGreaterThan(10);
      expect(describeFailures(outcome)).toEqual([]);
    },
    TIMEOUT,
  );
});

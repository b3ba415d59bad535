import { describe, expect, it } from 'vitest';
import { type Chapter } from '../../cpu/src/testing/hardware-coverage';
import { VectorMachine } from '../../cpu/src/testing/hardware-machine';
import { replay } from '../../cpu/src/testing/hardware-replay';
import {
  describeFailures,
  expectedForms,
  readVectors,
  uncovered,
} from '../../cpu/src/testing/hardware-suite';
import { wasmTranslation } from './wasm-engine';

// The vectors of packages/cpu (tools/record-vectors), each in a region of its own: a NOP leads, so that instructions which
// no region begins with are left to the interpreter from inside one.

const HOT_AFTER = 2;
const WARM_UP = 3;
/** Milliseconds; a minute is usual. */
const TIMEOUT = 600_000;

describe('translated instructions do what the real processor did', () => {
  const chapters: Chapter[] = ['integer', 'system', 'x87', 'mmx', 'sse'];
  it.each(chapters)(
    '%s',
    (chapter) => {
      const translation = wasmTranslation({ hotAfter: HOT_AFTER });
      const machine = new VectorMachine({ translation });
      const forms = expectedForms(chapter);
      const wanted = new Set(forms);
      const outcome = replay(readVectors(chapter, 32), machine, { wanted, warmUp: WARM_UP });
      expect(describeFailures(outcome)).toEqual([]);
      expect(uncovered(forms, outcome)).toEqual([]);
      // All flat code is translated but for what straddles pages and what repeats there.
      expect(translation.statistics()!.regions).toBeGreaterThan(0.8 * outcome.flatGroups);
    },
    TIMEOUT,
  );
});

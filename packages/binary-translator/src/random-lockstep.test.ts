import { describe, expect, it } from 'vitest';
import { lockstepCase, runCase, translatedShare, type LockstepCase } from './testing/lockstep-run';
import { minimize } from './testing/minimize';
import { sourceOf } from './testing/program-chunk';

// Another run than the ordinary one: TRAPGATE_FUZZ is how many million instructions, TRAPGATE_SEED the first seed.
const environment =
  (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env ?? {};
const MILLIONS = Number(environment['TRAPGATE_FUZZ'] ?? 50);
const SEED = Number(environment['TRAPGATE_SEED'] ?? 1);
const GROUP_MILLIONS = 5;
const SEEDS_APART = 10_000;
const MINIMIZE_MILLISECONDS = 60_000;

/** What went wrong, with the smallest program that it goes wrong with. */
function report(test: LockstepCase): string {
  const smaller = minimize(test, MINIMIZE_MILLISECONDS);
  const { chunks, program: _program, ...rest } = smaller;
  const header = `seed ${test.seed}: ${JSON.stringify(rest)}\n${sourceOf(chunks)}`;
  try {
    const { difference } = runCase(smaller);
    return `${header}\n\nafter ${difference?.from} instructions:\n${difference?.fields.join('\n')}\n\n${difference?.trace.join('\n')}`;
  } catch (thrown) {
    return `${header}\n\n${(thrown as Error).stack}`;
  }
}

/** Executes programs until there are enough instructions; returns how many they were, and the last seed. */
function executeFrom(first: number, instructions: number): { executed: number; last: number } {
  let executed = 0;
  for (let seed = first; ; seed++) {
    const test = lockstepCase(seed);
    let fails: unknown;
    try {
      const result = runCase(test);
      executed += result.instructions;
      fails = result.difference;
    } catch (thrown) {
      fails = thrown;
    }
    if (fails) expect.fail(report(test));
    if (executed >= instructions) return { executed, last: seed };
  }
}

describe(`${MILLIONS} million instructions of random programs, translated and interpreted`, () => {
  for (let n = 0; n * GROUP_MILLIONS < MILLIONS; n++) {
    const first = SEED + n * SEEDS_APART;
    it(`from seed ${first} on`, { timeout: 600_000 }, () => {
      const wanted = Math.min(GROUP_MILLIONS, MILLIONS - n * GROUP_MILLIONS) * 1e6;
      const { executed, last } = executeFrom(first, wanted);
      console.log(`seeds ${first} to ${last}: ${executed} instructions`);
      expect(executed).toBeGreaterThanOrEqual(wanted);
    });
  }

  it('are executed translated for the most part', { timeout: 120_000 }, () => {
    const shares = Array.from({ length: 20 }, (_, n) => translatedShare(lockstepCase(SEED + n, 100_000)));
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    console.log(`${(100 * mean).toFixed(0)} % translated`);
    expect(mean).toBeGreaterThan(0.55);
  });
});

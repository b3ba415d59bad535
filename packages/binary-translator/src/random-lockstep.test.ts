import { describe, it } from 'vitest';
import { lockstep } from './testing/lockstep';
import { randomProgram } from './testing/random-program';

/** Programs of an ordinary run; TRAPGATE_FUZZ asks for more, TRAPGATE_SEED for others. */
const environment =
  (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env ?? {};
const COUNT = Number(environment['TRAPGATE_FUZZ'] ?? 60);
const SEED = Number(environment['TRAPGATE_SEED'] ?? 1);

describe('random programs in lockstep with the interpreter', () => {
  for (let n = 0; n < COUNT; n++) {
    const seed = SEED + n;
    it(`seed ${seed}`, () => {
      lockstep(randomProgram(seed), 61);
    });
  }
});

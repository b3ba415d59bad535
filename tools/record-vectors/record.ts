import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VectorCase, VectorResult } from '../../packages/cpu/src/testing/hardware-vectors';
import { decodeResults, encodeCases } from './protocol';

/** Runs cases on this machine's processor. `recorder` is the program built from recorder.c. */
export function recordOnHardware(recorder: string, cases: readonly VectorCase[]): VectorResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'vectors-'));
  try {
    writeFileSync(join(folder, 'cases'), encodeCases(cases));
    execFileSync(recorder, [join(folder, 'cases'), join(folder, 'results')], {
      stdio: 'ignore',
      timeout: 60_000,
    });
    return decodeResults(readFileSync(join(folder, 'results')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

import { spawnSync } from 'node:child_process';
import { differences } from '../../packages/cpu/src/testing/hardware-compare';
import type { RecordedGroup } from '../../packages/cpu/src/testing/hardware-packed';
import type { VectorResult } from '../../packages/cpu/src/testing/hardware-results';
import { StateMaker, type VectorGroup } from '../../packages/cpu/src/testing/hardware-states';
import { decodeResults, encodeCases, type Case } from './protocol';

const BATCH = 8000;
const MOST_OUTPUT = 1 << 28;
const ALL_FLAGS = 0xffff_ffff;

/** Runs cases on this machine's processor. `recorder` is the program built from recorder.c. */
export function runOnHardware(recorder: string, cases: readonly Case[]): VectorResult[] {
  const results: VectorResult[] = [];
  for (let n = 0; n < cases.length; n += BATCH) {
    const batch = cases.slice(n, n + BATCH);
    const { status, signal, stdout } = spawnSync(recorder, [], {
      input: encodeCases(batch),
      maxBuffer: MOST_OUTPUT,
      timeout: 120_000,
    });
    if (status !== 0) throw new Error(`${recorder} ended with ${status ?? signal} at case ${n}`);
    results.push(...decodeResults(stdout, batch));
  }
  return results;
}

export interface GroupRequest {
  readonly group: VectorGroup;
  readonly states: number;
}

/**
 * Records groups with two builds of the recorder that lie at different addresses. What they do not agree about depends on
 * the recorder's own memory, or on time: it gets no result.
 */
export function recordGroups(
  recorders: readonly [string, string],
  requests: readonly GroupRequest[],
  seed: number,
): RecordedGroup[] {
  const groups = requests.map(({ group, states }) => {
    const maker = new StateMaker(group, seed);
    return { group, states: Array.from({ length: states }, (_, n) => maker.state(n)) };
  });
  const cases = groups.flatMap(({ group, states }) => states.map((state) => ({ group, state })));
  const [first, second] = recorders.map((recorder) => runOnHardware(recorder, cases)) as [
    VectorResult[],
    VectorResult[],
  ];
  let at = 0;
  return groups.map(({ group, states }) => {
    const results = states.map(() => {
      const [a, b] = [first[at]!, second[at++]!];
      return same(a, b) ? a : undefined;
    });
    return { group, states, results };
  });
}

function same(a: VectorResult, b: VectorResult): boolean {
  const high = a.gpr.every((half, n) => half === b.gpr[n]) && a.rip[1] === b.rip[1] && a.cr2[1] === b.cr2[1];
  const fx = !a.fx || Buffer.compare(a.fx, b.fx!) === 0;
  return high && fx && differences(a, b, ALL_FLAGS).length === 0;
}

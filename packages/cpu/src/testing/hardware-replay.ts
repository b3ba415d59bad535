import { formatIntel, forms, type Form } from '@trapgate/x86-decoder';
import { definedFlags, differences, isApproximate } from './hardware-compare';
import { ENDLESS, type VectorMachine } from './hardware-machine';
import { knownDifference } from './hardware-differences';
import { unpackVectors } from './hardware-packed';
import { StateMaker, type VectorGroup, type VectorState } from './hardware-states';

/** The states of a group, as they were when it was recorded. */
export function makeStates(group: VectorGroup, seed: number, count: number): VectorState[] {
  const maker = new StateMaker(group, seed);
  return Array.from({ length: count }, (_, n) => maker.state(n));
}

export interface Failure {
  readonly form: Form;
  readonly text: string;
  readonly differences: readonly string[];
}

export interface Replay {
  /** States compared, by form. */
  readonly states: Map<Form, number>;
  readonly failures: Failure[];
  /** States that differ in a way that is known, by the name of KNOWN_DIFFERENCES. */
  readonly known: Map<string, number>;
  /** Instructions that states were run of; of them in 32-bit code. */
  groups: number;
  flatGroups: number;
}

export interface ReplayOptions {
  readonly wanted: ReadonlySet<Form>;
  /** Has each group's first state run some times before, and a NOP in front. */
  readonly warmUp?: number;
}

function describe(group: VectorGroup, state: VectorState, maker: StateMaker): string {
  const names = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
  const registers = names.map((name, n) => `${name}=${state.gpr[2 * n]!.toString(16)}`).join(' ');
  const code = Buffer.from(group.code).toString('hex');
  const patches = state.patches
    .map(
      ({ address, bytes }) =>
        `[${address.toString(16)}]=${Buffer.from(bytes.subarray(0, 16)).toString('hex')}`,
    )
    .join(' ');
  const text = formatIntel(maker.instruction, state.rip);
  return `${text} (${group.bits}: ${code}) ${registers} efl=${state.eflags.toString(16)} ${patches}`;
}

/** Runs all vectors of a file on a machine. */
export function replay(bytes: Uint8Array, machine: VectorMachine, options: ReplayOptions): Replay {
  const outcome: Replay = { states: new Map(), failures: [], known: new Map(), groups: 0, flatGroups: 0 };
  const { warmUp = 0, wanted } = options;
  for (const { group, states, results } of unpackVectors(bytes).groups(makeStates)) {
    const maker = new StateMaker(group, 0);
    const { form } = maker;
    if (!wanted.has(form)) continue;
    outcome.groups++;
    if (group.bits === 32) outcome.flatGroups++;
    // The NOP must not be where the instruction itself jumps to.
    const { length, branch } = maker.instruction;
    machine.enter(group, warmUp > 0 && length + branch !== -1);
    for (let n = 0; n < warmUp; n++) machine.run(states[0]!);
    states.forEach((state, n) => {
      const expected = results[n];
      if (!expected || expected.vector === ENDLESS) return;
      const actual = machine.run(state);
      outcome.states.set(form, (outcome.states.get(form) ?? 0) + 1);
      const list = differences(expected, actual, definedFlags(form, expected.vector), isApproximate(form));
      if (list.length === 0) return;
      const known = knownDifference(form, expected, actual);
      if (known) outcome.known.set(known, (outcome.known.get(known) ?? 0) + 1);
      else outcome.failures.push({ form, text: describe(group, state, maker), differences: list });
    });
  }
  return outcome;
}

export const formOf = (group: VectorGroup): Form => forms[new StateMaker(group, 0).instruction.form]!;

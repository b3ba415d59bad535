import { MEMORY_MAP } from '@trapgate/mmu';
import { describe, expect, it } from 'vitest';
import type { FuzzCode } from './testing/fuzz-code';
import { FuzzMachine } from './testing/fuzz-machine';
import { FUZZ, type FuzzMode, type FuzzPaging, type FuzzRecipe } from './testing/fuzz-state';
import { Random } from './testing/random';

declare const process: { readonly env: Readonly<Record<string, string | undefined>> };

/** Instructions in all, both engines together; TRAPGATE_FUZZ sets another number (nightly: 100 million), TRAPGATE_SEED another beginning. */
const TOTAL = Number(process.env['TRAPGATE_FUZZ'] ?? 5_000_000);
const SEED = Number(process.env['TRAPGATE_SEED'] ?? 1);
const MODES: readonly FuzzMode[] = ['real', 'virtual-8086', '16-bit', '32-bit', 'flat'];
const KINDS: readonly FuzzCode[] = ['bytes', 'instructions'];
const PAGING: readonly FuzzPaging[] = ['off', '32-bit', 'pae'];
const STEPS = 250;
const ROUNDS_BETWEEN_CHECKS = 10;
/** A step is at most 400 instructions and takes milliseconds, but for the compilation of rare handlers on a busy machine. */
const LONGEST_STEP_MS = 30_000;
const TIMEOUT = 120_000 + TOTAL / 5;

function recipe(random: Random, mode: FuzzMode): FuzzRecipe {
  if (mode === 'real') return { mode, cpl: 0, paging: 'off' };
  const cpl = mode === 'virtual-8086' ? 3 : random.pick([0, 0, 1, 2, 3, 3] as const);
  return { mode, cpl, paging: random.pick(PAGING) };
}

/** Runs one guest on both machines in lockstep; returns how many instructions both have executed. */
function round(
  machines: readonly [FuzzMachine, FuzzMachine],
  seed: number,
  mode: FuzzMode,
  kind: FuzzCode,
): number {
  const chosen = recipe(new Random(seed), mode);
  const title = `seed ${seed}: ${mode}, CPL ${chosen.cpl}, paging ${chosen.paging}, ${kind}`;
  let executed = 0;
  for (const machine of machines) machine.prepare(seed, chosen, kind);
  for (let n = 0; n < STEPS; n++) {
    const start = performance.now();
    const [a, b] = machines.map((machine) => machine.step()) as [
      ReturnType<FuzzMachine['step']>,
      ReturnType<FuzzMachine['step']>,
    ];
    if (performance.now() - start > LONGEST_STEP_MS) throw new Error(`${title}: step ${n} hangs`);
    executed += a.executed + b.executed;
    const [x, y] = machines.map(({ processor }) => processor.dumpRegisters());
    if (x !== y || a.executed !== b.executed || a.stop.reason !== b.stop.reason)
      expect({ ...b, registers: y }, `${title}: step ${n}`).toEqual({ ...a, registers: x });
    if (a.stop.reason === 'shutdown') break;
  }
  const [x, y] = machines.map(({ memory }) =>
    Buffer.from(memory.buffer as ArrayBuffer, MEMORY_MAP.ram, FUZZ.ramBytes),
  ) as [Buffer, Buffer];
  if (x.compare(y) !== 0) throw new Error(`${title}: memory differs between the engines`);
  return executed;
}

describe(`random guests under both engines in lockstep (seed ${SEED})`, () => {
  const share = TOTAL / (MODES.length * KINDS.length);
  let group = 0;
  for (const mode of MODES) {
    for (const kind of KINDS) {
      const first = (SEED * 64 + group++) * 1_000_000;
      it(
        `${mode}, random ${kind} (seeds from ${first})`,
        () => {
          const machines = [new FuzzMachine('interp'), new FuzzMachine('wasm')] as const;
          let executed = 0;
          for (let n = 0; executed < share; n++) {
            executed += round(machines, first + n, mode, kind);
            if (n % ROUNDS_BETWEEN_CHECKS === 0) for (const machine of machines) machine.checkSurroundings();
          }
          for (const machine of machines) machine.checkSurroundings();
        },
        TIMEOUT,
      );
    }
  }
});

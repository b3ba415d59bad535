import { MEMORY_MAP } from '@trapgate/mmu';
import { decode, formById, Instruction } from '@trapgate/x86-decoder';
import { describe, expect, it } from 'vitest';
import type { Stop } from '../processor';
import { AT } from '../state/layout';
import { CR0, CR4 } from '../state/mode';
import { GuestMachine, GUEST_MAP, SELECTOR } from '../testing/guest-machine';

declare const process: { readonly env: Readonly<Record<string, string | undefined>> };

/** Instructions to execute in all; TRAPGATE_FUZZ sets another number, TRAPGATE_SEED another beginning. */
const TOTAL = Number(process.env.TRAPGATE_FUZZ ?? 300_000);
const SEED = Number(process.env.TRAPGATE_SEED ?? 1);
/** Machines made for one recipe at most. */
const MACHINES = 20 + TOTAL / 10_000;
/** Guests that are run in steps of different sizes. */
const ROUNDS = Math.ceil(TOTAL / 15_000);
const TIMEOUT = 60_000 + TOTAL / 20;
const CODE = 0x1_0000;
const CODE_BYTES = 0x4000;

/** Mulberry32. */
class Random {
  constructor(private state: number) {}
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }
  below(n: number): number {
    return this.next() % n;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

type Kind = 'bytes' | 'instructions';

interface Recipe {
  readonly kind: Kind;
  readonly bits: 16 | 32;
  readonly cpl: 0 | 3;
  readonly paging: 'off' | 'sane' | 'wild';
}

const scratch = new Instruction();

/** Random bytes, or random bytes of which only those that decode to an instruction are kept. */
function randomCode(random: Random, kind: Kind, bits: 16 | 32): Uint8Array {
  const bytes = Uint8Array.from({ length: CODE_BYTES + 16 }, () => random.next() & 0xff);
  if (kind === 'bytes') return bytes;
  for (let at = 0; at < CODE_BYTES;) {
    decode(bytes, at, bytes.length, bits, scratch);
    const mnemonic = formById(scratch.form).mnemonic;
    if (scratch.form !== 0 && mnemonic !== 'hlt' && !(mnemonic.startsWith('j') && random.chance(80)))
      at += scratch.length;
    else for (let n = 0; n < 4; n++) bytes[at + n] = random.next() & 0xff;
  }
  return bytes;
}

function pageEntry(random: Random, page: number, paging: 'sane' | 'wild'): number {
  // Tables, handlers and stacks are mostly where they belong, or the guest would not get far.
  if (page < 0x14 && random.chance(98)) return (page << 12) | 7;
  if (paging === 'wild')
    return random.chance(50) ? random.next() : ((random.below(0x120) << 12) | random.below(0x1000)) >>> 0;
  const frame = random.chance(90) ? page : random.below(0x100);
  return (
    (frame << 12) | (random.chance(95) ? 1 : 0) | (random.chance(80) ? 2 : 0) | (random.chance(80) ? 4 : 0)
  );
}

function buildPaging(machine: GuestMachine, random: Random, paging: 'sane' | 'wild'): void {
  const { memory } = machine;
  for (let region = 0; region < 1024; region++) {
    if (region === 0 || random.chance(paging === 'wild' ? 90 : 30)) {
      const entry =
        region > 0 && paging === 'wild' && random.chance(30) ? random.next() : GUEST_MAP.pageTables | 7;
      memory.write32(GUEST_MAP.pageDirectory + 4 * region, entry >>> 0);
    }
  }
  for (let page = 0; page < 1024; page++)
    memory.write32(GUEST_MAP.pageTables + 4 * page, pageEntry(random, page & 0xff, paging));
  machine.state.set32(AT.cr3, GUEST_MAP.pageDirectory);
  machine.state.set32(AT.cr4, machine.state.i32(AT.cr4) | (random.chance(50) ? CR4.pse : 0));
  const wp = random.chance(50) ? CR0.wp : 0;
  machine.registers.cr0 = ((machine.registers.cr0 & ~CR0.wp) | CR0.pg | wp) >>> 0;
}

/** Handlers return, some behind a few bytes: most exceptions leave the guest running. */
function writeHandlers(machine: GuestMachine): void {
  const hasError = new Set([8, 10, 11, 12, 13, 14, 17]);
  for (let vector = 0; vector < 256; vector++) {
    const skip = vector < 32 ? ['ff 04 24'] : []; // inc dword [esp]
    machine.handle(vector, ...(hasError.has(vector) ? ['83 c4 04'] : []), ...skip, 'cf');
  }
}

function guest(random: Random, { kind, bits, cpl, paging }: Recipe): GuestMachine {
  const machine: GuestMachine = new GuestMachine({
    readPort: (_port, size) => (random.next() & (2 ** (8 * size) - 1)) >>> 0,
    writePort: () => {
      if (random.chance(10)) machine.processor.setInterruptLine(random.chance(50));
    },
    readMmio: (_physical, size) => (random.next() & (2 ** (8 * size) - 1)) >>> 0,
    acknowledgeInterrupt: () => random.below(256),
  });
  writeHandlers(machine);
  machine.memory.writeBytes(CODE, randomCode(random, kind, bits));
  machine.setPrivilege(cpl);
  const { registers } = machine;
  if (bits === 16)
    registers.setSegment('cs', {
      selector: cpl ? 0x43 : SELECTOR.code16,
      base: 0,
      limit: 0x1_ffff,
      attributes: 0x9b | (cpl << 5),
    });
  if (paging !== 'off') buildPaging(machine, random, paging);
  return machine;
}

function scatter(machine: GuestMachine, random: Random): void {
  const place = (): number => (random.chance(70) ? 0x8000 + random.below(0x2_0000) : random.next());
  machine.set({
    eax: place(),
    ebx: place(),
    ecx: random.below(0x200),
    edx: place(),
    esi: place(),
    edi: place(),
    ebp: place(),
  });
}

/** Puts a guest that has lost its way back: its tables as they were, EIP at another place in the code. */
function restart(random: Random, recipe: Recipe): GuestMachine {
  const machine = guest(random, recipe);
  scatter(machine, random);
  machine.registers.eip = CODE + random.below(CODE_BYTES);
  return machine;
}

const OUTSIDE = 0x40;

/** Runs one recipe for about `instructions` instructions; returns how many it came to. */
function fuzz(random: Random, recipe: Recipe, instructions: number): number {
  let executed = 0;
  for (let machines = 0; executed < instructions && machines < MACHINES; machines++) {
    const machine = restart(random, recipe);
    const { bytes, ramBytes } = machine.memory;
    const behind = bytes.subarray(MEMORY_MAP.ram + ramBytes);
    const window = bytes.subarray(MEMORY_MAP.ram + 0xa_0000, MEMORY_MAP.ram + 0xc_0000);
    const low = bytes.subarray(OUTSIDE, MEMORY_MAP.processors);
    for (let n = 0; n < 400 && executed < instructions; n++) {
      const before = machine.processor.instructions;
      const budget = 1 + random.below(400);
      const stop = machine.run(budget);
      const done = machine.processor.instructions - before;
      if (done > budget || done < 0) throw new Error(`${done} instructions of ${budget}`);
      executed += done;
      if (stop.reason === 'shutdown' || stop.reason === 'halted-forever') break;
      if (stop.reason === 'halted') machine.processor.setInterruptLine(true);
      if (random.chance(5)) machine.processor.raiseNmi();
      if (random.chance(5)) machine.memory.write32(CODE + random.below(CODE_BYTES), random.next());
      if (done === 0 || random.chance(10)) {
        scatter(machine, random);
        machine.registers.eip = CODE + random.below(CODE_BYTES);
      }
    }
    for (const outside of [behind, window, low])
      if (outside.some((byte) => byte !== 0)) throw new Error('memory outside RAM was written');
  }
  return executed;
}

function* recipes(): Generator<Recipe> {
  for (const kind of ['bytes', 'instructions'] as const)
    for (const bits of [16, 32] as const)
      for (const cpl of [0, 3] as const)
        for (const paging of ['off', 'sane', 'wild'] as const) yield { kind, bits, cpl, paging };
}

describe(`random guests (seed ${SEED})`, () => {
  const share = Math.ceil(TOTAL / 24);
  let n = 0;
  for (const recipe of recipes()) {
    const seed = SEED * 1000 + n++;
    it(
      `random ${recipe.kind}, ${recipe.bits}-bit code, CPL ${recipe.cpl}, paging ${recipe.paging} (seed ${seed})`,
      () => {
        const random = new Random(seed);
        expect(fuzz(random, recipe, share)).toBeGreaterThan(share / 100);
      },
      TIMEOUT,
    );
  }

  it(
    'the same seed does the same, whatever the size of the runs',
    () => {
      for (let round = 0; round < ROUNDS; round++) {
        const ends = [1, 13, 500].map((step) => {
          const random = new Random(SEED + round);
          const machine = restart(random, {
            kind: 'instructions',
            bits: round % 2 ? 16 : 32,
            cpl: round % 4 < 2 ? 0 : 3,
            paging: round % 3 ? 'off' : 'sane',
          });
          let stop: Stop = { reason: 'budget' };
          // A guest may get nowhere, fault upon fault: then its stack runs down until it shuts down, or it never ends.
          for (
            let barren = 0;
            stop.reason === 'budget' && machine.processor.instructions < 1000 && barren < 200;
          ) {
            const before = machine.processor.instructions;
            stop = machine.run(Math.min(step, 1000 - before));
            if (machine.processor.instructions === before) barren++;
          }
          if (stop.reason === 'budget' && machine.processor.instructions < 1000) return 'endless';
          return { ...machine.snapshot(), reason: stop.reason, instructions: machine.processor.instructions };
        });
        expect(ends[1], `seed ${SEED + round}`).toEqual(ends[0]);
        expect(ends[2], `seed ${SEED + round}`).toEqual(ends[0]);
      }
    },
    TIMEOUT,
  );
});

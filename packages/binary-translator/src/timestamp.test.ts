import { Processor, type Translation } from '@trapgate/cpu';
import { PhysicalMemory } from '@trapgate/mmu';
import { assemble } from '@trapgate/x86-assembler';
import { describe, expect, it } from 'vitest';
import { wasmTranslation } from './wasm-engine';

const ORIGIN = 0x10000;
const TIMES = 0x20000;
const READINGS = 500;
const TICKS = 3;
const PROGRAM = `
  mov edi, ${TIMES}
  mov ecx, ${READINGS}
again:
  rdtsc
  mov [edi], eax
  mov [edi + 4], edx
  add edi, 8
  dec ecx
  jnz again
  hlt`;
/** Of the loop. */
const INSTRUCTIONS = 6;

interface Run {
  readonly times: readonly bigint[];
  readonly asked: number;
}

/** Runs the program; the host's counter goes on by `pace` ticks an instruction, and says `rate`. */
function run(translation: Translation | undefined, pace: number, rate: number, cr4 = 0, start = 0): Run {
  const memory = PhysicalMemory.create({ ramBytes: 1 << 20 });
  let asked = 0;
  const processor: Processor = new Processor({
    memory,
    host: {
      readPort: () => 0xff,
      writePort: () => undefined,
      readMmio: () => 0xffff_ffff,
      writeMmio: () => undefined,
      acknowledgeInterrupt: () => 8,
      readTimestamp: () => {
        asked++;
        return start + Math.floor(processor.instructions * pace);
      },
      timestampRate: () => rate * 2 ** 16,
    },
    ...(translation ? { translation } : {}),
  });
  memory.writeBytes(ORIGIN, assemble(`bits 32\norg ${ORIGIN}\n${PROGRAM}`).bytes);
  const { registers } = processor;
  registers.cr0 = 0x11;
  registers.cr4 = cr4;
  registers.setSegment('cs', { selector: 8, base: 0, limit: 0xffff_ffff, attributes: 0xc09b });
  for (const name of ['ss', 'ds', 'es'] as const)
    registers.setSegment(name, { selector: 16, base: 0, limit: 0xffff_ffff, attributes: 0xc093 });
  registers.eip = ORIGIN;
  while (processor.run(1000).reason === 'budget');
  const word = (at: number): bigint => BigInt(memory.read32(at) >>> 0);
  const times = Array.from(
    { length: READINGS },
    (_, n) => word(TIMES + 8 * n) | (word(TIMES + 8 * n + 4) << 32n),
  );
  return { times, asked };
}

const engines: readonly (readonly [string, () => Translation | undefined])[] = [
  ['interpreter', () => undefined],
  ['translator', () => wasmTranslation({ hotAfter: 3, batch: 1 })],
];

describe.each(engines)('the time-stamp counter, %s', (_name, engine) => {
  it('goes on by the rate between the times that the host is asked', () => {
    const { times, asked } = run(engine(), TICKS, TICKS);
    for (let n = 1; n < READINGS; n++) expect(times[n]! - times[n - 1]!).toBe(BigInt(TICKS * INSTRUCTIONS));
    expect(asked).toBeLessThan(READINGS / 10);
  });

  it('carries into its upper half', () => {
    const start = 2 ** 32 - 1000;
    const { times } = run(engine(), TICKS, TICKS, 0, start);
    expect(times[0]).toBeLessThan(2n ** 32n);
    expect(times.at(-1)! - times[0]!).toBe(BigInt(TICKS * INSTRUCTIONS * (READINGS - 1)));
  });

  it('never goes back, and goes slower when it is ahead', () => {
    const [pace, rate] = [2, 3];
    const { times, asked } = run(engine(), pace, rate);
    for (let n = 1; n < READINGS; n++) expect(times[n]!).toBeGreaterThanOrEqual(times[n - 1]!);
    expect(asked).toBeLessThan(READINGS / 10);
    // Never more ahead than one run of a thousand instructions makes.
    const last = BigInt((2 + INSTRUCTIONS * READINGS) * pace);
    expect(times.at(-1)! - last).toBeLessThan(BigInt(1000 * rate));
  });

  it('asks the host at each reading if there is no rate', () => {
    expect(run(engine(), TICKS, 0).asked).toBe(READINGS);
  });
});

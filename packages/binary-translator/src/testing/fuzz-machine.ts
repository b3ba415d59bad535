import { Processor, type Stop, type Translation } from '@trapgate/cpu';
import { FLUSH_NOTES, JUMP_CACHE, MEMORY_MAP, PhysicalMemory } from '@trapgate/mmu';
import { wasmTranslation } from '../wasm-engine';
import { randomCode, type FuzzCode } from './fuzz-code';
import { enterRandomState, FUZZ, writeTables, type FuzzRecipe } from './fuzz-state';
import { Random } from './random';

/** Executions before code is translated: loops are, straight code is not. */
const HOT_AFTER = 20;
const VIDEO = { first: 0xa_0000, end: 0xc_0000 } as const;
const PAGE_BITS = 12;
/** Room of the counters of translated code. */
const COUNTERS_BYTES = 0x100;

/** Something that must not happen, whatever a guest does. */
export class HostHarmed extends Error {
  readonly code = 'HOST_HARMED';
  override readonly name = 'HostHarmed';
}

/**
 * A machine for random guests. Everything that happens to it follows from the seed and the guest's own behaviour: two
 * machines with the same seed do the same, whatever their engines.
 */
export class FuzzMachine {
  readonly memory = PhysicalMemory.create({ ramBytes: FUZZ.ramBytes });
  readonly processor: Processor;
  private random = new Random(0);
  private recipe: FuzzRecipe = { mode: 'flat', cpl: 0, paging: 'off' };

  constructor(readonly engine: 'interp' | 'wasm') {
    const bits = (size: number): number => (this.random.next() & (2 ** (8 * size) - 1)) >>> 0;
    const translation: Translation = wasmTranslation({ hotAfter: HOT_AFTER });
    this.processor = new Processor({
      memory: this.memory,
      model: 'max',
      host: {
        readPort: (_port, size) => bits(size),
        writePort: () => this.disturb(),
        readMmio: (_physical, size) => bits(size),
        writeMmio: () => undefined,
        acknowledgeInterrupt: () => this.random.below(256),
        readTimestamp: () => this.processor.instructions,
      },
      ...(engine === 'wasm' ? { translation } : {}),
    });
  }

  /** A device does something in the middle of an instruction. */
  private disturb(): void {
    const { random, processor, memory } = this;
    if (random.chance(10)) processor.setInterruptLine(random.chance(50));
    if (random.chance(3)) processor.raiseNmi();
    if (random.chance(5)) processor.requestStop();
    if (random.chance(5)) memory.write32(FUZZ.code + random.below(FUZZ.codeBytes), random.next());
  }

  /** A new guest: empty memory, tables, code, registers. */
  prepare(seed: number, recipe: FuzzRecipe, kind: FuzzCode): void {
    this.random = new Random(seed);
    this.recipe = recipe;
    const { random, memory, processor } = this;
    memory.bytes.fill(0, MEMORY_MAP.ram, MEMORY_MAP.ram + FUZZ.ramBytes);
    processor.reset();
    processor.setInterruptLine(false);
    processor.setA20(random.chance(95));
    writeTables(memory, random, recipe);
    const wide = recipe.mode === 'flat' || recipe.mode === '32-bit';
    memory.writeBytes(FUZZ.code, randomCode(random, kind, wide ? 32 : 16));
    enterRandomState(processor, random, recipe);
  }

  /** One call of run, checked, and what the world does to the guest afterwards. */
  step(): { stop: Stop; executed: number } {
    const { random, processor, memory } = this;
    const before = processor.instructions;
    const budget = 1 + random.below(400);
    const stop = processor.run(budget);
    const executed = processor.instructions - before;
    if (executed > budget || executed < 0)
      throw new HostHarmed(`${executed} instructions of ${budget} were executed`);
    if (stop.reason === 'halted') processor.setInterruptLine(true);
    if (random.chance(5)) processor.raiseNmi();
    if (random.chance(5)) memory.write32(FUZZ.code + random.below(FUZZ.codeBytes), random.next());
    if (executed === 0 || stop.reason === 'halted-forever' || random.chance(20))
      enterRandomState(processor, random, this.recipe);
    return { stop, executed };
  }

  /** Throws if anything outside RAM and the machine's own regions has been written. */
  checkSurroundings(): void {
    const { processors, processorStride, jumpCache, flushNotes, translationCounters } = MEMORY_MAP;
    const { codeDirectory, codeLines, ram } = MEMORY_MAP;
    const pages = FUZZ.ramBytes >> PAGE_BITS;
    const { length } = this.memory.bytes;
    const areas: readonly [string, number, number][] = [
      ['below the processors', 0, processors],
      ['the blocks of other processors', processors + processorStride, jumpCache],
      ['behind the jump cache', jumpCache + JUMP_CACHE.pages + JUMP_CACHE.pageMask + 1, flushNotes],
      ['behind the flush notes', flushNotes + FLUSH_NOTES.bytes, translationCounters],
      ['behind the counters', translationCounters + COUNTERS_BYTES, codeDirectory],
      ['the code directory beyond RAM', codeDirectory + 4 * pages, codeLines],
      ['the code lines beyond RAM', codeLines + 8 * pages, MEMORY_MAP.codeArena],
      ['the video window', ram + VIDEO.first, ram + VIDEO.end],
      ['behind RAM', ram + FUZZ.ramBytes, length],
    ];
    for (const [name, first, end] of areas) {
      const words = new Int32Array(this.memory.buffer, first, (end - first) >> 2);
      const at = words.findIndex((word) => word !== 0);
      if (at >= 0) throw new HostHarmed(`${name} was written at ${(first + 4 * at).toString(16)}`);
    }
  }
}

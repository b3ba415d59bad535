import { wasmTranslation } from '@trapgate/binary-translator';
import { Processor } from '@trapgate/cpu';
import { PhysicalMemory } from '@trapgate/mmu';
import { Board } from '../src/board/board';
import { enter } from '../src/board/processor-entry';
import { planBoot } from '../src/loaders/detect';
import { place } from '../src/loaders/place';
import type { MachineExit } from '../src/machine-exit';
import { systemClock } from '../src/time/host-clock';
import { hostScheduler } from '../src/time/host-scheduler';

const RAM_BYTES = 8 << 20;
/** The kernels' cases are executed a few times only. */
const HOT_AFTER = 1;
/** A kernel takes a second or two; a busy machine may take longer. */
const LONGEST_MS = 100_000;
/** What a kernel sends to the debug console to have the NMI button pressed. */
const NMI_BUTTON = 'N'.charCodeAt(0);

export interface ConformanceRun {
  readonly exit: MachineExit;
  /** The lines of the serial port. */
  readonly lines: readonly string[];
  /** Regions of code that were translated. */
  readonly regions: number;
}

/** Boots a Multiboot kernel on a board with an NMI button, and runs it to its end. */
export async function runConformanceKernel(
  kernel: Uint8Array,
  engine: 'interp' | 'wasm',
  model: string,
): Promise<ConformanceRun> {
  let output = '';
  const memory = PhysicalMemory.create({ ramBytes: RAM_BYTES });
  const translation = wasmTranslation({ hotAfter: HOT_AFTER, batch: 1 });
  const processor: Processor = new Processor({
    memory,
    host: {
      readPort: (port, size) => board.readPort(port, size),
      writePort: (port, size, value) => board.writePort(port, size, value),
      readMmio: (physical, size) => board.readMmio(physical, size),
      writeMmio: (physical, size, value) => board.writeMmio(physical, size, value),
      acknowledgeInterrupt: () => board.acknowledgeInterrupt(),
      readTimestamp: () => board.readTimestamp(),
    },
    model,
    ...(engine === 'wasm' ? { translation } : {}),
  });
  const board: Board = new Board({
    processor,
    options: {
      serial: { write: (byte) => void (output += String.fromCharCode(byte)) },
      debugConsole: { write: (byte) => byte === NMI_BUTTON && processor.raiseNmi() },
      debugExit: { iobase: 0xf4, iosize: 4 },
    },
    settings: {
      ramBytes: RAM_BYTES,
      instructionTime: { nanosecondsPerInstruction: 10, sleep: false },
    },
    host: systemClock(),
    report: () => processor.dumpRegisters(),
  });
  const plan = planBoot({ kind: 'auto', kernel }, { ramBytes: RAM_BYTES, rsdpAddress: 0xe0000 });
  place(memory, plan.placements);
  enter(processor.registers, plan.entry);
  const watchdog = setTimeout(() => board.end({ reason: 'stopped' }), LONGEST_MS);
  const exit = await board.loop.run(hostScheduler());
  clearTimeout(watchdog);
  return {
    exit,
    lines: output.split('\n').filter((line) => line !== ''),
    regions: translation.statistics()?.regions ?? 0,
  };
}

/** The PC board: chips, wires between them, and what the processor sees of them. */
import { I8259Pair, MmioBus, PortBus, TimerQueue, Uart16550, type AccessSize } from '@trapgate/devices';
import { encodeText } from '../byte-writer';
import type { MachineExit } from '../machine-exit';
import type { MachineOptions, MachineSettings } from '../machine-options';
import { RunLoop, type RunnableProcessor } from '../run-loop';
import { ExitCounters, type MachineStatistics } from '../statistics';
import {
  HostTimeClock,
  InstructionClock,
  TSC_FREQUENCY_HZ,
  type GuestClock,
  type GuestClockState,
} from '../time/guest-clock';
import type { HostClock } from '../time/host-clock';
import { restoreChips, saveChips, type BoardChips, type BoardState } from './board-state';
import { setUpChips } from './firmware-setup';
import { attachLegacyChips } from './legacy-chips';
import { attachChipSet } from './pci-chips';
import { SerialInput } from './serial-input';

const COM1 = { base: 0x3f8, irq: 4 };
const NANOSECONDS_PER_SECOND = 1e9;

/** What the board needs of a processor. */
export interface BoardProcessor extends RunnableProcessor {
  setInterruptLine(asserted: boolean): void;
  raiseNmi(): void;
  setA20(enabled: boolean): void;
  dumpRegisters(): string;
}

export interface BoardParts {
  readonly processor: BoardProcessor;
  readonly options: MachineOptions;
  readonly settings: MachineSettings;
  readonly host: HostClock;
  /** Text of several lines for the report of a guest that cannot go on. */
  readonly report: () => string;
  readonly hooks?: { sliceEnded?(): void; halted?(): void };
  /** Runs the processor up to its breakpoints. */
  readonly breakpoints?: RunnableProcessor & { onHit: ((address: number) => void) | null };
}

export class Board {
  readonly clock: GuestClock;
  readonly timers: TimerQueue;
  readonly loop: RunLoop;
  readonly counters = new ExitCounters();
  readonly ports = new PortBus();
  readonly mmio = new MmioBus();
  readonly interrupts: I8259Pair;
  readonly serial: Uart16550;
  readonly serialInput = new SerialInput();
  private readonly processor: BoardProcessor;
  private readonly chips: BoardChips;

  constructor(parts: BoardParts) {
    const { processor, options, settings, host } = parts;
    this.processor = processor;
    const time = settings.instructionTime;
    this.clock = time
      ? new InstructionClock(() => processor.instructions, time.nanosecondsPerInstruction, host, time.sleep)
      : new HostTimeClock(host);
    this.timers = new TimerQueue(this.clock);
    this.loop = new RunLoop({
      ...parts.hooks,
      processor: parts.breakpoints ?? processor,
      timers: this.timers,
      clock: this.clock,
      host,
      feedInput: () => this.serialInput.feed(this.serial),
      report: parts.report,
    });
    if (parts.breakpoints)
      parts.breakpoints.onHit = (address) => this.loop.end({ reason: 'breakpoint', address });
    this.timers.onEarlierDeadline = () => this.loop.deadlineMoved();
    this.interrupts = new I8259Pair({ set: (level) => processor.setInterruptLine(level) });
    this.interrupts.attach(this.ports);
    this.serial = this.attachSerial(options);
    this.chips = this.attachChips(parts);
    setUpChips(this.ports);
  }

  private attachSerial(options: MachineOptions): Uart16550 {
    const serial = new Uart16550({
      irq: this.interrupts.line(COM1.irq),
      output: (byte) => options.serial?.write(byte),
      clock: this.clock,
      timers: this.timers,
      inputReady: () => this.serialInput.feed(this.serial),
      out2GatesInterrupt: true,
    });
    serial.attach(this.ports, COM1.base, 'COM1');
    return serial;
  }

  private attachChips({ processor, options, settings, host }: BoardParts): BoardChips {
    const { clock, timers, ports, interrupts } = this;
    const end = (exit: MachineExit): void => this.loop.end(exit);
    const chipSet = attachChipSet({ clock, timers, ports, interrupts, end });
    const legacy = attachLegacyChips({
      options,
      ramBytes: settings.ramBytes,
      clock,
      timers,
      ports,
      interrupts,
      a20: { set: (level) => processor.setA20(level) },
      date: () => host.date(),
      end,
    });
    return { ...chipSet, ...legacy, serial: this.serial, interrupts };
  }

  /** The states of all chips. Timers that are due fire first, as they would before the next instruction. */
  saveState(): BoardState {
    this.timers.runDue();
    return saveChips(this.chips, this.serialInput.pending());
  }

  /**
   * Takes on a saved state; the processor has its own already, and the board is as at power-on. The real-time clock is
   * set on by `missedSeconds`. Throws `StateVersionError`.
   */
  restoreState(state: BoardState, clock: GuestClockState, missedSeconds: number): void {
    this.clock.restoreState(clock);
    restoreChips(this.chips, state);
    this.chips.clock.skip(missedSeconds);
    this.serialInput.clear();
    this.serialInput.add(Uint8Array.from(state.serialInput ?? []));
  }

  /** Ends a run in progress. */
  end(exit: MachineExit): void {
    this.loop.end(exit);
  }

  sendSerial(bytes: Uint8Array | string): void {
    this.serialInput.add(typeof bytes === 'string' ? encodeText(bytes) : bytes);
    this.loop.wake();
  }

  readPort(port: number, size: AccessSize): number {
    this.counters.portReads[port]!++;
    this.loop.deviceAccess();
    return this.ports.read(port, size);
  }

  writePort(port: number, size: AccessSize, value: number): void {
    this.counters.portWrites[port]!++;
    this.loop.deviceAccess();
    this.ports.write(port, size, value);
  }

  readMmio(physical: number, size: AccessSize): number {
    this.counters.mmioReads++;
    this.loop.deviceAccess();
    return this.mmio.read(physical, size);
  }

  writeMmio(physical: number, size: AccessSize, value: number): void {
    this.counters.mmioWrites++;
    this.loop.deviceAccess();
    this.mmio.write(physical, size, value);
  }

  acknowledgeInterrupt(): number {
    const vector = this.interrupts.acknowledge();
    this.counters.interrupts[vector]!++;
    return vector;
  }

  readTimestamp(): number {
    return Math.floor((this.clock.now() * TSC_FREQUENCY_HZ) / NANOSECONDS_PER_SECOND);
  }

  /** A little less than the pace measured: the counter had better fall behind, and catch up where the host is asked. */
  timestampRate(): number {
    if (!this.clock.followsHost) return 0;
    const ticks = (0.9 * this.loop.pace * TSC_FREQUENCY_HZ) / NANOSECONDS_PER_SECOND;
    return Math.min(2 ** 24, Math.floor(ticks * 2 ** 16));
  }

  statistics(): Omit<MachineStatistics, 'systemCalls'> {
    const { running, idle } = this.loop.times;
    return {
      instructions: this.processor.instructions,
      guestNanoseconds: this.clock.now(),
      runningMilliseconds: running,
      idleMilliseconds: idle,
      ports: this.counters.ports((port) => this.ports.nameOf(port)),
      mmioReads: this.counters.mmioReads,
      mmioWrites: this.counters.mmioWrites,
      interrupts: this.counters.vectors(),
    };
  }
}

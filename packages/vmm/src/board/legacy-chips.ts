/** The chips of a PC/AT that hang on nothing but ports and interrupt lines. */
import {
  DebugConsole,
  DebugExit,
  DmaPair,
  I8042,
  I8254,
  Mc146818,
  Port61,
  Port92,
  Post,
  WiredOr,
  type Clock,
  type I8259Pair,
  type InterruptLine,
  type PortBus,
  type Timers,
} from '@trapgate/devices';
import type { MachineExit } from '../machine-exit';
import type { MachineOptions } from '../machine-options';
import type { BoardChips } from './board-state';

/** Deterministic machines start at this moment unless told otherwise: 2000-01-01T00:00:00Z. */
const FIXED_DATE = Date.UTC(2000, 0, 1);

export interface LegacyNeeds {
  readonly options: MachineOptions;
  readonly ramBytes: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ports: PortBus;
  readonly interrupts: I8259Pair;
  readonly a20: InterruptLine;
  /** Host wall-clock time: milliseconds since 1970-01-01T00:00Z. */
  readonly date: () => number;
  readonly end: (exit: MachineExit) => void;
}

/** The chips that this file makes. */
export type LegacyChips = Pick<
  BoardChips,
  'timer' | 'port61' | 'keyboard' | 'port92' | 'clock' | 'dma' | 'post'
>;

/** Whether the real-time clock follows the host's. */
export const followsHostDate = ({ rtc, icount }: MachineOptions): boolean =>
  rtc === 'host' || (rtc === undefined && !icount);

function dateSource({ options, date }: LegacyNeeds): () => number {
  const { rtc } = options;
  if (rtc instanceof Date) return () => rtc.getTime();
  return rtc === undefined && options.icount ? () => FIXED_DATE : date;
}

function attachDebugPorts({ options, ports, end }: LegacyNeeds): void {
  const { debugConsole, debugExit } = options;
  if (debugConsole) new DebugConsole((byte) => debugConsole.write(byte)).attach(ports);
  if (!debugExit) return;
  const exit = new DebugExit((code) => end({ reason: 'debug-exit', code }));
  exit.attach(ports, debugExit.iobase, debugExit.iosize);
}

/** Creates the chips and puts them at their ports. Throws `PortConflictError` for a misplaced debug-exit port. */
export function attachLegacyChips(needs: LegacyNeeds): LegacyChips {
  const { clock, timers, ports, interrupts, end } = needs;
  const reset = (): void => end({ reason: 'reset' });
  const timer = new I8254({ clock, timers, irq0: interrupts.line(0) });
  timer.attach(ports);
  const port61 = new Port61({ clock, timer });
  port61.attach(ports);
  const a20 = new WiredOr(needs.a20);
  const keyboard = new I8042({ irq1: interrupts.line(1), a20: a20.source(), reset });
  keyboard.attach(ports);
  const port92 = new Port92({ a20: a20.source(), reset });
  port92.attach(ports);
  const dates = { unixMilliseconds: dateSource(needs) };
  const rtc = new Mc146818({ clock, timers, dates, irq: interrupts.line(8) });
  rtc.setMemorySize(needs.ramBytes);
  rtc.attach(ports);
  const dma = new DmaPair();
  dma.attach(ports);
  const post = new Post();
  post.attach(ports);
  attachDebugPorts(needs);
  return { timer, port61, keyboard, port92, clock: rtc, dma, post };
}

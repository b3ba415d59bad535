import { ByteFifo } from './byte-fifo';
import type { Clock, TimerHandle, Timers } from './clock';
import { byteRegistersAt, type PortBus } from './port-bus';
import { requireVersion } from './saved-state';
import type { InterruptLine } from './wires';

// National Semiconductor PC16550D data sheet, section 8 "Registers".
const RBR_THR_DLL = 0;
const IER_DLM = 1;
const IIR_FCR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;

const IER_RECEIVED = 0x01;
const IER_TRANSMITTER_EMPTY = 0x02;
const IER_LINE_STATUS = 0x04;
const IER_MODEM_STATUS = 0x08;
const IER_MASK = 0x0f;

const IIR_NONE = 0x01;
const IIR_MODEM_STATUS = 0x00;
const IIR_TRANSMITTER_EMPTY = 0x02;
const IIR_RECEIVED = 0x04;
const IIR_LINE_STATUS = 0x06;
const IIR_TIMEOUT = 0x0c;
const IIR_FIFOS = 0xc0;

const FCR_ENABLE = 0x01;
const FCR_CLEAR_RECEIVER = 0x02;
const TRIGGER_LEVELS = [1, 4, 8, 14] as const;

const LCR_DLAB = 0x80;
const LCR_BREAK = 0x40;

const MCR_DTR = 0x01;
const MCR_RTS = 0x02;
const MCR_OUT1 = 0x04;
const MCR_OUT2 = 0x08;
const MCR_LOOP = 0x10;
const MCR_MASK = 0x1f;

const LSR_DATA_READY = 0x01;
const LSR_OVERRUN = 0x02;
const LSR_BREAK = 0x10;
const LSR_ERRORS = 0x1e;
const LSR_TRANSMITTER_EMPTY = 0x60; // THRE and TEMT: a byte is gone as soon as it is written
const LSR_ERROR_IN_FIFO = 0x80;

const MSR_CTS = 0x10;
const MSR_DSR = 0x20;
const MSR_RING = 0x40;
const MSR_CARRIER = 0x80;
const MSR_LEVELS = 0xf0;

const FIFO_SIZE = 16;
const BAUD_CLOCK_HZ = 115_200; // 1.8432 MHz / 16

/** Levels of the modem status inputs. */
export interface ModemInputs {
  readonly clearToSend: boolean;
  readonly dataSetReady: boolean;
  readonly ring: boolean;
  readonly carrierDetect: boolean;
}

/** What the serial port takes from its board. */
export interface Uart16550Needs {
  readonly irq: InterruptLine;
  /** The bytes that the guest sends. */
  readonly output: (byte: number) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  /** There is room again after `receive` has refused a byte. */
  readonly inputReady?: () => void;
  /** The board lets the interrupt through only while OUT2 is active, as the PC's serial card does. Default: always. */
  readonly out2GatesInterrupt?: boolean;
}

/** The saved serial port, both FIFOs included. */
export interface Uart16550State {
  readonly version: 1;
  ier: number;
  fcr: number;
  lcr: number;
  mcr: number;
  /** Error bits of the line status register. */
  lineErrors: number;
  msr: number;
  /** Levels at the modem pins, as MSR bits. */
  modemPins: number;
  scratch: number;
  divisor: number;
  /** What the receiver buffer register shows while there is nothing new. */
  lastReceived: number;
  transmitterInterrupt: boolean;
  timeoutInterrupt: boolean;
  /** Guest nanoseconds at which bytes that wait below the trigger level raise an interrupt; null: they do not. */
  readonly timeoutAt: number | null;
  /** A byte was refused, and `inputReady` is still to be called. */
  readonly refused: boolean;
  /** Received bytes, oldest first; a break is 100h. */
  received: readonly number[];
}

const BREAK = 0x100;

/** One serial port. It sends without delay; what it receives waits in the FIFO until the guest reads it. */
export class Uart16550 {
  readonly #needs: Uart16550Needs;
  readonly #fifo = new ByteFifo(FIFO_SIZE);
  #refused = false;
  #timer: TimerHandle | null = null;
  #timeoutAt: number | null = null;
  #state = {
    ier: 0,
    fcr: 0,
    lcr: 0,
    mcr: 0,
    lineErrors: 0,
    msr: MSR_CTS | MSR_DSR | MSR_CARRIER,
    modemPins: MSR_CTS | MSR_DSR | MSR_CARRIER,
    scratch: 0,
    divisor: 12, // 9600 baud
    lastReceived: 0,
    transmitterInterrupt: false,
    timeoutInterrupt: false,
  };

  constructor(needs: Uart16550Needs) {
    this.#needs = needs;
  }

  /** Eight ports: 3F8h (COM1, IRQ 4), 2F8h (COM2, IRQ 3). */
  attach(bus: PortBus, base: number, name = '16550'): void {
    bus.map(base, 8, byteRegistersAt(base, this), name);
  }

  /** Whether `receive` would take a byte now: there is room, and the port is not looped back. */
  canReceive(): boolean {
    return (this.#state.mcr & MCR_LOOP) === 0 && this.#fifo.length < this.#depth;
  }

  /** A byte arrives. False: no room; keep it until `inputReady`. */
  receive(byte: number): boolean {
    if (!this.canReceive()) {
      this.#refused = true;
      return false;
    }
    this.#take(byte & 0xff);
    return true;
  }

  /** The line is held low for longer than a character. False: no room. */
  receiveBreak(): boolean {
    if (!this.canReceive()) return false;
    this.#take(BREAK);
    return true;
  }

  setModemInputs(inputs: ModemInputs): void {
    this.#state.modemPins =
      (inputs.clearToSend ? MSR_CTS : 0) |
      (inputs.dataSetReady ? MSR_DSR : 0) |
      (inputs.ring ? MSR_RING : 0) |
      (inputs.carrierDetect ? MSR_CARRIER : 0);
    this.#updateModemStatus();
    this.#drive();
  }

  /** Bits per second that the divisor asks for. */
  get baud(): number {
    return BAUD_CLOCK_HZ / (this.#state.divisor || 0x1_0000);
  }

  read(offset: number): number {
    const s = this.#state;
    const dlab = (s.lcr & LCR_DLAB) !== 0;
    switch (offset) {
      case RBR_THR_DLL:
        return dlab ? s.divisor & 0xff : this.#readReceived();
      case IER_DLM:
        return dlab ? s.divisor >> 8 : s.ier;
      case IIR_FCR:
        return this.#readIdentification();
      case LCR:
        return s.lcr;
      case MCR:
        return s.mcr;
      case LSR:
        return this.#readLineStatus();
      case MSR: {
        const { msr } = s;
        s.msr &= MSR_LEVELS;
        this.#drive();
        return msr;
      }
      case SCR:
        return s.scratch;
      default:
        return 0xff;
    }
  }

  write(offset: number, value: number): void {
    const s = this.#state;
    const dlab = (s.lcr & LCR_DLAB) !== 0;
    switch (offset) {
      case RBR_THR_DLL:
        if (dlab) s.divisor = (s.divisor & 0xff00) | value;
        else this.#send(value);
        break;
      case IER_DLM:
        if (dlab) s.divisor = (s.divisor & 0xff) | (value << 8);
        else this.#enable(value & IER_MASK);
        break;
      case IIR_FCR:
        this.#controlFifos(value);
        break;
      case LCR:
        if (value & ~s.lcr & LCR_BREAK && s.mcr & MCR_LOOP) this.#take(BREAK);
        s.lcr = value;
        break;
      case MCR:
        s.mcr = value & MCR_MASK;
        this.#updateModemStatus();
        this.#offerRoom();
        break;
      case SCR:
        s.scratch = value;
        break;
    }
    this.#drive();
  }

  saveState(): Uart16550State {
    return {
      version: 1,
      ...this.#state,
      timeoutAt: this.#timeoutAt,
      refused: this.#refused,
      received: this.#fifo.toArray(),
    };
  }

  /** @throws StateVersionError */
  restoreState(state: Uart16550State): void {
    requireVersion('16550', state, 1);
    const { version: _version, received, timeoutAt, refused, ...registers } = state;
    this.#state = registers;
    this.#fifo.clear();
    for (const byte of received) this.#fifo.push(byte);
    this.#refused = refused;
    this.#armTimeout(timeoutAt);
    this.#drive();
  }

  get #depth(): number {
    return this.#state.fcr & FCR_ENABLE ? FIFO_SIZE : 1;
  }

  /** Received data available: any byte, or as many as the trigger level with FIFOs. */
  get #triggered(): boolean {
    const { fcr } = this.#state;
    return this.#fifo.length >= (fcr & FCR_ENABLE ? TRIGGER_LEVELS[(fcr >> 6) as 0 | 1 | 2 | 3] : 1);
  }

  /** The pending interrupt of the highest priority (data sheet table III), without the FIFO bits. */
  #identification(): number {
    const s = this.#state;
    if (s.ier & IER_LINE_STATUS && this.#lineStatus() & LSR_ERRORS) return IIR_LINE_STATUS;
    if (s.ier & IER_RECEIVED && this.#triggered) return IIR_RECEIVED;
    if (s.ier & IER_RECEIVED && s.timeoutInterrupt) return IIR_TIMEOUT;
    if (s.ier & IER_TRANSMITTER_EMPTY && s.transmitterInterrupt) return IIR_TRANSMITTER_EMPTY;
    if (s.ier & IER_MODEM_STATUS && s.msr & ~MSR_LEVELS) return IIR_MODEM_STATUS;
    return IIR_NONE;
  }

  #drive(): void {
    const { mcr } = this.#state;
    const through = !this.#needs.out2GatesInterrupt || (mcr & (MCR_OUT2 | MCR_LOOP)) === MCR_OUT2;
    this.#needs.irq.set(through && this.#identification() !== IIR_NONE);
  }

  #readIdentification(): number {
    const s = this.#state;
    const identification = this.#identification();
    if (identification === IIR_TRANSMITTER_EMPTY) s.transmitterInterrupt = false;
    this.#drive();
    return identification | (s.fcr & FCR_ENABLE ? IIR_FIFOS : 0);
  }

  #lineStatus(): number {
    const oldest = this.#fifo.peek();
    const s = this.#state;
    return (
      s.lineErrors |
      LSR_TRANSMITTER_EMPTY |
      (oldest === undefined ? 0 : LSR_DATA_READY) |
      (s.fcr & FCR_ENABLE && this.#fifo.includes(BREAK) ? LSR_ERROR_IN_FIFO : 0)
    );
  }

  #readLineStatus(): number {
    const status = this.#lineStatus();
    this.#state.lineErrors = 0;
    this.#drive();
    return status;
  }

  #readReceived(): number {
    const byte = this.#fifo.shift();
    if (byte === undefined) return this.#state.lastReceived;
    this.#state.lastReceived = byte & 0xff;
    this.#state.timeoutInterrupt = false;
    this.#revealErrors();
    this.#restartTimeout();
    this.#drive();
    this.#offerRoom();
    return byte & 0xff;
  }

  /** A break shows in the line status when its byte is at the head of the FIFO. */
  #revealErrors(): void {
    if (this.#fifo.peek() === BREAK) this.#state.lineErrors |= LSR_BREAK;
  }

  #take(byte: number): void {
    if (this.#fifo.length >= this.#depth) {
      // Without FIFOs the new byte replaces the old one; with FIFOs the new one is lost.
      this.#state.lineErrors |= LSR_OVERRUN;
      if (this.#depth === 1) this.#fifo.clear();
    }
    if (this.#fifo.length < this.#depth) this.#fifo.push(byte);
    if (this.#fifo.length === 1) this.#revealErrors();
    this.#restartTimeout();
    this.#drive();
  }

  #offerRoom(): void {
    if (!this.#refused || !this.canReceive()) return;
    this.#refused = false;
    this.#needs.inputReady?.();
  }

  #send(byte: number): void {
    const s = this.#state;
    s.transmitterInterrupt = false;
    this.#drive();
    if (s.mcr & MCR_LOOP) this.#take(byte);
    else this.#needs.output(byte);
    s.transmitterInterrupt = true;
  }

  /** The transmitter interrupt is pending at once when it is enabled while the transmitter is empty. */
  #enable(ier: number): void {
    const s = this.#state;
    if (ier & ~s.ier & IER_TRANSMITTER_EMPTY) s.transmitterInterrupt = true;
    s.ier = ier;
  }

  #controlFifos(value: number): void {
    const s = this.#state;
    const toggled = ((value ^ s.fcr) & FCR_ENABLE) !== 0;
    if (toggled || (value & FCR_ENABLE && value & FCR_CLEAR_RECEIVER)) {
      this.#fifo.clear();
      s.timeoutInterrupt = false;
      this.#restartTimeout();
    }
    s.fcr = value & FCR_ENABLE ? value & 0xc9 : 0;
    this.#offerRoom();
  }

  /** Four character times without a byte coming or going, and a byte in the FIFO below the trigger level. */
  #restartTimeout(): void {
    const { fcr, lcr } = this.#state;
    if ((fcr & FCR_ENABLE) === 0 || this.#fifo.length === 0) return this.#armTimeout(null);
    const bits = 7 + (lcr & 3) + (lcr & 4 ? 1 : 0) + (lcr & 8 ? 1 : 0);
    const delay = (4 * bits * 1e9) / this.baud;
    this.#armTimeout(this.#needs.clock.now() + delay);
  }

  #armTimeout(deadline: number | null): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timeoutAt = deadline;
    if (deadline === null) return;
    this.#timer = this.#needs.timers.at(deadline, () => {
      this.#timer = null;
      this.#timeoutAt = null;
      this.#state.timeoutInterrupt = true;
      this.#drive();
    });
  }

  #updateModemStatus(): void {
    const s = this.#state;
    const pins = s.mcr & MCR_LOOP ? loopedBack(s.mcr) : s.modemPins;
    const changed = (pins ^ s.msr) & MSR_LEVELS;
    // Bits 0, 1, 3: CTS, DSR, DCD changed; bit 2: RI fell.
    const delta = (changed & ~MSR_RING) >> 4;
    const ringFell = changed & MSR_RING && (pins & MSR_RING) === 0 ? MSR_RING >> 4 : 0;
    s.msr = pins | (s.msr & ~MSR_LEVELS) | delta | ringFell;
  }
}

/** In the loopback mode the modem outputs are the modem inputs. */
const loopedBack = (mcr: number): number =>
  (mcr & MCR_RTS ? MSR_CTS : 0) |
  (mcr & MCR_DTR ? MSR_DSR : 0) |
  (mcr & MCR_OUT1 ? MSR_RING : 0) |
  (mcr & MCR_OUT2 ? MSR_CARRIER : 0);

import { byteRegistersAt, type PortBus } from './port-bus';
import { Ps2Keyboard, type Ps2KeyboardState } from './ps2-keyboard';
import { requireVersion } from './saved-state';
import { BREAK_PREFIX, translateToSet1 } from './scancode-set';
import type { InterruptLine, Signal } from './wires';

// IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller".
const STATUS_OUTPUT_FULL = 0x01;
const STATUS_SYSTEM = 0x04;
const STATUS_COMMAND = 0x08;
const STATUS_UNLOCKED = 0x10;
const STATUS_AUX_DATA = 0x20;
const STATUS_TIMEOUT = 0x40;

const COMMAND_BYTE_IRQ1 = 0x01;
const COMMAND_BYTE_SYSTEM = 0x04;
const COMMAND_BYTE_KEYBOARD_OFF = 0x10;
const COMMAND_BYTE_AUX_OFF = 0x20;
const COMMAND_BYTE_TRANSLATE = 0x40;
/** As firmware leaves it. */
const COMMAND_BYTE_POWER_ON =
  COMMAND_BYTE_IRQ1 | COMMAND_BYTE_SYSTEM | COMMAND_BYTE_AUX_OFF | COMMAND_BYTE_TRANSLATE;

const READ_RAM = 0x20; // to 3Fh
const WRITE_RAM = 0x60; // to 7Fh
const TEST_PASSWORD = 0xa4;
const AUX_DISABLE = 0xa7;
const AUX_ENABLE = 0xa8;
const AUX_TEST = 0xa9;
const SELF_TEST = 0xaa;
const KEYBOARD_TEST = 0xab;
const KEYBOARD_DISABLE = 0xad;
const KEYBOARD_ENABLE = 0xae;
const READ_INPUT_PORT = 0xc0;
const READ_OUTPUT_PORT = 0xd0;
const WRITE_OUTPUT_PORT = 0xd1;
const WRITE_OUTPUT_BUFFER = 0xd2;
const WRITE_AUX_OUTPUT_BUFFER = 0xd3;
const WRITE_AUX = 0xd4;
const A20_OFF = 0xdd;
const A20_ON = 0xdf;
const READ_TEST_INPUTS = 0xe0;
const PULSE_OUTPUT_PORT = 0xf0; // to FFh: bits that are 0 go low

const OUTPUT_NOT_RESET = 0x01;
const OUTPUT_A20 = 0x02;
const OUTPUT_IRQ1 = 0x10;
const OUTPUT_IDLE = 0xcc; // clock and data lines high

const SELF_TEST_PASSED = 0x55;
const NO_PASSWORD = 0xf1;
const AUX_CLOCK_STUCK_HIGH = 0x02;
const INPUT_UNLOCKED = 0x80;
const RESEND = 0xfe;

/** What the keyboard controller takes from its board. */
export interface I8042Needs {
  /** IRQ 1: high while the output buffer is full and bit 0 of the command byte is set. */
  readonly irq1: InterruptLine;
  readonly a20: InterruptLine;
  readonly reset: Signal;
}

/** The saved keyboard controller, its keyboard included. */
export interface I8042State {
  readonly version: 1;
  readonly ram: readonly number[];
  readonly status: number;
  readonly outputPort: number;
  readonly outputBuffer: number;
  readonly awaits: number;
  readonly broken: boolean;
  readonly replies: readonly number[];
  readonly keyboard: Ps2KeyboardState;
}

/** The keyboard controller and its keyboard, at ports 60h and 64h. There is no auxiliary device, nor its port. */
export class I8042 {
  readonly keyboard = new Ps2Keyboard();
  readonly #needs: I8042Needs;
  readonly #ram = new Uint8Array(32);
  #status = STATUS_UNLOCKED | STATUS_SYSTEM;
  #outputPort = OUTPUT_IDLE | OUTPUT_NOT_RESET;
  #outputBuffer = 0;
  /** The command whose parameter comes next at port 60h; 0 if none. */
  #awaits = 0;
  /** F0h has come from the keyboard: translation makes the next code one of a key released. */
  #broken = false;
  /** The controller's own bytes, which come before the keyboard's: value, and above it status bits. */
  #replies: number[] = [];

  /** A20 is off at first. */
  constructor(needs: I8042Needs) {
    this.#needs = needs;
    this.#ram[0] = COMMAND_BYTE_POWER_ON;
  }

  attach(bus: PortBus): void {
    const port = (offset: number): ReturnType<typeof byteRegistersAt> =>
      byteRegistersAt(0, {
        read: () => this.read(offset),
        write: (_port, value) => this.write(offset, value),
      });
    bus.map(0x60, 1, port(0), '8042 data');
    bus.map(0x64, 1, port(4), '8042 command');
  }

  /**
   * A key: its codes in scan code set 1, E0h prefix included, bit 7 set when released.
   * False: the keyboard has no room, or is disabled; nothing was queued.
   */
  pressKey(set1: readonly number[]): boolean {
    const taken = this.keyboard.press(set1);
    this.#refill();
    return taken;
  }

  /** Offset 0: data (port 60h); 4: status (port 64h). */
  read(offset: number): number {
    if (offset !== 0) return this.#status;
    if (this.#status & STATUS_OUTPUT_FULL) {
      this.#status &= ~(STATUS_OUTPUT_FULL | STATUS_AUX_DATA | STATUS_TIMEOUT);
      const byte = this.#outputBuffer;
      this.#drive();
      this.#refill();
      return byte;
    }
    return this.#outputBuffer;
  }

  write(offset: number, value: number): void {
    if (offset !== 0) {
      this.#status |= STATUS_COMMAND;
      this.#awaits = 0;
      this.#command(value);
    } else {
      this.#status &= ~STATUS_COMMAND;
      const awaits = this.#awaits;
      this.#awaits = 0;
      if (awaits !== 0) {
        this.#parameter(awaits, value);
      } else {
        this.#ram[0]! &= ~COMMAND_BYTE_KEYBOARD_OFF;
        this.keyboard.command(value);
      }
    }
    this.#refill();
    this.#drive();
  }

  saveState(): I8042State {
    return {
      version: 1,
      ram: [...this.#ram],
      status: this.#status,
      outputPort: this.#outputPort,
      outputBuffer: this.#outputBuffer,
      awaits: this.#awaits,
      broken: this.#broken,
      replies: [...this.#replies],
      keyboard: this.keyboard.saveState(),
    };
  }

  /** @throws StateVersionError */
  restoreState(state: I8042State): void {
    requireVersion('8042', state, 1);
    this.#ram.set(state.ram);
    this.#status = state.status;
    this.#outputPort = state.outputPort;
    this.#outputBuffer = state.outputBuffer;
    this.#awaits = state.awaits;
    this.#broken = state.broken;
    this.#replies = [...state.replies];
    this.keyboard.restoreState(state.keyboard);
    this.#needs.a20.set((state.outputPort & OUTPUT_A20) !== 0);
    this.#drive();
  }

  #drive(): void {
    const full = (this.#status & (STATUS_OUTPUT_FULL | STATUS_AUX_DATA)) === STATUS_OUTPUT_FULL;
    this.#needs.irq1.set(full && (this.#ram[0]! & COMMAND_BYTE_IRQ1) !== 0);
  }

  /** Moves the next byte into the output buffer, if that is empty. */
  #refill(): void {
    if (this.#status & STATUS_OUTPUT_FULL) return;
    const next = this.#replies.shift() ?? this.#fromKeyboard();
    if (next === undefined) return;
    this.#outputBuffer = next & 0xff;
    this.#status |= STATUS_OUTPUT_FULL | (next >> 8);
    this.#drive();
  }

  #fromKeyboard(): number | undefined {
    const [commandByte] = this.#ram;
    if (commandByte! & COMMAND_BYTE_KEYBOARD_OFF) return undefined;
    const byte = this.keyboard.send();
    if (byte === undefined || (commandByte! & COMMAND_BYTE_TRANSLATE) === 0) return byte;
    if (byte === BREAK_PREFIX) {
      this.#broken = true;
      return this.#fromKeyboard();
    }
    const code = translateToSet1(byte) | (this.#broken ? 0x80 : 0);
    this.#broken = false;
    return code;
  }

  #reply(byte: number, status = 0): void {
    this.#replies.push(byte | (status << 8));
    if (this.#replies.length > 4) this.#replies.shift(); // nobody reads: the oldest is lost
  }

  #command(value: number): void {
    if (value >= PULSE_OUTPUT_PORT) {
      if ((value & OUTPUT_NOT_RESET) === 0) this.#needs.reset();
    } else if ((value & 0xe0) === READ_RAM) {
      this.#reply(this.#ram[value & 0x1f]!);
    } else if ((value & 0xe0) === WRITE_RAM) {
      this.#awaits = value;
    } else {
      this.#singleCommand(value);
    }
  }

  #singleCommand(value: number): void {
    const [commandByte] = this.#ram;
    switch (value) {
      case WRITE_OUTPUT_PORT:
      case WRITE_OUTPUT_BUFFER:
      case WRITE_AUX_OUTPUT_BUFFER:
      case WRITE_AUX:
        this.#awaits = value;
        return;
      case AUX_DISABLE:
        this.#ram[0] = commandByte! | COMMAND_BYTE_AUX_OFF;
        return;
      case AUX_ENABLE:
        this.#ram[0] = commandByte! & ~COMMAND_BYTE_AUX_OFF;
        return;
      case KEYBOARD_DISABLE:
        this.#ram[0] = commandByte! | COMMAND_BYTE_KEYBOARD_OFF;
        return;
      case KEYBOARD_ENABLE:
        this.#ram[0] = commandByte! & ~COMMAND_BYTE_KEYBOARD_OFF;
        return;
      case SELF_TEST:
        this.#status |= STATUS_SYSTEM;
        return this.#reply(SELF_TEST_PASSED);
      case KEYBOARD_TEST:
        return this.#reply(0);
      case AUX_TEST:
        return this.#reply(AUX_CLOCK_STUCK_HIGH);
      case TEST_PASSWORD:
        return this.#reply(NO_PASSWORD);
      case READ_INPUT_PORT:
        return this.#reply(INPUT_UNLOCKED);
      case READ_TEST_INPUTS:
        return this.#reply(0);
      case READ_OUTPUT_PORT:
        return this.#reply(this.#outputPort | (this.#status & STATUS_OUTPUT_FULL ? OUTPUT_IRQ1 : 0));
      case A20_OFF:
      case A20_ON:
        return this.#writeOutputPort(value);
    }
  }

  #parameter(command: number, value: number): void {
    switch (command) {
      case WRITE_OUTPUT_PORT:
        return this.#writeOutputPort(value);
      case WRITE_OUTPUT_BUFFER:
        return this.#reply(value);
      case WRITE_AUX_OUTPUT_BUFFER: // without the port the byte does not count as the auxiliary device's
        return this.#reply(value);
      case WRITE_AUX:
        return this.#reply(RESEND, STATUS_AUX_DATA | STATUS_TIMEOUT);
      default:
        this.#ram[command & 0x1f] = value;
        if (command === WRITE_RAM) {
          this.#status = (this.#status & ~STATUS_SYSTEM) | (value & COMMAND_BYTE_SYSTEM);
        }
    }
  }

  #writeOutputPort(value: number): void {
    this.#outputPort = value & ~OUTPUT_IRQ1;
    this.#needs.a20.set((value & OUTPUT_A20) !== 0);
    if ((value & OUTPUT_NOT_RESET) === 0) this.#needs.reset();
  }
}

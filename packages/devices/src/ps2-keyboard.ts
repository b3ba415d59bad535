import { ByteFifo } from './byte-fifo';
import { set2FromSet1 } from './scancode-set';
import { requireVersion } from './saved-state';

// IBM PS/2 Hardware Interface Technical Reference, "Keyboard": commands from the system, replies.
const SET_LEDS = 0xed;
const ECHO = 0xee;
const SELECT_SET = 0xf0;
const IDENTIFY = 0xf2;
const SET_TYPEMATIC = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const SET_DEFAULTS = 0xf6;
const ALL_KEYS_FIRST = 0xf7;
const ALL_KEYS_LAST = 0xfa;
const RESEND = 0xfe;
const RESET = 0xff;

const ACKNOWLEDGE = 0xfa;
const SELF_TEST_PASSED = 0xaa;
const IDENTIFICATION = [0xab, 0x83] as const;

/** The keyboard's own buffer. */
const BUFFER = 16;

/** The saved keyboard: its settings and what it has yet to send. */
export interface Ps2KeyboardState {
  readonly version: 1;
  readonly set: 1 | 2;
  readonly scanning: boolean;
  readonly leds: number;
  readonly awaits: number;
  readonly lastSent: number;
  readonly replies: readonly number[];
  readonly keys: readonly number[];
}

/** A 101-key keyboard at the end of its cable. */
export class Ps2Keyboard {
  readonly #keys = new ByteFifo(BUFFER);
  #replies: number[] = [];
  #set: 1 | 2 = 2;
  #scanning = true;
  #leds = 0;
  /** The command whose parameter comes next; 0 if none. */
  #awaits = 0;
  #lastSent = 0;

  /** Scroll lock 1, number lock 2, capitals lock 4. */
  get leds(): number {
    return this.#leds;
  }

  /** Queues a key's codes, given in set 1. False, and nothing queued: no room, or scanning is disabled. */
  press(set1: readonly number[]): boolean {
    const bytes = this.#set === 1 ? set1 : set2FromSet1(set1);
    if (!this.#scanning || this.#keys.length + bytes.length > BUFFER) return false;
    for (const byte of bytes) this.#keys.push(byte);
    return true;
  }

  /** The next byte that it sends, if any: replies come before keys. */
  send(): number | undefined {
    const byte = this.#replies.shift() ?? this.#keys.shift();
    if (byte !== undefined && byte !== RESEND) this.#lastSent = byte;
    return byte;
  }

  /** A byte from the system. */
  command(byte: number): void {
    const awaits = this.#awaits;
    this.#awaits = 0;
    if (awaits !== 0 && byte < SET_LEDS) this.#parameter(awaits, byte);
    else this.#execute(byte);
  }

  saveState(): Ps2KeyboardState {
    return {
      version: 1,
      set: this.#set,
      scanning: this.#scanning,
      leds: this.#leds,
      awaits: this.#awaits,
      lastSent: this.#lastSent,
      replies: [...this.#replies],
      keys: this.#keys.toArray(),
    };
  }

  /** @throws StateVersionError */
  restoreState(state: Ps2KeyboardState): void {
    requireVersion('PS/2 keyboard', state, 1);
    this.#set = state.set;
    this.#scanning = state.scanning;
    this.#leds = state.leds;
    this.#awaits = state.awaits;
    this.#lastSent = state.lastSent;
    this.#replies = [...state.replies];
    this.#keys.clear();
    for (const byte of state.keys) this.#keys.push(byte);
  }

  #execute(byte: number): void {
    switch (byte) {
      case ECHO:
        this.#reply(ECHO);
        return;
      case RESEND:
        this.#reply(this.#lastSent);
        return;
      case SET_LEDS:
      case SELECT_SET:
      case SET_TYPEMATIC:
        this.#awaits = byte;
        this.#reply(ACKNOWLEDGE);
        return;
      case IDENTIFY:
        this.#reply(ACKNOWLEDGE, ...IDENTIFICATION);
        return;
      case ENABLE:
        this.#keys.clear();
        this.#scanning = true;
        this.#reply(ACKNOWLEDGE);
        return;
      case DISABLE:
      case SET_DEFAULTS:
        this.#setDefaults(byte === SET_DEFAULTS);
        this.#reply(ACKNOWLEDGE);
        return;
      case RESET:
        this.#setDefaults(true);
        this.#leds = 0;
        this.#reply(ACKNOWLEDGE, SELF_TEST_PASSED);
        return;
      default: // F7-FAh make all keys of set 3 alike: taken, without effect on sets 1 and 2
        this.#reply(byte >= ALL_KEYS_FIRST && byte <= ALL_KEYS_LAST ? ACKNOWLEDGE : RESEND);
    }
  }

  #parameter(command: number, value: number): void {
    if (command === SET_LEDS) this.#leds = value & 7;
    if (command === SELECT_SET) {
      if (value === 0) return this.#reply(ACKNOWLEDGE, this.#set);
      if (value !== 1 && value !== 2) return this.#reply(RESEND);
      this.#set = value;
    }
    this.#reply(ACKNOWLEDGE);
  }

  #setDefaults(scanning: boolean): void {
    this.#keys.clear();
    this.#set = 2;
    this.#scanning = scanning;
  }

  #reply(...bytes: number[]): void {
    this.#replies = bytes;
  }
}

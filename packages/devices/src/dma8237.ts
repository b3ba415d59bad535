import { byteRegistersAt, type PortBus } from './port-bus';
import { requireVersion } from './saved-state';

// Intel 8237A data sheet (231466), "Register Description" and "Software Commands".
const STATUS_COMMAND = 8;
const REQUEST = 9;
const SINGLE_MASK = 10;
const MODE = 11;
const CLEAR_FLIP_FLOP = 12;
const MASTER_CLEAR = 13;
const CLEAR_MASKS = 14;
const ALL_MASKS = 15;
const MASK_SET = 0x04;

/** What a channel is programmed for. */
export interface DmaChannel {
  /** Current address, in transfers of the controller's width. */
  address: number;
  /** Transfers less one. */
  count: number;
  mode: number;
  masked: boolean;
}

/** One saved 8237A. */
export interface Dma8237State {
  readonly version: 1;
  readonly channels: readonly Readonly<DmaChannel>[];
  readonly command: number;
  readonly request: number;
  readonly highByte: boolean;
}

/** One controller of four channels: the registers, without any transfers. */
export class Dma8237 {
  readonly channels: readonly DmaChannel[] = Array.from({ length: 4 }, () => ({
    address: 0,
    count: 0,
    mode: 0,
    masked: true,
  }));
  #command = 0;
  #request = 0;
  #highByte = false;

  read(offset: number): number {
    if (offset < STATUS_COMMAND) {
      const channel = this.channels[offset >> 1]!;
      const value = offset & 1 ? channel.count : channel.address;
      this.#highByte = !this.#highByte;
      return this.#highByte ? value & 0xff : value >> 8;
    }
    if (offset === STATUS_COMMAND) return this.#request << 4;
    if (offset === ALL_MASKS) return 0xf0 | this.#masks();
    return offset === MASTER_CLEAR ? 0 : 0xff; // the temporary register
  }

  write(offset: number, value: number): void {
    if (offset < STATUS_COMMAND) {
      const channel = this.channels[offset >> 1]!;
      const name = offset & 1 ? 'count' : 'address';
      channel[name] = this.#highByte
        ? (channel[name] & 0xff) | (value << 8)
        : (channel[name] & 0xff00) | value;
      this.#highByte = !this.#highByte;
      return;
    }
    const bit = 1 << (value & 3);
    switch (offset) {
      case STATUS_COMMAND:
        this.#command = value;
        break;
      case REQUEST:
        this.#request = value & MASK_SET ? this.#request | bit : this.#request & ~bit;
        break;
      case SINGLE_MASK:
        this.channels[value & 3]!.masked = (value & MASK_SET) !== 0;
        break;
      case MODE:
        this.channels[value & 3]!.mode = value & ~3;
        break;
      case CLEAR_FLIP_FLOP:
        this.#highByte = false;
        break;
      case MASTER_CLEAR:
        this.#command = 0;
        this.#request = 0;
        this.#highByte = false;
        this.#setMasks(0x0f);
        break;
      case CLEAR_MASKS:
        this.#setMasks(0);
        break;
      case ALL_MASKS:
        this.#setMasks(value);
        break;
    }
  }

  saveState(): Dma8237State {
    return {
      version: 1,
      channels: this.channels.map((channel) => ({ ...channel })),
      command: this.#command,
      request: this.#request,
      highByte: this.#highByte,
    };
  }

  /** @throws StateVersionError */
  restoreState(state: Dma8237State): void {
    requireVersion('8237', state, 1);
    this.channels.forEach((channel, index) => Object.assign(channel, state.channels[index]));
    this.#command = state.command;
    this.#request = state.request;
    this.#highByte = state.highByte;
  }

  #masks(): number {
    return this.channels.reduce((masks, channel, index) => masks | (channel.masked ? 1 << index : 0), 0);
  }

  #setMasks(masks: number): void {
    this.channels.forEach((channel, index) => {
      channel.masked = (masks & (1 << index)) !== 0;
    });
  }
}

/** Page register of each channel, as an offset from port 80h; 4 is the cascade's. */
const PAGE_OFFSETS = [0x7, 0x3, 0x1, 0x2, 0xf, 0xb, 0x9, 0xa] as const;
const PAGES = 0x80;

/** Both saved DMA controllers, with their page registers. */
export interface DmaPairState {
  readonly version: 1;
  readonly low: Dma8237State;
  readonly high: Dma8237State;
  readonly pages: readonly number[];
}

/** The DMA controllers of a PC with their page registers. Port 80h itself belongs to Post. */
export class DmaPair {
  /** Channels 0-3, 8 bits wide; ports 0-0Fh. */
  readonly low = new Dma8237();
  /** Channels 4-7, 16 bits wide; even ports C0h-DEh. */
  readonly high = new Dma8237();
  readonly #pages = new Uint8Array(16);

  attach(bus: PortBus): void {
    bus.map(0x00, 16, byteRegistersAt(0x00, this.low), '8237 channels 0-3');
    const high = {
      read: (offset: number) => this.high.read(offset >> 1),
      write: (offset: number, value: number) => this.high.write(offset >> 1, value),
    };
    bus.map(0xc0, 32, byteRegistersAt(0xc0, high), '8237 channels 4-7');
    const pages = {
      read: (offset: number) => this.#pages[offset]!,
      write: (offset: number, value: number) => {
        this.#pages[offset] = value;
      },
    };
    bus.map(PAGES + 1, 15, byteRegistersAt(PAGES, pages), 'DMA pages');
  }

  /** Physical byte address that a channel (0-7) is programmed for. */
  physicalAddress(channel: number): number {
    const page = this.#pages[PAGE_OFFSETS[channel]!]!;
    if (channel < 4) return (page << 16) | this.low.channels[channel]!.address;
    return ((page & 0xfe) << 16) | (this.high.channels[channel - 4]!.address << 1);
  }

  saveState(): DmaPairState {
    return { version: 1, low: this.low.saveState(), high: this.high.saveState(), pages: [...this.#pages] };
  }

  /** @throws StateVersionError */
  restoreState(state: DmaPairState): void {
    requireVersion('8237 pair', state, 1);
    this.low.restoreState(state.low);
    this.high.restoreState(state.high);
    this.#pages.set(state.pages);
  }
}

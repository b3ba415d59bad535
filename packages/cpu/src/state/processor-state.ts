import { STATE } from './layout';

/**
 * The state block seen from JavaScript: raw reads and writes at the offsets of {@link STATE} (`state.u32(AT.cr0)`).
 * `base` is the block's byte address in the machine's memory.
 */
export class ProcessorState {
  private readonly view: DataView;
  private readonly words: Int32Array;

  constructor(
    buffer: ArrayBufferLike,
    readonly base: number,
  ) {
    this.view = new DataView(buffer, base, STATE.size);
    this.words = new Int32Array(buffer, base, STATE.size / 4);
  }

  i32(offset: number): number {
    return this.words[offset >> 2]!;
  }
  u32(offset: number): number {
    return this.words[offset >> 2]! >>> 0;
  }
  set32(offset: number, value: number): void {
    this.words[offset >> 2] = value;
  }
  u16(offset: number): number {
    return this.view.getUint16(offset, true);
  }
  set16(offset: number, value: number): void {
    this.view.setUint16(offset, value, true);
  }
  u8(offset: number): number {
    return this.view.getUint8(offset);
  }
  set8(offset: number, value: number): void {
    this.view.setUint8(offset, value);
  }
  u64(offset: number): bigint {
    return this.view.getBigUint64(offset, true);
  }
  set64(offset: number, value: bigint): void {
    this.view.setBigUint64(offset, value, true);
  }
  /** Zeroes the whole block. */
  clear(): void {
    this.words.fill(0);
  }
}

import { byteRegistersAt, type PortBus } from './port-bus';
import { requireVersion } from './saved-state';

/** The code that was written last. */
export interface PostState {
  readonly version: 1;
  readonly code: number;
}

/** Port 80h: firmware shows its progress here; kernels write to it in order to wait. */
export class Post {
  readonly #progress: ((code: number) => void) | undefined;
  #code = 0;

  constructor(progress?: (code: number) => void) {
    this.#progress = progress;
  }

  attach(bus: PortBus): void {
    bus.map(0x80, 1, byteRegistersAt(0x80, this), 'POST');
  }

  /** The code written last. */
  read(): number {
    return this.#code;
  }

  write(_offset: number, value: number): void {
    this.#code = value;
    this.#progress?.(value);
  }

  saveState(): PostState {
    return { version: 1, code: this.#code };
  }

  /** @throws StateVersionError */
  restoreState(state: PostState): void {
    requireVersion('POST', state, 1);
    this.#code = state.code;
  }
}

/** A wire that carries a level. Setting the level that it already has changes nothing. */
export interface InterruptLine {
  set(level: boolean): void;
}

/** Anything that happens once, when a chip asks for it (reset, power off). */
export type Signal = () => void;

/**
 * Several sources on one wire: the output is high while at least one source is high.
 * Serves shared PCI interrupts and the two sources of the A20 gate (8042 and port 92h).
 */
export class WiredOr {
  #high = 0;
  readonly #output: InterruptLine;

  constructor(output: InterruptLine) {
    this.#output = output;
  }

  /** A new source, low at first. */
  source(): InterruptLine {
    let level = false;
    return {
      set: (next) => {
        if (next === level) return;
        level = next;
        this.#high += next ? 1 : -1;
        this.#output.set(this.#high > 0);
      },
    };
  }
}

import type { InterruptLine } from './wires';

/** A wire that remembers its level and counts its rising edges. */
export class RecordedLine implements InterruptLine {
  level = false;
  rises = 0;

  set(level: boolean): void {
    if (level && !this.level) this.rises++;
    this.level = level;
  }
}

import { byteRegistersAt, type PortBus } from './port-bus';
import { requireVersion } from './saved-state';
import type { InterruptLine } from './wires';

// Intel 8259A data sheet (231468), "Initialization Command Words" and "Operation Command Words".
const ICW1 = 0x10; // A0 = 0, D4 = 1
const ICW1_IC4 = 0x01;
const ICW1_SNGL = 0x02;
const ICW1_LTIM = 0x08;
const ICW4_AEOI = 0x02;
const ICW4_SFNM = 0x10;
const OCW3 = 0x08; // A0 = 0, D4 = 0, D3 = 1
const OCW3_RIS = 0x01;
const OCW3_RR = 0x02;
const OCW3_P = 0x04;
const OCW3_SMM = 0x20;
const OCW3_ESMM = 0x40;
const OCW2_EOI = 0x20;
const OCW2_SL = 0x40;
const OCW2_R = 0x80;
const POLL_INTERRUPT = 0x80;
const SPURIOUS_LEVEL = 7;

/** The master's input that the slave's INT is wired to on a PC. */
const CASCADE = 2;

/** Lines that can be level-triggered on a PC: not 0, 1, 2, 8, 13 (82371SB, ELCR1 and ELCR2). */
const ELCR_WRITABLE = [0xf8, 0xde] as const;

/** One saved interrupt controller. */
export interface I8259State {
  readonly version: 1;
  /** Levels of the inputs. */
  lines: number;
  irr: number;
  isr: number;
  imr: number;
  vectorBase: number;
  /** The next initialization word that is expected; 0 outside of an initialization. */
  expects: 0 | 2 | 3 | 4;
  icw1: number;
  icw4: number;
  elcr: number;
  lowestPriority: number;
  rotateOnAutoEoi: boolean;
  specialMask: boolean;
  readIsr: boolean;
  poll: boolean;
}

/** At power-on all is masked; the data sheet leaves it open. */
const powerOn = (): I8259State => ({
  version: 1,
  lines: 0,
  irr: 0,
  isr: 0,
  imr: 0xff,
  vectorBase: 0,
  expects: 0,
  icw1: 0,
  icw4: 0,
  elcr: 0,
  lowestPriority: 7,
  rotateOnAutoEoi: false,
  specialMask: false,
  readIsr: false,
  poll: false,
});

/** One 8259A in 8086 mode. Two byte registers, selected by A0. */
export class I8259 {
  #state = powerOn();
  readonly #output: InterruptLine;
  /** Levels (a bit each) that may interrupt while their own in-service bit is set, under ICW4.SFNM. */
  readonly #slaves: number;

  /** @param slaves a bit for each input that a slave is wired to */
  constructor(output: InterruptLine, slaves = 0) {
    this.#output = output;
    this.#slaves = slaves;
  }

  /** Level of input `level` (0-7). Edge-triggered requests vanish when their input falls before INTA. */
  setInput(level: number, high: boolean): void {
    const s = this.#state;
    const bit = 1 << level;
    if (high === ((s.lines & bit) !== 0)) return;
    s.lines ^= bit;
    if (high) s.irr |= bit;
    else s.irr &= ~bit;
    this.#drive();
  }

  read(a0: number): number {
    const s = this.#state;
    if (s.poll) {
      s.poll = false;
      const level = this.#accept();
      return level === null ? 0 : POLL_INTERRUPT | level;
    }
    if (a0 === 1) return s.imr;
    return s.readIsr ? s.isr : s.irr;
  }

  write(a0: number, value: number): void {
    if (a0 === 0) {
      if (value & ICW1) this.#initialize(value);
      else if (value & OCW3) this.#ocw3(value);
      else this.#ocw2(value);
    } else {
      this.#writeA1(value);
    }
    this.#drive();
  }

  /** Edge/level control: a set bit makes the input level-triggered (outside of the 8259A; PIIX3 4D0h-4D1h). */
  get elcr(): number {
    return this.#state.elcr;
  }

  set elcr(value: number) {
    const s = this.#state;
    s.elcr = value;
    s.irr |= s.lines & this.#levelTriggered();
    this.#drive();
  }

  /** The second INTA: the vector; without a request, that of level 7 with no in-service bit. */
  acknowledge(): number {
    const level = this.#accept() ?? SPURIOUS_LEVEL;
    return this.#state.vectorBase | level;
  }

  /** Which input `acknowledge` would take now. */
  pendingLevel(): number | null {
    const s = this.#state;
    if (s.expects !== 0) return null;
    const requests = s.irr & ~s.imr;
    if (requests === 0) return null;
    const level = this.#highest(requests);
    const inService = s.specialMask ? s.isr & ~s.imr : s.isr;
    if (inService === 0) return level;
    const own = this.#priority(level);
    const current = this.#priority(this.#highest(inService));
    if (own < current) return level;
    const nested = (s.icw4 & ICW4_SFNM) !== 0 && (this.#slaves & (1 << level)) !== 0;
    return nested && own === current ? level : null;
  }

  saveState(): I8259State {
    return { ...this.#state };
  }

  /** @throws StateVersionError */
  restoreState(state: I8259State): void {
    requireVersion('8259', state, 1);
    this.#state = { ...state };
    this.#drive();
  }

  #drive(): void {
    this.#output.set(this.pendingLevel() !== null);
  }

  /** INTA: moves the highest request into service. INT falls; what else is pending raises it again. */
  #accept(): number | null {
    const s = this.#state;
    const level = this.pendingLevel();
    if (level === null) return null;
    const bit = 1 << level;
    if ((this.#levelTriggered() & bit) === 0) s.irr &= ~bit;
    if (s.icw4 & ICW4_AEOI) {
      if (s.rotateOnAutoEoi) s.lowestPriority = level;
    } else {
      s.isr |= bit;
    }
    this.#output.set(false);
    this.#drive();
    return level;
  }

  #levelTriggered(): number {
    const s = this.#state;
    return s.icw1 & ICW1_LTIM ? 0xff : s.elcr;
  }

  #priority(level: number): number {
    return (level - this.#state.lowestPriority - 1) & 7;
  }

  #highest(levels: number): number {
    let level = (this.#state.lowestPriority + 1) & 7;
    while ((levels & (1 << level)) === 0) level = (level + 1) & 7;
    return level;
  }

  #initialize(value: number): void {
    const s = this.#state;
    s.icw1 = value;
    s.expects = 2;
    if ((value & ICW1_IC4) === 0) s.icw4 = 0;
    s.imr = 0;
    s.isr = 0;
    s.irr = s.lines & this.#levelTriggered();
    s.lowestPriority = 7;
    s.rotateOnAutoEoi = false;
    s.specialMask = false;
    s.readIsr = false;
    s.poll = false;
  }

  #writeA1(value: number): void {
    const s = this.#state;
    const last = s.icw1 & ICW1_IC4 ? 4 : 0;
    switch (s.expects) {
      case 0:
        s.imr = value;
        break;
      case 2:
        s.vectorBase = value & 0xf8;
        s.expects = s.icw1 & ICW1_SNGL ? last : 3;
        break;
      case 3: // the cascade is wired, so its description is not needed
        s.expects = last;
        break;
      case 4:
        s.icw4 = value;
        s.expects = 0;
        break;
    }
  }

  #ocw2(value: number): void {
    const s = this.#state;
    const rotate = (value & OCW2_R) !== 0;
    const specific = (value & OCW2_SL) !== 0;
    if ((value & OCW2_EOI) === 0) {
      if (!specific) s.rotateOnAutoEoi = rotate;
      else if (rotate) s.lowestPriority = value & 7;
      return;
    }
    // In special mask mode a non-specific EOI leaves masked in-service bits alone.
    const inService = s.specialMask ? s.isr & ~s.imr : s.isr;
    if (!specific && inService === 0) return;
    const level = specific ? value & 7 : this.#highest(inService);
    s.isr &= ~(1 << level);
    if (rotate) s.lowestPriority = level;
  }

  #ocw3(value: number): void {
    const s = this.#state;
    if (value & OCW3_ESMM) s.specialMask = (value & OCW3_SMM) !== 0;
    if (value & OCW3_RR) s.readIsr = (value & OCW3_RIS) !== 0;
    s.poll = (value & OCW3_P) !== 0;
  }
}

/** No such interrupt input, or one that the cascade occupies. */
export class InterruptInputError extends Error {
  override readonly name = 'InterruptInputError';
  readonly code = 'NO_INTERRUPT_INPUT';

  constructor(readonly irq: number) {
    super(`IRQ ${irq} cannot be wired: inputs are 0-15 without 2`);
  }
}

/** Both saved interrupt controllers. */
export interface I8259PairState {
  readonly version: 1;
  readonly master: I8259State;
  readonly slave: I8259State;
}

/** The interrupt controllers of a PC: IRQ 0-7 on the master, 8-15 on the slave, whose INT is IRQ 2. */
export class I8259Pair {
  readonly master: I8259;
  readonly slave: I8259;

  /** @param output INTR of the processor */
  constructor(output: InterruptLine) {
    this.master = new I8259(output, 1 << CASCADE);
    this.slave = new I8259({ set: (level) => this.master.setInput(CASCADE, level) });
  }

  /** Ports 20h-21h, A0h-A1h and the edge/level control registers 4D0h-4D1h. */
  attach(bus: PortBus): void {
    bus.map(0x20, 2, byteRegistersAt(0x20, this.master), '8259 master');
    bus.map(0xa0, 2, byteRegistersAt(0xa0, this.slave), '8259 slave');
    const elcr = {
      read: (offset: number) => (offset === 0 ? this.master : this.slave).elcr,
      write: (offset: number, value: number) => {
        (offset === 0 ? this.master : this.slave).elcr = value & ELCR_WRITABLE[offset]!;
      },
    };
    bus.map(0x4d0, 2, byteRegistersAt(0x4d0, elcr), 'ELCR');
  }

  /**
   * The wire of an interrupt request, 0-15.
   * @throws InterruptInputError for 2 (the cascade) and what is out of range
   */
  line(irq: number): InterruptLine {
    if (!Number.isInteger(irq) || irq < 0 || irq > 15 || irq === CASCADE) throw new InterruptInputError(irq);
    const chip = irq < 8 ? this.master : this.slave;
    return { set: (level) => chip.setInput(irq & 7, level) };
  }

  /** The processor's interrupt acknowledge: the vector, 0-255. Spurious: level 7 of the chip asked. */
  acknowledge(): number {
    const cascaded = this.master.pendingLevel() === CASCADE;
    const vector = this.master.acknowledge();
    return cascaded ? this.slave.acknowledge() : vector;
  }

  saveState(): I8259PairState {
    return { version: 1, master: this.master.saveState(), slave: this.slave.saveState() };
  }

  /** @throws StateVersionError */
  restoreState(state: I8259PairState): void {
    requireVersion('8259 pair', state, 1);
    this.slave.restoreState(state.slave);
    this.master.restoreState(state.master);
  }
}

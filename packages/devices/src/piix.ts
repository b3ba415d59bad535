import { PciFunction } from './pci-function';
import { type InterruptLine, WiredOr } from './wires';

// Intel 82371SB (PIIX3) data sheet (290550), "PCI to ISA Bridge Registers (Function 0)".
const ISA_RECOVERY = 0x4c;
const X_BUS_CHIP_SELECT = 0x4e;
const PIRQ_ROUTE = 0x60;
const PIRQ_DISABLED = 0x80;
const TOP_OF_MEMORY = 0x69;
const DETERMINISTIC_LATENCY = 0x82;
/** IRQs that a PIRQ can be routed to: 3-7, 9-12, 14, 15. */
const ROUTABLE = 0xdef8;

/** The ISA bridge, function 0. Routes the four PCI interrupts to inputs of the 8259 pair. */
export class Piix3 extends PciFunction {
  readonly #levels = [false, false, false, false];
  readonly #routed: (InterruptLine | null)[] = [null, null, null, null];
  readonly #shared = new Map<number, WiredOr>();
  readonly #irq: (irq: number) => InterruptLine;

  /** @param irq the wire of an interrupt input, 0-15, that only PCI devices drive */
  constructor(irq: (irq: number) => InterruptLine) {
    super({
      vendor: 0x8086,
      device: 0x7000,
      revision: 0x00,
      classCode: 0x06_01_00,
      status: 0x0280,
      multiFunction: true,
    });
    this.#irq = irq;
    this.config[0x04] = 0x07; // I/O, memory and bus master cannot be turned off
    this.allowWrites(0x04, 2, 0x0008);
    this.config[ISA_RECOVERY] = 0x4d;
    this.config[X_BUS_CHIP_SELECT] = 0x03;
    this.config[TOP_OF_MEMORY] = 0x02;
    this.allowWrites(ISA_RECOVERY, 1, 0xff);
    this.allowWrites(X_BUS_CHIP_SELECT, 2, 0x01ff);
    this.allowWrites(TOP_OF_MEMORY, 1, 0xff);
    this.allowWrites(DETERMINISTIC_LATENCY, 1, 0x0f);
    this.config.fill(PIRQ_DISABLED, PIRQ_ROUTE, PIRQ_ROUTE + 4);
    this.allowWrites(PIRQ_ROUTE, 4, 0x8f8f8f8f);
    this.watch(PIRQ_ROUTE, 4, () => this.#route());
  }

  /** PIRQA# to PIRQD# (0-3); a device that shares one joins by WiredOr. */
  pirq(number: 0 | 1 | 2 | 3): InterruptLine {
    return {
      set: (level) => {
        this.#levels[number] = level;
        this.#routed[number]?.set(level);
      },
    };
  }

  #route(): void {
    for (let i = 0; i < 4; i++) this.#routed[i]?.set(false);
    for (let i = 0; i < 4; i++) {
      const route = this.config[PIRQ_ROUTE + i]!;
      const enabled = (route & PIRQ_DISABLED) === 0 && (ROUTABLE & (1 << (route & 15))) !== 0;
      this.#routed[i] = enabled ? this.#sourceOf(route & 15) : null;
      this.#routed[i]?.set(this.#levels[i]!);
    }
  }

  #sourceOf(irq: number): InterruptLine {
    let shared = this.#shared.get(irq);
    if (shared === undefined) this.#shared.set(irq, (shared = new WiredOr(this.#irq(irq))));
    return shared.source();
  }
}

// Intel 82371AB (PIIX4) data sheet (290562), "Power Management (Function 3)".
const PM_BASE = 0x40;
const PM_MISCELLANEOUS = 0x80;
const PM_IO_ENABLE = 0x01;
const SMBUS_BASE = 0x90;
const SMBUS_CONFIGURATION = 0xd2;
const IO_SPACE = 0x01;

/** The power management function, function 3: tells where the registers of AcpiPm are. */
export class Piix4Pm extends PciFunction {
  /** @param moved the 64 ports are at `base` now; null: they are disabled */
  constructor(moved: (base: number | null) => void) {
    super({
      vendor: 0x8086,
      device: 0x7113,
      revision: 0x03,
      classCode: 0x06_80_00,
      status: 0x0280,
      interruptPin: 1,
    });
    this.config[PM_BASE] = IO_SPACE;
    this.allowWrites(PM_BASE, 4, 0xffc0);
    this.allowWrites(PM_MISCELLANEOUS, 1, PM_IO_ENABLE);
    this.config[SMBUS_BASE] = IO_SPACE;
    this.allowWrites(SMBUS_BASE, 4, 0xfff0);
    this.allowWrites(SMBUS_CONFIGURATION, 1, 0x0f);
    let last: number | null = null;
    const changed = (): void => {
      const base = this.config[PM_MISCELLANEOUS]! & PM_IO_ENABLE ? this.get(PM_BASE, 2) & 0xffc0 : null;
      if (base !== last) moved((last = base));
    };
    this.watch(PM_BASE, 4, changed);
    this.watch(PM_MISCELLANEOUS, 1, changed);
  }

  /** What firmware does: puts the power management registers at `base` (a multiple of 64) and enables them. */
  setIoBase(base: number): void {
    this.write(PM_BASE, 4, base);
    this.write(PM_MISCELLANEOUS, 1, PM_IO_ENABLE);
  }
}

import type { PortBus } from '@trapgate/devices';
import { PIRQ_LINES } from '../acpi/dsdt';
import { SCI_LINE } from '../acpi/pm-registers';

const MASTER = 0x20;
const SLAVE = 0xa0;
const ELCR = 0x4d0;
const PORT_92 = 0x92;
const FAST_A20 = 0x02;
/** Vectors of the PC's BIOS: IRQ 0-7 at 08h, IRQ 8-15 at 70h. */
const BIOS_VECTORS = { master: 0x08, slave: 0x70 };
const CASCADE_INPUT = 2;

function initialize(ports: PortBus, chip: number, vector: number, cascade: number): void {
  ports.write(chip, 1, 0x11); // ICW1: edge-triggered, cascaded, ICW4 follows
  ports.write(chip + 1, 1, vector);
  ports.write(chip + 1, 1, cascade);
  ports.write(chip + 1, 1, 0x01); // ICW4: 8086 mode
  ports.write(chip + 1, 1, 0xff); // all inputs masked
}

/** Sets the chips up as firmware does before it starts a kernel: 8259s initialized and masked, A20 on. */
export function setUpChips(ports: PortBus): void {
  initialize(ports, MASTER, BIOS_VECTORS.master, 1 << CASCADE_INPUT);
  initialize(ports, SLAVE, BIOS_VECTORS.slave, CASCADE_INPUT);
  const levels = [SCI_LINE, ...PIRQ_LINES].reduce((bits, line) => bits | (1 << line), 0);
  ports.write(ELCR, 1, levels & 0xff);
  ports.write(ELCR + 1, 1, levels >> 8);
  ports.write(PORT_92, 1, FAST_A20);
}

/** The chip set: i440FX host bridge, PIIX3 ISA bridge and PIIX4 power management, as its firmware leaves it. */
import {
  AcpiPm,
  I440fx,
  PciHost,
  Piix3,
  Piix4Pm,
  ResetControl,
  type Clock,
  type I8259Pair,
  type PortBus,
  type Timers,
} from '@trapgate/devices';
import { PIRQ_LINES } from '../acpi/dsdt';
import { PM_BASE, PM_LENGTH, SCI_LINE, SLEEP_TYPE_S5 } from '../acpi/pm-registers';
import type { MachineExit } from '../machine-exit';
import type { BoardChips } from './board-state';

const PIRQ_ROUTE = 0x60;
const INTERRUPT_LINE = 0x3c;

export interface ChipSetNeeds {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ports: PortBus;
  readonly interrupts: I8259Pair;
  readonly end: (exit: MachineExit) => void;
}

/** The chips that this file makes. */
export type ChipSet = Pick<
  BoardChips,
  'pci' | 'resetControl' | 'hostBridge' | 'isaBridge' | 'powerFunction' | 'power'
>;

/** A guest may move the power-management ports onto others; then they are nowhere. */
function isFree(ports: PortBus, base: number): boolean {
  for (let port = base; port < base + PM_LENGTH; port++) if (ports.nameOf(port) !== undefined) return false;
  return true;
}

/** Creates the chip set and sets it up: power management at PM_BASE, PCI interrupts routed. */
export function attachChipSet(needs: ChipSetNeeds): ChipSet {
  const { clock, timers, ports, interrupts, end } = needs;
  const resetControl = new ResetControl(() => end({ reason: 'reset' }));
  const pci = new PciHost(resetControl);
  pci.attach(ports);
  const hostBridge = new I440fx();
  pci.add(0, 0, hostBridge);
  const isa = new Piix3((irq) => interrupts.line(irq));
  isa.write(
    PIRQ_ROUTE,
    4,
    PIRQ_LINES.reduceRight((word, line) => (word << 8) | line, 0),
  );
  pci.add(1, 0, isa);

  const acpi = new AcpiPm({
    clock,
    timers,
    sci: interrupts.line(SCI_LINE),
    powerOff: () => end({ reason: 'power-off' }),
    softOffType: SLEEP_TYPE_S5,
  });
  acpi.attach(ports);
  const power = new Piix4Pm((base) => {
    acpi.moveTo(ports, null);
    if (base !== null && isFree(ports, base)) acpi.moveTo(ports, base);
  });
  power.setIoBase(PM_BASE);
  power.write(INTERRUPT_LINE, 1, SCI_LINE);
  pci.add(1, 3, power);
  return { pci, resetControl, hostBridge, isaBridge: isa, powerFunction: power, power: acpi };
}

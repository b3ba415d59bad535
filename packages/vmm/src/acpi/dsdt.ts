/** The board's differentiated definition block: what a guest cannot find by probing. */
import { PCI_HOLE_BASE, PCI_HOLE_END } from '../board/memory-map';
import {
  busNumbers,
  device,
  dma,
  eisaId,
  integer,
  io,
  ioWindow,
  irq,
  memoryWindow,
  name,
  packageOf,
  resourceTemplate,
  scope,
  type Aml,
} from './aml';
import { PM_BASE, PM_LENGTH, SLEEP_TYPE_S5 } from './pm-registers';

const PCI_SLOTS = 32;
const PCI_PINS = 4;
/** Interrupt lines of PIRQ A-D, as the board's firmware programs the PIIX3's router (PIRQRC, offset 60h). */
export const PIRQ_LINES = [10, 10, 11, 11] as const;

/** `_PRT`: pin INTA-INTD of every slot; slots rotate over the four PIRQ lines as on the i440FX board. */
function routingTable(): Aml {
  const entries: Aml[] = [];
  for (let slot = 1; slot < PCI_SLOTS; slot++) {
    for (let pin = 0; pin < PCI_PINS; pin++) {
      const line = PIRQ_LINES[(slot - 1 + pin) % PCI_PINS]!;
      entries.push(packageOf(integer(slot * 0x10000 + 0xffff), integer(pin), integer(0), integer(line)));
    }
  }
  return packageOf(...entries);
}

function isaDevice(path: string, id: string, ...resources: readonly Aml[]): Aml {
  return device(path, name('_HID', eisaId(id)), name('_CRS', resourceTemplate(...resources)));
}

const isaBridge = (): Aml =>
  device(
    'ISA',
    name('_ADR', integer(0x00010000)),
    isaDevice('RTC', 'PNP0B00', io(0x70, 2), irq(8)),
    isaDevice('TIMR', 'PNP0100', io(0x40, 4), irq(0)),
    isaDevice('PIC', 'PNP0000', io(0x20, 2), io(0xa0, 2), irq(2)),
    isaDevice('DMAC', 'PNP0200', io(0x00, 16), io(0x80, 17), io(0xc0, 32), dma(4)),
    isaDevice('SPKR', 'PNP0800', io(0x61, 1)),
    isaDevice('FPU', 'PNP0C04', io(0xf0, 16), irq(13)),
    isaDevice('KBD', 'PNP0303', io(0x60, 1), io(0x64, 1), irq(1)),
    device(
      'COM1',
      name('_HID', eisaId('PNP0501')),
      name('_UID', integer(1)),
      name('_CRS', resourceTemplate(io(0x3f8, 8), irq(4))),
    ),
    // Ports of the power-management function that no standard BAR shows.
    isaDevice('SYSR', 'PNP0C02', io(PM_BASE, PM_LENGTH), io(0xb2, 2), io(0x92, 1), io(0x4d0, 2)),
  );

/** The AML of the DSDT, without the table header. */
export function dsdtBody(): Uint8Array {
  const windows = resourceTemplate(
    busNumbers(0, 0xff),
    io(0xcf8, 8),
    ioWindow(0x0000, 0x0cf7),
    ioWindow(0x0d00, 0xffff),
    memoryWindow(0x000a0000, 0x000bffff),
    memoryWindow(PCI_HOLE_BASE, PCI_HOLE_END - 1),
  );
  const host = device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_UID', integer(0)),
    name('_CRS', windows),
    name('_PRT', routingTable()),
    isaBridge(),
  );
  const sleep = packageOf(integer(SLEEP_TYPE_S5), integer(SLEEP_TYPE_S5), integer(0), integer(0));
  return Uint8Array.from([...scope('\\_SB', host), ...name('\\_S5', sleep)]);
}

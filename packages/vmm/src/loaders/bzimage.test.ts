import { expect, test } from 'vitest';
import { viewOf } from '../byte-writer';
import { bzImage } from '../testing/images';
import type { BootPlan } from './boot-image';
import { planBzImage } from './bzimage';

const MIB = 1024 * 1024;

function zeroPage(plan: BootPlan): DataView {
  return viewOf(plan.placements.find((placement) => placement.address === plan.entry.esi)!.bytes);
}

test('the zero page tells the kernel about memory, command line, initial RAM disk and ACPI', () => {
  const initrd = new Uint8Array(5000).fill(7);
  const image = { kind: 'auto', kernel: bzImage(), initrd, commandLine: 'console=ttyS0' } as const;
  const plan = planBzImage(image, { ramBytes: 64 * MIB, rsdpAddress: 0xe0000 });
  const page = zeroPage(plan);

  expect(page.getUint32(0x202, true)).toBe(0x53726448);
  expect(page.getUint8(0x210)).toBe(0xff);
  expect(page.getUint32(0x070, true)).toBe(0xe0000);
  expect(page.getUint32(0x1e0, true)).toBe(63 * 1024);
  expect(page.getUint8(0x1ef)).toBe(0);

  const e820 = Array.from({ length: page.getUint8(0x1e8) }, (_, index) => {
    const at = 0x2d0 + 20 * index;
    return [page.getUint32(at, true), page.getUint32(at + 8, true), page.getUint32(at + 16, true)];
  });
  expect(e820).toEqual([
    [0x00000000, 0x0009fc00, 1],
    [0x0009fc00, 0x00000400, 2],
    [0x000e0000, 0x00020000, 2],
    [0x00100000, 63 * MIB, 1],
  ]);

  const ramdisk = page.getUint32(0x218, true);
  expect(ramdisk).toBe(64 * MIB - 8192);
  expect(page.getUint32(0x21c, true)).toBe(5000);
  expect(plan.placements.find((placement) => placement.address === ramdisk)!.bytes).toBe(initrd);

  const commandLine = plan.placements.find((placement) => placement.address === page.getUint32(0x228, true))!;
  expect(new TextDecoder().decode(commandLine.bytes)).toBe('console=ttyS0\0');
});

test('the protected-mode part goes to 1 MiB and is entered there', () => {
  const system = new Uint8Array(64).map((_, index) => index);
  const image = { kind: 'auto', kernel: bzImage({ setupSectors: 5, system }) } as const;
  const plan = planBzImage(image, { ramBytes: 64 * MIB, rsdpAddress: 0 });
  expect(plan.placements.find((placement) => placement.address === MIB)!.bytes).toEqual(system);
  expect(plan.entry).toMatchObject({ eip: MIB, codeSelector: 0x10, dataSelector: 0x18 });
});

test('an initial RAM disk stays below the address that the kernel names', () => {
  const image = {
    kind: 'auto',
    kernel: bzImage({ initrdAddressMax: 48 * MIB - 1 }),
    initrd: new Uint8Array(4096),
  } as const;
  const plan = planBzImage(image, { ramBytes: 64 * MIB, rsdpAddress: 0 });
  expect(zeroPage(plan).getUint32(0x218, true)).toBe(48 * MIB - 4096);
});

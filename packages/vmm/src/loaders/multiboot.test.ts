import { describe, expect, test } from 'vitest';
import { viewOf } from '../byte-writer';
import { elfImage, multibootImage } from '../testing/images';
import type { BootPlan } from './boot-image';
import { planElf, planMultiboot } from './multiboot';

const MIB = 1024 * 1024;
const machine = { ramBytes: 16 * MIB, rsdpAddress: 0xe0000 };

/** Reads planned memory, as the guest would. */
function memory(plan: BootPlan) {
  const at = (address: number): DataView => {
    const placement = plan.placements.find(
      (p) => address >= p.address && address < p.address + p.bytes.length,
    )!;
    return viewOf(placement.bytes.subarray(address - placement.address));
  };
  const u32 = (address: number): number => at(address).getUint32(0, true);
  const text = (address: number): string => {
    let out = '';
    for (let byte; (byte = at(address + out.length).getUint8(0));) out += String.fromCharCode(byte);
    return out;
  };
  return { u32, text };
}

describe('boot information', () => {
  const image = { kind: 'auto', kernel: multibootImage(), commandLine: 'demo quick' } as const;

  test('memory, command line, map and loader name', () => {
    const plan = planMultiboot(image, machine, 0);
    const { u32, text } = memory(plan);
    const info = plan.entry.ebx;
    expect(plan.entry.eax).toBe(0x2badb002);
    expect(u32(info)).toBe(0x245);
    expect([u32(info + 4), u32(info + 8)]).toEqual([639, 15 * 1024]);
    expect(text(u32(info + 16))).toBe('demo quick');
    expect(text(u32(info + 64))).toBe('Trapgate');
    const map = u32(info + 48);
    expect(u32(info + 44)).toBe(4 * 24);
    expect([0, 4, 8, 12, 16, 20].map((offset) => u32(map + 72 + offset))).toEqual([
      20,
      MIB,
      0,
      15 * MIB,
      0,
      1,
    ]);
  });

  test('the initial RAM disk becomes a module on the page after the kernel', () => {
    const kernel = multibootImage({ bssEnd: 0x105001 });
    const initrd = Uint8Array.of(1, 2, 3);
    const plan = planMultiboot({ ...image, kernel, initrd }, machine, 0);
    const { u32, text } = memory(plan);
    const info = plan.entry.ebx;
    expect(u32(info)).toBe(0x24d);
    expect(u32(info + 20)).toBe(1);
    const module = u32(info + 24);
    expect([u32(module), u32(module + 4)]).toEqual([0x106000, 0x106003]);
    expect(text(u32(module + 8))).toBe('');
  });

  test('it keeps clear of an image in low memory', () => {
    const plan = planMultiboot(
      { ...image, kernel: multibootImage({ loadAddress: 0x8000, length: 0x2000 }) },
      machine,
      0,
    );
    expect(plan.entry.gdtBase).toBe(0x20000);
  });
});

describe('address fields', () => {
  test('load_addr..load_end_addr is copied, the rest up to bss_end_addr is zero', () => {
    const parts = { at: 16, length: 200, loadEnd: 0x100064, bssEnd: 0x101000, headerAddress: 0x100010 };
    const plan = planMultiboot({ kind: 'auto', kernel: multibootImage(parts) }, machine, 16);
    const segment = plan.placements[0]!;
    expect([segment.address, segment.bytes.length, segment.zeroTo]).toEqual([0x100000, 0x64, 0x101000]);
    expect(plan.entry.eip).toBe(0x100030);
  });

  test('the header may be above the load address by less than in the file', () => {
    const parts = { at: 64, length: 200, headerAddress: 0x100010, loadAddress: 0x100000 };
    const plan = planMultiboot({ kind: 'auto', kernel: multibootImage(parts) }, machine, 64);
    expect(plan.placements[0]!.bytes.length).toBe(200 - 48);
  });
});

describe('ELF', () => {
  const code = Uint8Array.of(0x90, 0xf4);
  test('segments go to their physical addresses; a virtual entry point is translated', () => {
    const kernel = elfImage(0xc0100001, [
      { virtual: 0xc0100000, physical: 0x100000, bytes: code, memorySize: 0x1000 },
    ]);
    const plan = planElf({ kind: 'auto', kernel }, machine);
    expect(plan.entry).toMatchObject({ eip: 0x100001, eax: 0 });
    expect(plan.placements[0]).toMatchObject({ address: 0x100000, zeroTo: 0x101000 });
  });
});

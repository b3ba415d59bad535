import { describe, expect, test } from 'vitest';
import { ImageError } from '../errors';
import { bzImage, elfImage, multibootImage } from '../testing/images';
import type { LoadableImage } from './boot-image';
import { planBoot } from './detect';

const MIB = 1024 * 1024;
const machine = { ramBytes: 64 * MIB, rsdpAddress: 0xe0000 };

function plan(kernel: Uint8Array, more: Partial<LoadableImage> = {}, ramBytes = machine.ramBytes) {
  return planBoot({ kind: 'auto', kernel, ...more }, { ...machine, ramBytes });
}

function textOf(length: number, text: string): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function bootSector(): Uint8Array {
  const bytes = new Uint8Array(512);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

function elf64(): Uint8Array {
  const bytes = elfImage(0, []);
  bytes[4] = 2;
  return bytes;
}

describe('the format is found', () => {
  test.each([
    ['bzImage', bzImage()],
    ['multiboot', multibootImage()],
    ['multiboot', multibootImage({ at: 8180 - 32, length: 8192 })],
    ['elf', elfImage(0x100000, [{ virtual: 0x100000, physical: 0x100000, bytes: Uint8Array.of(0xf4) }])],
  ])('%s', (format, kernel) => {
    expect(plan(kernel).format).toBe(format);
  });
});

describe('what is no kernel is refused in one line', () => {
  const initrd = new Uint8Array(60 * MIB);
  const long = 'x'.repeat(2048);
  const refusals: [string, string, () => unknown][] = [
    ['ERR_IMAGE_EMPTY', 'is empty', () => plan(new Uint8Array(0))],
    ['ERR_INITRD_EMPTY', 'RAM disk is empty', () => plan(bzImage(), { initrd: new Uint8Array(0) })],
    ['ERR_IMAGE_FORMAT', 'gzip', () => plan(Uint8Array.of(0x1f, 0x8b, 8, 0))],
    ['ERR_IMAGE_FORMAT', 'cpio', () => plan(textOf(512, '070701'))],
    ['ERR_IMAGE_FORMAT', 'Debian package', () => plan(textOf(600, '!<arch>\n'))],
    ['ERR_IMAGE_FORMAT', 'boot sector', () => plan(bootSector())],
    ['ERR_IMAGE_FORMAT', 'only 5 bytes', () => plan(textOf(5, 'hello'))],
    ['ERR_IMAGE_FORMAT', 'no known header', () => plan(textOf(5000, '#!/bin/sh'))],
    ['ERR_IMAGE_UNSUPPORTED', '64-bit', () => plan(elf64())],
    ['ERR_IMAGE_UNSUPPORTED', 'protocol 2.06', () => plan(bzImage({ version: 0x0206 }))],
    ['ERR_IMAGE_UNSUPPORTED', 'zImage', () => plan(bzImage({ loadFlags: 0 }))],
    ['ERR_IMAGE_UNSUPPORTED', 'video mode', () => plan(multibootImage({ flags: 0x10007 }))],
    ['ERR_IMAGE_UNSUPPORTED', 'flags 0x8', () => plan(multibootImage({ flags: 0x1000b }))],
    ['ERR_IMAGE_UNSUPPORTED', 'contradict', () => plan(multibootImage({ headerAddress: 0x200000 }))],
    ['ERR_IMAGE_UNSUPPORTED', 'not an executable', () => plan(elfImage(0, []).fill(1, 0x10, 0x11))],
    ['ERR_IMAGE_UNSUPPORTED', 'no segment', () => plan(elfImage(0, []))],
    ['ERR_IMAGE_TRUNCATED', 'cut off', () => plan(bzImage().subarray(0, 2000))],
    ['ERR_IMAGE_TRUNCATED', 'cut off', () => plan(bzImage().subarray(0, 0x206))],
    ['ERR_IMAGE_TRUNCATED', 'cut off', () => plan(multibootImage({ loadEnd: 0x100100 }))],
    ['ERR_IMAGE_TRUNCATED', 'cut off', () => plan(multibootImage().subarray(0, 20))],
    ['ERR_IMAGE_TOO_LARGE', 'at least 32 MiB', () => plan(bzImage(), {}, 16 * MIB)],
    ['ERR_IMAGE_TOO_LARGE', 'at least 3 MiB', () => plan(multibootImage({ bssEnd: 3 * MIB }), {}, MIB)],
    ['ERR_INITRD_TOO_LARGE', 'at least 93 MiB', () => plan(bzImage(), { initrd })],
    [
      'ERR_INITRD_TOO_LARGE',
      'below 48 MiB only',
      () => plan(bzImage({ initrdAddressMax: 48 * MIB - 1 }), { initrd }),
    ],
    ['ERR_INITRD_TOO_LARGE', 'at least 62 MiB', () => plan(multibootImage(), { initrd }, 32 * MIB)],
    ['ERR_COMMAND_LINE_TOO_LONG', 'at most 2047', () => plan(bzImage(), { commandLine: long })],
  ];
  test.each(refusals)('%s: %s', (code, words, load) => {
    let error: unknown;
    try {
      load();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ImageError);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toContain(words);
    expect((error as Error).message).not.toContain('\n');
  });

  test('no bytes make it throw anything else', () => {
    let seed = 12345;
    const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 8;
    const makers = [
      bzImage,
      multibootImage,
      () => elfImage(0, [{ virtual: 0, physical: 0, bytes: bootSector() }]),
    ];
    for (let round = 0; round < 3000; round++) {
      const kernel = makers[round % 3]!();
      for (let change = 0; change < 8; change++) {
        const field = round % 3 === 0 ? 0x1f1 + (random() % 0x80) : random() % 84;
        kernel[field] = random();
      }
      const cut = kernel.subarray(0, random() % 2 ? kernel.length : random() % kernel.length);
      try {
        plan(cut, random() % 2 ? { initrd: bootSector() } : {});
      } catch (error) {
        expect(error).toBeInstanceOf(ImageError);
      }
    }
  });
});

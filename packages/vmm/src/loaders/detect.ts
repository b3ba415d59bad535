import { ImageError } from '../errors';
import type { BootMachine, BootPlan, LoadableImage } from './boot-image';
import { isBzImage, planBzImage } from './bzimage';
import { isElf } from './elf';
import { findMultibootHeader, hasMultiboot2Header, planElf, planMultiboot } from './multiboot';

const EXPECTED = 'a Linux bzImage, a Multiboot image or a 32-bit ELF executable is needed';

/** Finds an image's format and plans its loading. Throws `ImageError`, whose message is one plain line. */
export function planBoot(image: LoadableImage, machine: BootMachine): BootPlan {
  const { kernel, initrd } = image;
  if (kernel.length === 0) throw new ImageError('ERR_IMAGE_EMPTY', `the kernel image is empty; ${EXPECTED}`);
  if (initrd && initrd.length === 0) {
    throw new ImageError(
      'ERR_INITRD_EMPTY',
      'the initial RAM disk is empty; a cpio archive or a module is needed',
    );
  }
  if (isBzImage(kernel)) return planBzImage(image, machine);
  const header = findMultibootHeader(kernel);
  if (header >= 0) return planMultiboot(image, machine, header);
  if (hasMultiboot2Header(kernel)) {
    throw new ImageError(
      'ERR_IMAGE_UNSUPPORTED',
      'the image has a Multiboot 2 header only; a Multiboot 1 header is needed',
    );
  }
  if (isElf(kernel)) return planElf(image, machine);
  throw new ImageError('ERR_IMAGE_FORMAT', `the image is no kernel: ${guess(kernel)}; ${EXPECTED}`, {
    length: kernel.length,
  });
}

/** What a file that is no kernel looks like. */
function guess(bytes: Uint8Array): string {
  const starts = (...magic: number[]): boolean => magic.every((value, index) => bytes[index] === value);
  if (starts(0x1f, 0x8b)) return 'it is compressed by gzip (unpack it first)';
  if (starts(0xfd, 0x37, 0x7a)) return 'it is compressed by xz (unpack it first)';
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'it is compressed by zstd (unpack it first)';
  if (starts(0x30, 0x37, 0x30, 0x37, 0x30)) return 'it is a cpio archive (an initial RAM disk?)';
  if (starts(0x21, 0x3c, 0x61, 0x72, 0x63, 0x68)) return 'it is an ar archive or a Debian package';
  if (bytes.length >= 512 && bytes[510] === 0x55 && bytes[511] === 0xaa)
    return 'it looks like a boot sector or a disk';
  if (bytes.length < 512) return `it has only ${bytes.length} bytes and no known header`;
  return 'it has no known header';
}

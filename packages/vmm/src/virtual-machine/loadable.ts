import { MachineError } from '../errors';
import type { LoadableImage } from '../loaders/boot-image';
import { readImage } from './image-source';
import type { NamedImages } from './options';

/** Fetches the images that options name; null if they name none. */
export async function loadableImage(
  { kernel, initrd, commandLine }: NamedImages,
  signal?: AbortSignal,
): Promise<LoadableImage | null> {
  if (kernel === undefined) {
    if (commandLine === undefined) return null;
    throw new MachineError('ERR_OPTION', 'commandLine: needs a kernel to go with it', {
      option: 'commandLine',
    });
  }
  const [kernelBytes, initrdBytes] = await Promise.all([
    readImage('kernel', kernel, signal),
    initrd === undefined ? undefined : readImage('initrd', initrd, signal),
  ]);
  return {
    kind: 'auto',
    kernel: kernelBytes,
    ...(initrdBytes === undefined ? {} : { initrd: initrdBytes }),
    ...(commandLine === undefined ? {} : { commandLine }),
  };
}

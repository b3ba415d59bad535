// Assembles the kernels of this directory. Uses Node's file system: this serves tests, it is no part of a library.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assemble } from '@trapgate/x86-assembler';

const here = dirname(fileURLToPath(import.meta.url));

/** Names of the kernels: the sources that are not parts of others. */
export function conformanceKernels(): string[] {
  return readdirSync(here)
    .filter((name) => name.endsWith('.asm') && !name.startsWith('harness'))
    .map((name) => name.slice(0, -'.asm'.length))
    .sort();
}

/** A flat Multiboot image. Throws `AssemblerError` with every mistake in the sources. */
export function assembleConformanceKernel(name: string): Uint8Array {
  const files = (file: string): string => readFileSync(join(here, file), 'utf8');
  return assemble(`%include "${name}.asm"\n`, { files }).bytes;
}

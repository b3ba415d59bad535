// Assembles the embedded guest. Uses Node's file system: this is a build step, not part of a library.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assemble } from '@trapgate/x86-assembler';

const INCBIN_PROGRAM = /^programs\/(\w+)\.bin$/;

export interface AssembledImage {
  readonly image: Uint8Array;
  /** Labels and constants: physical addresses in the kernel, linear addresses in a program. */
  readonly symbols: ReadonlyMap<string, number>;
}

export interface KernelBuild extends AssembledImage {
  /** The programs inside the kernel's image, by name. */
  readonly programs: ReadonlyMap<string, AssembledImage>;
}

/**
 * Assembles the kernel with all its programs into one flat Multiboot image.
 * Throws `AssemblerError` with every mistake in the sources.
 * @param directory where the sources are: this file's directory, unless it was bundled into another place
 */
export function buildKernel(directory: string = dirname(fileURLToPath(import.meta.url))): KernelBuild {
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const programs = new Map<string, AssembledImage>();
  for (const name of programNames(directory)) programs.set(name, assembleFile(`programs/${name}.asm`, read));
  const kernel = assembleFile('kernel/kernel.asm', (name) => {
    const program = INCBIN_PROGRAM.exec(name)?.[1];
    if (program === undefined) return read(name);
    const image = programs.get(program)?.image;
    if (image === undefined) throw new Error(`${name}: there is no programs/${program}.asm`);
    return image;
  });
  return { ...kernel, programs };
}

/** Assembles a teaching example: a Multiboot image of its own. Throws `AssemblerError`. */
export function buildExample(
  name: string,
  directory: string = dirname(fileURLToPath(import.meta.url)),
): AssembledImage {
  return assembleFile(`${name}.asm`, (file) => readFileSync(join(directory, 'examples', file), 'utf8'));
}

/** Names of the teaching examples: the sources in examples/. */
export function exampleNames(directory: string = dirname(fileURLToPath(import.meta.url))): string[] {
  return sourceNames(join(directory, 'examples'));
}

/** Names of the programs: the sources in programs/. */
export function programNames(directory: string = dirname(fileURLToPath(import.meta.url))): string[] {
  return sourceNames(join(directory, 'programs'));
}

function sourceNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.asm'))
    .map((name) => name.slice(0, -'.asm'.length))
    .sort();
}

function assembleFile(name: string, files: (name: string) => string | Uint8Array): AssembledImage {
  // The including line is the source's name in error messages.
  const { bytes, symbols } = assemble(`%include "${name}"\n`, { files });
  return { image: bytes, symbols };
}

// `node --conditions=@trapgate/source --import tsx build.ts FILE` writes the image.
if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const output = process.argv[2];
  if (output === undefined) {
    console.error('usage: node --conditions=@trapgate/source --import tsx build.ts FILE');
    process.exitCode = 2;
  } else {
    const { image } = buildKernel();
    mkdirSync(dirname(resolve(output)), { recursive: true });
    writeFileSync(output, image);
    console.log(`${output}: ${image.length} bytes`);
  }
}

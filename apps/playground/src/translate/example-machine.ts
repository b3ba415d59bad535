import { VirtualMachine } from '@trapgate/vmm';
import { assemble, type AssembledProgram } from '@trapgate/x86-assembler';
import source from './isprime.asm?raw';
import type { Names } from './names';

/** Symbols that are no places in the code. */
const NO_PLACES = /^(header|PRIMES|ROUNDS|LIMIT)$/;

export const assembleExample = (): AssembledProgram => assemble(source, { fileName: 'isprime.asm' });

/** What the places in the example's code are called. */
export function exampleNames({ symbols }: AssembledProgram): Names {
  return new Map(
    [...symbols].filter(([name]) => !NO_PLACES.test(name)).map(([name, address]) => [address, name]),
  );
}

/** A small machine with nothing in it but the example. */
export async function exampleMachine(program: AssembledProgram): Promise<VirtualMachine> {
  return VirtualMachine.createInWorker({ memoryMiB: 2, kernel: program.bytes, icount: { sleep: false } });
}

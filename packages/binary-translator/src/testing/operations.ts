import { Processor } from '@trapgate/cpu';
import { PhysicalMemory } from '@trapgate/mmu';
import { assemble } from '@trapgate/x86-assembler';
import { wasmTranslation } from '../wasm-engine';
import { HOST, ORIGIN } from './lockstep';

/** The operations of the first region that a program in flat 32-bit protected mode is translated to. */
export function operationsOf(source: string): string {
  const memory = PhysicalMemory.create({ ramBytes: 1 << 20 });
  let operations = '';
  const translation = wasmTranslation({
    hotAfter: 3,
    batch: 1,
    translated: (region) => {
      if (operations === '') operations = region.operations();
    },
  });
  const processor = new Processor({ memory, host: HOST, translation });
  memory.writeBytes(ORIGIN, assemble(`bits 32\norg ${ORIGIN}\n${source}`).bytes);
  const { registers } = processor;
  registers.cr0 = 0x11;
  registers.setSegment('cs', { selector: 8, base: 0, limit: 0xffff_ffff, attributes: 0xc09b });
  for (const name of ['ss', 'ds', 'es'] as const)
    registers.setSegment(name, { selector: 16, base: 0, limit: 0xffff_ffff, attributes: 0xc093 });
  registers.eip = ORIGIN;
  registers.esp = 0x9000;
  while (processor.run(100_000).reason === 'budget');
  return operations;
}

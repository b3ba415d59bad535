import type { TranslatedInstruction, TranslatedRegion } from '@trapgate/binary-translator';
import { MEMORY_MAP, type PhysicalMemory } from '@trapgate/mmu';
import { formatIntel } from '@trapgate/x86-decoder';
import type { RegionEvent, RegionInstruction } from '../virtual-machine/events';

/** A region as plain data, which outlives it. */
export function regionEvent(
  { number, address, blocks, operations, text }: TranslatedRegion,
  memory: PhysicalMemory,
): RegionEvent {
  const instruction = ({ address: at, decoded }: TranslatedInstruction): RegionInstruction => {
    const place = MEMORY_MAP.ram + at;
    return {
      address: at,
      bytes: memory.bytes.slice(place, place + decoded.length),
      text: formatIntel(decoded, at),
    };
  };
  return {
    number,
    address,
    blocks: blocks.map(({ address: at, instructions, exits }) => ({
      address: at,
      instructions: instructions.map(instruction),
      exits,
    })),
    operations: operations(),
    text: text(),
  };
}

import { PhysicalMemory } from '@trapgate/mmu';
import { expect, it } from 'vitest';
import { Processor } from '../processor';

const NOP = 0x90;
const OUT_80_AL = [0xe6, 0x80];
const INC_EAX = 0x40;

// A run of instructions is decoded ahead: what lies behind it is looked up, and decoded, only when it is reached.
it.each([0, 1, 30, 31, 32, 33])(
  'stops behind the instruction that asked for it, %i instructions into the code',
  (before) => {
    const memory = PhysicalMemory.create({ ramBytes: 0x10_0000 });
    const processor: Processor = new Processor({
      memory,
      host: {
        readPort: () => 0,
        writePort: () => processor.requestStop(),
        readMmio: () => 0,
        writeMmio: () => undefined,
        acknowledgeInterrupt: () => 0,
        readTimestamp: () => 0,
      },
    });
    const code = [
      ...new Array<number>(before).fill(NOP),
      ...OUT_80_AL,
      ...new Array<number>(100).fill(INC_EAX),
    ];
    memory.writeBytes(0x1000, Uint8Array.from(code));
    processor.registers.setSegment('cs', { selector: 0, base: 0, limit: 0xffff, attributes: 0x9b });
    processor.registers.eip = 0x1000;
    processor.registers.eax = 0;
    expect(processor.run(100)).toEqual({ reason: 'requested' });
    expect(processor.registers.eax).toBe(0);
    expect(processor.instructions).toBe(before + 1);
  },
);

import { describe, expect, it } from 'vitest';
import { StepMachine, type StepRegisters } from '../testing/step-machine';

const CODE = 0x2000;
const DATA = 0x3000;

/** name | code bytes | instructions | registers before | memory at DATA before | registers after | memory at DATA after */
const rows: readonly [string, string, number, StepRegisters, string, StepRegisters, string?][] = [
  // nop [eax+eax] ; mov edx, [ebx]
  [
    'NOP leaves no address behind',
    '0f 1f 44 00 00 8b 13',
    2,
    { eax: 0x100, ebx: DATA },
    '78 56 34 12',
    { edx: 0x12345678 },
  ],
];

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text.split(' '), (byte) => parseInt(byte, 16));

describe('integer instructions', () => {
  const machine = new StepMachine();
  it.each(rows)('%s', (_name, code, count, before, memory, after, memoryAfter) => {
    machine.reset();
    machine.memory.writeBytes(DATA, bytesOf(memory));
    machine.load(CODE, code);
    machine.set(before);
    expect(machine.run(count)).toEqual({ kind: 'done' });
    const registers = Object.fromEntries(
      Object.keys(after).map((name) => [name, machine.registers[name as keyof StepRegisters]]),
    );
    expect(registers).toEqual(after);
    if (memoryAfter)
      expect(machine.memory.readBytes(DATA, bytesOf(memoryAfter).length)).toEqual(bytesOf(memoryAfter));
  });
});

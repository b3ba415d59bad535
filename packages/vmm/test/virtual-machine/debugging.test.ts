import { VirtualMachine } from '@trapgate/vmm';
import { describe, expect, test } from 'vitest';
import { make } from './test-machines';

describe('disassembly', () => {
  test('both syntaxes; bytes that are no instruction; the end of memory', async () => {
    await using machine = await VirtualMachine.create({ memoryMiB: 1 });
    await machine.writeMemory(0x1000, Uint8Array.of(0x01, 0xd8, 0x0f, 0xff, 0xc0, 0x90));
    const options = { bits: 32 } as const;
    const [add] = await machine.disassemble(0x1000, 1, options);
    expect(add).toEqual({ address: 0x1000, bytes: Uint8Array.of(0x01, 0xd8), text: 'add eax,ebx' });
    const [att] = await machine.disassemble(0x1000, 1, { ...options, syntax: 'att' });
    expect(att!.text).toMatch(/^addl? +%ebx, ?%eax$/);
    const list = await machine.disassemble(0xffffe, 10, options);
    expect(list.map(({ address }) => address)).toEqual([0xffffe]); // add [eax], al, and then there is no memory
    await machine.writeMemory(0xfffff, Uint8Array.of(0xb8));
    expect(await machine.disassemble(0xfffff, 10, options)).toMatchObject([{ error: 'truncated', text: '' }]);
    await expect(machine.disassemble(-1)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    await expect(machine.disassemble(0, 0)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });
});

describe('breakpoints', () => {
  test.each(['interp', 'wasm'] as const)(
    'stop before the instruction, and go on from it (%s)',
    async (engine) => {
      await using machine = await make('xor ebx, ebx\nagain: inc ebx\ninc ecx\njmp again', { engine });
      await machine.step(2 + 3 * 100_000); // code that is hot by now
      const { eip, ecx } = await machine.registers();
      await machine.breakpoints.add(eip + 1);
      for (let n = 1; n < 4; n++) {
        expect(await machine.run()).toEqual({ reason: 'breakpoint', address: eip + 1 });
        expect(await machine.registers()).toMatchObject({ eip: eip + 1, ebx: 100_000 + n, ecx: ecx + n - 1 });
      }
      await machine.breakpoints.add(eip + 2);
      expect(machine.breakpoints.list()).toEqual([eip + 1, eip + 2]);
      expect(await machine.step(10)).toEqual({ reason: 'breakpoint', address: eip + 2 });
      expect(await machine.breakpoints.delete(eip + 1)).toBe(true);
      expect(await machine.breakpoints.delete(eip + 1)).toBe(false);
      await machine.breakpoints.clear();
      expect(await machine.step(10)).toEqual({ reason: 'stepped' });
      await expect(machine.breakpoints.add(-1)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    },
  );
});

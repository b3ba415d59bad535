import { VirtualMachine } from '@trapgate/vmm';
import { describe, expect, test } from 'vitest';
import { ticking } from '../small-guests';
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

/** #UD, then an interrupt of the timer, each with a handler whose first instruction has a breakpoint. */
const HANDLED = `
        xor ebx, ebx
        lidt [idtr]
        mov eax, undefined
        mov [idt + 6 * 8], ax
        mov word [idt + 6 * 8 + 2], 0x10
        mov word [idt + 6 * 8 + 4], 0x8E00
        shr eax, 16
        mov [idt + 6 * 8 + 6], ax
        ud2
        jmp $
undefined: inc ebx
        add dword [esp], 2
        iretd
idtr:   dw 7 * 8 - 1
        dd idt
        align 8
idt:    times 7 dq 0
`;

describe('breakpoints at the first instruction of a handler', () => {
  test('of an exception, which has not been executed yet', async () => {
    await using machine = await make(HANDLED);
    const image = await machine.readMemory(0x100000, 0x200);
    const handler = 0x100000 + image.findIndex((byte, n) => byte === 0x43 && image[n + 1] === 0x83);
    await machine.breakpoints.add(handler);
    expect(await machine.run()).toEqual({ reason: 'breakpoint', address: handler });
    expect(await machine.registers()).toMatchObject({ eip: handler, ebx: 0 });
    expect(await machine.step()).toEqual({ reason: 'stepped' });
    expect(await machine.registers()).toMatchObject({ eip: handler + 1, ebx: 1 });
    expect(await machine.step(5)).toEqual({ reason: 'stepped' });
  });

  test('of an interrupt', async () => {
    await using machine = await make(ticking(3));
    const image = await machine.readMemory(0x100000, 0x200);
    const handler = 0x100000 + image.findIndex((byte, n) => byte === 0x0f && image[n + 1] === 0x31);
    await machine.breakpoints.add(handler);
    for (let n = 0; n < 3; n++) {
      expect(await machine.run()).toEqual({ reason: 'breakpoint', address: handler });
      expect((await machine.registers()).ecx).toBe(3 - n);
    }
    expect(await machine.run()).toEqual({ reason: 'power-off' });
  });
});

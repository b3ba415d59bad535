import { VirtualMachine } from '@trapgate/vmm';
import { describe, expect, test } from 'vitest';
import { guest, POWER_OFF } from './small-guests';

const HELLO = `
        mov esi, text
        mov ecx, 5
        mov dx, 0x3F8
        rep outsb
        mov eax, 0x12345678
        jmp go
text:   db "hello"
go:
`;

describe('a first run', () => {
  test('create, run, serial, registers', async () => {
    const machine = await VirtualMachine.create({ memoryMiB: 2, kernel: guest(HELLO + POWER_OFF) });
    let text = '';
    machine.on('serial', ({ bytes }) => (text += new TextDecoder().decode(bytes)));
    expect(machine.state).toBe('paused');
    expect(await machine.run()).toEqual({ reason: 'power-off' });
    expect(text).toBe('hello');
    const registers = await machine.registers();
    expect(registers.eax).toBe(0x12342000);
    expect(registers.segments.cs.limit).toBe(0xffffffff);
    await machine.dispose();
    expect(machine.state).toBe('disposed');
  });

  test('pause ends a run that would not end', async () => {
    await using machine = await VirtualMachine.create({ memoryMiB: 2, kernel: guest('again: jmp again') });
    const run = machine.run();
    expect(machine.state).toBe('running');
    await machine.pause();
    expect(await run).toEqual({ reason: 'stopped' });
    expect((await machine.step(3)).reason).toBe('stepped');
  });
});

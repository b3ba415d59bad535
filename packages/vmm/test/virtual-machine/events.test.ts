import { type VirtualMachineEventName } from '@trapgate/vmm';
import { describe, expect, test } from 'vitest';
import { ticking } from '../small-guests';
import { make, PAGED } from './test-machines';

describe('events', () => {
  test('each type', async () => {
    const faulting = `
        lidt [idtr]
        mov eax, handler
        mov [idt + 14 * 8], ax
        mov word [idt + 14 * 8 + 2], 0x10
        mov word [idt + 14 * 8 + 4], 0x8E00
        shr eax, 16
        mov [idt + 14 * 8 + 6], ax
        ${PAGED}
        mov [0xC0000000], al
handler: add esp, 4
        mov ecx, 20000
spin:   dec ecx
        jnz spin
        sti
        hlt
        align 8
idtr:   dw 0x20 * 8 - 1
        dd idt
idt:    times 0x20 dq 0`;
    await using machine = await make(faulting, { engine: 'wasm' });
    const seen: VirtualMachineEventName[] = [];
    for (const type of ['started', 'fault', 'halted', 'translated', 'stopped'] as const)
      machine.on(type, () => seen.push(type));
    const fault = machine.once('fault');
    const halted = machine.once('halted');
    const stopped = machine.once('stopped');
    const translated = machine.once('translated');
    void machine.run();
    expect(await fault).toMatchObject({
      vector: 14,
      mnemonic: '#PF',
      errorCode: 2,
      address: 0xc0000000,
      cs: 0x10,
    });
    expect((await halted).instructions).toBeGreaterThan(40_000);
    expect((await translated).regions).toBeGreaterThan(0);
    await machine.pause();
    expect(await stopped).toEqual({ reason: 'stopped' });
    expect(seen[0]).toBe('started');
    expect(seen.at(-1)).toBe('stopped');
    expect(new Set(seen)).toEqual(new Set(['started', 'fault', 'halted', 'translated', 'stopped']));
  });

  test('interrupts; on and off; once; signals; an error in a listener harms nobody', async () => {
    await using machine = await make(ticking(10));
    const counts = [0, 0, 0];
    const off = machine.on('interrupt', () => (counts[0]! += 1));
    const controller = new AbortController();
    machine.on('interrupt', () => (counts[1]! += 1), { signal: controller.signal });
    machine.on(
      'interrupt',
      ({ kind, vector }) => (counts[2]! += kind === 'external' && vector === 0x20 ? 1 : 0),
    );
    await Promise.all([machine.once('interrupt'), machine.step(60)]);
    off();
    off();
    controller.abort();
    const after = counts.slice();
    const uncaught: unknown[] = [];
    const caught = (error: unknown): void => void uncaught.push(error);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', caught);
    const remove = machine.on('started', () => {
      throw new Error('a listener fails');
    });
    expect(await machine.run()).toEqual({ reason: 'power-off' });
    remove();
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('uncaughtException', caught);
    for (const other of others) process.on('uncaughtException', other);
    expect(uncaught).toMatchObject([{ message: 'a listener fails' }]);
    expect(counts).toEqual([after[0], after[1], 10]);
    await expect(machine.once('fault', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    const late = new AbortController();
    const never = machine.once('fault', { signal: late.signal });
    late.abort();
    await expect(never).rejects.toMatchObject({ name: 'AbortError' });
  });
});

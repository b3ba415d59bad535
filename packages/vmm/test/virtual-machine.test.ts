import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type AddressTranslation,
  type MachineExit,
  VirtualMachine,
  type VirtualMachineEventName,
  type VirtualMachineOptions,
} from '@trapgate/vmm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guest, POWER_OFF, ticking } from './small-guests';

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
const ENDLESS = 'xor ebx, ebx\nagain: inc ebx\njmp again';

const make = (code: string, options: VirtualMachineOptions = {}): Promise<VirtualMachine> =>
  VirtualMachine.create({ memoryMiB: 2, kernel: guest(code), ...options });

function listen(machine: VirtualMachine): () => string {
  const decoder = new TextDecoder();
  let text = '';
  machine.on('serial', ({ bytes }) => (text += decoder.decode(bytes)));
  return () => text;
}

describe('running', () => {
  test('run, serial, registers, stats, dump', async () => {
    await using machine = await make(HELLO + POWER_OFF);
    const text = listen(machine);
    expect(machine.state).toBe('paused');
    expect(machine.memorySize).toBe(2 << 20);
    expect(await machine.run()).toEqual({ reason: 'power-off' });
    expect(text()).toBe('hello');
    const registers = await machine.registers();
    expect(registers).toMatchObject({ eax: 0x12342000, cpl: 0, cr0: 0x11 });
    expect(registers.segments.cs).toEqual({ selector: 0x10, base: 0, limit: 0xffffffff, attributes: 0xc09b });
    expect(registers.debug).toHaveLength(8);
    const { ports, instructions } = await machine.stats();
    expect(ports.find(({ port }) => port === 0x3f8)?.writes).toBe(5);
    expect(instructions).toBeGreaterThan(9);
    expect(await machine.dump()).toContain('EAX=12342000');
  });

  test('pause ends a run; another one joins it; step refuses', async () => {
    await using machine = await make(ENDLESS);
    await machine.pause();
    const [one, two] = [machine.run(), machine.run()];
    expect(machine.state).toBe('running');
    await expect(machine.step()).rejects.toMatchObject({ code: 'ERR_ALREADY_RUNNING' });
    await machine.pause();
    expect(machine.state).toBe('paused');
    expect(await Promise.all([one, two])).toEqual([{ reason: 'stopped' }, { reason: 'stopped' }]);
    const { ebx } = await machine.registers();
    expect(ebx).toBeGreaterThan(0);
    const run = machine.run();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await machine.pause();
    expect(await run).toEqual({ reason: 'stopped' });
    expect((await machine.registers()).ebx).not.toBe(ebx);
  });

  test('step executes exactly so many instructions', async () => {
    await using machine = await make(ENDLESS);
    await machine.step(2); // mov esp and xor
    await machine.step(2 * 1000);
    expect((await machine.registers()).ebx).toBe(1000);
    await machine.step(2 * 1_000_000);
    expect((await machine.registers()).ebx).toBe(1_001_000);
    for (const count of [0, -1, 1.5, NaN])
      await expect(machine.step(count)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });

  test('step waits for the interrupt that a halted guest waits for', async () => {
    await using machine = await make(ticking(3));
    const text = listen(machine);
    let exit: MachineExit;
    do exit = await machine.step();
    while (exit.reason === 'stepped');
    expect(exit).toEqual({ reason: 'power-off' });
    expect(text()).toMatch(/^[0-7]{3}$/);
  });

  test('AbortSignal: before and during a run and a step', async () => {
    await using machine = await make(ENDLESS);
    const gone = AbortSignal.abort();
    expect(await machine.run({ signal: gone })).toEqual({ reason: 'aborted' });
    expect(await machine.step(5, { signal: gone })).toEqual({ reason: 'aborted' });
    for (const start of [
      (signal: AbortSignal) => machine.run({ signal }),
      (signal: AbortSignal) => machine.step(2 ** 50, { signal }),
    ]) {
      const controller = new AbortController();
      const run = start(controller.signal);
      setTimeout(() => controller.abort(), 5);
      expect(await run).toEqual({ reason: 'aborted' });
      expect(machine.state).toBe('paused');
    }
  });

  test('autostart runs once there are listeners; a signal disposes', async () => {
    const controller = new AbortController();
    const machine = await make(HELLO + ENDLESS, { autostart: true, signal: controller.signal });
    const { bytes } = await machine.once('serial');
    expect(new TextDecoder().decode(bytes)).toBe('hello');
    expect(machine.state).toBe('running');
    controller.abort();
    expect(machine.state).toBe('disposed');
    await machine.dispose();
    await expect(make(ENDLESS, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test('reset, of a machine that stands and of one that runs', async () => {
    await using machine = await make(ENDLESS);
    const before = await machine.registers();
    await machine.step(1001);
    await machine.reset();
    expect(await machine.registers()).toEqual(before);
    expect((await machine.stats()).instructions).toBe(0);
    const run = machine.run();
    await machine.reset();
    expect(machine.state).toBe('running');
    await machine.pause();
    expect(await run).toEqual({ reason: 'stopped' });
  });

  test('load another image; a bad one changes nothing', async () => {
    await using machine = await make(ENDLESS);
    await machine.step(101);
    const before = await machine.registers();
    const memory = await machine.readMemory(0, 0xa0000);
    await expect(machine.load({ kernel: Uint8Array.of(1) })).rejects.toMatchObject({
      code: 'ERR_IMAGE_FORMAT',
    });
    await expect(machine.load({})).rejects.toMatchObject({ code: 'ERR_OPTION' });
    expect(await machine.registers()).toEqual(before);
    expect(await machine.readMemory(0, 0xa0000)).toEqual(memory);
    const text = listen(machine);
    await machine.load({ kernel: guest(HELLO + POWER_OFF) });
    expect(await machine.run()).toEqual({ reason: 'power-off' });
    expect(text()).toBe('hello');
  });

  test('a speed limit slows the machine down, and can be lifted while it runs', async () => {
    await using machine = await make(ENDLESS);
    await machine.setSpeedLimit(100_000);
    const run = machine.run();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const slow = (await machine.stats()).instructions;
    expect(slow).toBeGreaterThan(1000);
    expect(slow).toBeLessThan(100_000);
    await machine.setSpeedLimit(null);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await machine.stats()).instructions).toBeGreaterThan(10 * slow);
    await machine.pause();
    expect(await run).toEqual({ reason: 'stopped' });
    await expect(machine.setSpeedLimit(0)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });
});

describe('a machine without an image', () => {
  test('executes what was written into it, from the registers that were set', async () => {
    await using machine = await VirtualMachine.create({ memoryMiB: 1 });
    expect(await machine.registers()).toMatchObject({ eip: 0xfff0, cr0: 0x60000010 });
    await machine.writeMemory(0x7c00, Uint8Array.of(0xb8, 0x34, 0x12, 0x40, 0xf4)); // mov ax, 1234h; inc ax; hlt
    await machine.setRegisters({
      eip: 0x7c00,
      ecx: 7,
      eflags: 2,
      segments: { cs: { selector: 0, base: 0, limit: 0xffff, attributes: 0x9b } },
    });
    expect(await machine.disassemble(0x7c00, 3)).toMatchObject([
      { address: 0x7c00, text: 'mov ax,1234h' },
      { text: 'inc ax' },
      { text: 'hlt' },
    ]);
    expect((await machine.run()).reason).toBe('halted');
    expect(await machine.registers()).toMatchObject({ eax: 0x1235, ecx: 7 });
    await machine.reset();
    expect((await machine.registers()).eip).toBe(0xfff0);
  });
});

describe('memory', () => {
  test('physical: copies, within RAM only', async () => {
    await using machine = await make(POWER_OFF);
    const bytes = Uint8Array.from({ length: 5000 }, (_, n) => n & 0xff);
    await machine.writeMemory(0x80ff0, bytes);
    const read = await machine.readMemory(0x80ff0, 5000);
    expect(read).toEqual(bytes);
    read.fill(0);
    expect(await machine.readMemory(0x80ff0, 5000)).toEqual(bytes);
    expect(await machine.readMemory(0, 0)).toHaveLength(0);
    for (const [address, length] of [
      [2 << 20, 1],
      [(2 << 20) - 1, 2],
      [0xa0000, 1],
      [0x9ffff, 2],
      [0xffffffff, 1],
    ] as const) {
      await expect(machine.readMemory(address, length)).rejects.toMatchObject({ code: 'ERR_ADDRESS' });
      await expect(machine.writeMemory(address, new Uint8Array(length))).rejects.toMatchObject({
        code: 'ERR_ADDRESS',
      });
    }
    for (const [address, length] of [
      [-1, 1],
      [0.5, 1],
      [0, -1],
      [0, 2 ** 40],
      [2 ** 32, 1],
    ] as const) {
      await expect(machine.readMemory(address, length)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
    await expect(machine.writeMemory(0, 'text' as never)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    await expect(machine.readMemory(0, 1, { space: 'port' as never })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
    });
  });

  test('code that is overwritten is executed as it is then', async () => {
    await using machine = await make('again: mov eax, 1\njmp again');
    await machine.step(9);
    const code = await machine.readMemory(0x100000, 0x1000);
    const at = code.findIndex((byte, n) => byte === 0xb8 && code[n + 1] === 1);
    await machine.writeMemory(0x100000 + at + 1, Uint8Array.of(2));
    await machine.step(4);
    expect((await machine.registers()).eax).toBe(2);
  });
});

/** Page tables at 10000h: the first 4 MiB as themselves, 400000h on to 80000h by one page, 800000h by a large page. */
const PAGED = `
        mov dword [0x10000], 0x11027
        mov dword [0x10004], 0x12001    ; read-only, supervisor
        mov dword [0x10008], 0x00000087 ; 4 MiB page
        xor eax, eax
fill:   mov edx, eax
        shl edx, 12
        or edx, 7
        mov [0x11000 + eax * 4], edx
        inc eax
        cmp eax, 1024
        jb fill
        mov dword [0x12000], 0x80003
        mov eax, 0x10
        mov cr4, eax
        mov eax, 0x10000
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        mov dword [0x80000], 0x11223344
`;

describe('paging', () => {
  test('linear addresses, and their translation entry by entry', async () => {
    await using machine = await make(`${PAGED}\nhlt`);
    expect(await machine.translateAddress(0x400000)).toEqual({
      kind: 'unpaged',
      linear: 0x400000,
      physical: 0x400000,
      entries: [],
    });
    expect((await machine.run()).reason).toBe('halted');
    const page = (await machine.translateAddress(0x400004)) as AddressTranslation & { kind: 'mapped' };
    expect(page).toMatchObject({
      kind: 'mapped',
      physical: 0x80004,
      pageSize: 4096,
      writable: false,
      user: false,
      executable: true,
      entries: [
        { level: 'page-directory', index: 1, entryAddress: 0x10004, value: 0x12001n, writable: false },
        { level: 'page-table', index: 0, entryAddress: 0x12000, value: 0x80003n, writable: true },
      ],
    });
    expect(await machine.translateAddress(0x812345)).toMatchObject({
      kind: 'mapped',
      physical: 0x12345,
      pageSize: 4 << 20,
      user: true,
    });
    expect(await machine.translateAddress(0x401000)).toMatchObject({
      kind: 'fault',
      reason: 'not-present',
      entries: [{ present: true }, { present: false, index: 1 }],
    });
    expect(await machine.translateAddress(0xfffff000)).toMatchObject({
      kind: 'fault',
      entries: [{ index: 1023 }],
    });
    const linear = { space: 'linear' } as const;
    expect([...(await machine.readMemory(0x400000, 4, linear))]).toEqual([0x44, 0x33, 0x22, 0x11]);
    await machine.writeMemory(0x800000 + 0x80000, Uint8Array.of(9), linear);
    expect([...(await machine.readMemory(0x80000, 2))]).toEqual([9, 0x33]);
    await expect(machine.readMemory(0x400ffe, 4, linear)).rejects.toMatchObject({
      code: 'ERR_ADDRESS',
      values: { address: 0x401000 },
    });
    await expect(machine.translateAddress(2 ** 32)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });

  test('PAE: three levels, large pages, execute-disable', async () => {
    await using machine = await VirtualMachine.create({ memoryMiB: 1 });
    const entries: [number, bigint][] = [
      [0x1000, 0x2001n],
      [0x1018, 0x3001n],
      [0x2000, 0x4007n],
      [0x2008, 0x200083n],
      [0x4008, (1n << 63n) | 0x5003n],
      [0x4010, (1n << 40n) | 0x5003n],
    ];
    for (const [address, value] of entries)
      await machine.writeMemory(address, new Uint8Array(BigUint64Array.of(value).buffer));
    await machine.setRegisters({ cr3: 0x1000, cr4: 0x20, cr0: 0x80000011 });
    expect(await machine.translateAddress(0x1abc)).toMatchObject({ kind: 'fault', reason: 'reserved-bit' });
    expect(await machine.translateAddress(0x2abc)).toMatchObject({ kind: 'fault', reason: 'reserved-bit' });
    expect(await machine.translateAddress(0x212345)).toMatchObject({
      kind: 'mapped',
      physical: 0x212345,
      pageSize: 2 << 20,
      entries: [{ level: 'page-directory-pointer' }, { level: 'page-directory', large: true }],
    });
    expect(await machine.translateAddress(0x4000_0000)).toMatchObject({
      kind: 'fault',
      entries: [{ entryAddress: 0x1008, present: false }],
    });
  });
});

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

const ECHO = `
again:  mov dx, 0x3FD
wait_:  in al, dx
        test al, 1
        jz wait_
        mov dx, 0x3F8
        in al, dx
        out dx, al
        jmp again`;

describe('consoles', () => {
  test('what is written comes back, in any amount, in order', async () => {
    await using machine = await make(ECHO);
    const { readable, writable } = machine.serial;
    expect(machine.serial.readable).toBe(readable);
    const run = machine.run();
    const text = Array.from({ length: 3000 }, (_, n) => `line ${n}\n`).join('');
    const writer = writable.getWriter();
    const written = (async () => {
      for (let at = 0; at < text.length; at += 5000) await writer.write(text.slice(at, at + 5000));
    })();
    const reader = readable.getReader();
    let echo = '';
    while (echo.length < text.length) echo += new TextDecoder().decode((await reader.read()).value);
    await written;
    expect(echo === text).toBe(true);
    await machine.dispose();
    expect(await run).toEqual({ reason: 'stopped' });
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    await expect(writer.write('x')).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });

  test('a guest whose reader does not read waits, and goes on when it does', async () => {
    const flood = 'mov al, 65\nmov dx, 0x3F8\nagain: out dx, al\njmp again';
    await using machine = await make(flood);
    const reader = machine.serial.readable.getReader();
    void machine.run();
    const written = async (): Promise<number> =>
      (await machine.stats()).ports.find(({ port }) => port === 0x3f8)?.writes ?? 0;
    const settled = async (): Promise<number> => {
      for (let before = -1; ;) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const now = await written();
        if (now === before) return now;
        before = now;
      }
    };
    const first = await settled();
    expect(first).toBeGreaterThan(2 ** 18 - 1);
    expect(first).toBeLessThan(2 ** 21);
    let taken = 0;
    while (taken < first) taken += (await reader.read()).value!.length;
    expect(taken).toBe(first);
    expect(await settled()).toBeGreaterThan(first);
    await reader.cancel(); // nobody wants it any more: the guest runs on
    const now = await written();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await written()).toBeGreaterThan(now);
  });
});

describe('two machines', () => {
  test('run side by side without touching each other', async () => {
    const codes = ['A', 'B'].map(
      (name) => `mov ecx, 2000\nmov al, '${name}'\nmov dx, 0x3F8\nn: out dx, al\nloop n\n`,
    );
    const machines = await Promise.all(codes.map((code) => make(code + POWER_OFF)));
    const texts = machines.map(listen);
    let exits: MachineExit[] = [];
    do {
      exits = [];
      for (const machine of machines) exits.push(await machine.step(37));
    } while (exits.some(({ reason }) => reason === 'stepped'));
    expect(exits).toEqual([{ reason: 'power-off' }, { reason: 'power-off' }]);
    expect(texts.map((text) => text())).toEqual(['A'.repeat(2000), 'B'.repeat(2000)]);
    for (const machine of machines) await machine.dispose();
  });
});

describe('disposal', () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate').length;

  test('ends everything, more than once, and frees the timers', async () => {
    const before = timers();
    const machine = await make(ticking(1_000_000));
    const run = machine.run();
    await machine.once('halted');
    const never = machine.once('fault');
    await Promise.all([machine.dispose(), machine.dispose()]);
    expect(await run).toEqual({ reason: 'stopped' });
    expect(machine.state).toBe('disposed');
    await expect(never).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
    expect(timers()).toBeLessThanOrEqual(before);
    const calls: (() => Promise<unknown>)[] = [
      () => machine.run(),
      () => machine.pause(),
      () => machine.step(),
      () => machine.reset(),
      () => machine.load({ kernel: guest(POWER_OFF) }),
      () => machine.readMemory(0, 1),
      () => machine.writeMemory(0, new Uint8Array(1)),
      () => machine.registers(),
      () => machine.setRegisters({}),
      () => machine.translateAddress(0),
      () => machine.disassemble(0),
      () => machine.stats(),
      () => machine.dump(),
      () => machine.setSpeedLimit(null),
      () => machine.sendSerial('x'),
      () => machine.snapshot(),
      () => machine.restore(new Uint8Array(1)),
      () => machine.once('serial'),
      () => machine.breakpoints.add(1),
    ];
    for (const call of calls)
      await expect(call(), String(call)).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });

  test('by `await using`', async () => {
    let kept: VirtualMachine;
    {
      await using machine = await make(ENDLESS);
      kept = machine;
      void machine.run();
    }
    expect(kept.state).toBe('disposed');
  });
});

describe('options', () => {
  let directory: string;
  let base: string;
  const kernel = guest(HELLO + POWER_OFF);
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/kernel' ? 200 : 404;
    response.end(request.url === '/kernel' ? kernel : 'no');
  });
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'vmm-images-'));
    writeFileSync(join(directory, 'kernel'), kernel);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
    server.close();
  });

  test('images from everywhere', async () => {
    const buffer = kernel.slice().buffer;
    const sources: VirtualMachineOptions[] = [
      { kernel },
      { kernel: buffer },
      { kernel: new DataView(buffer) },
      { kernel: new Blob([kernel.slice()]) },
      { kernel: join(directory, 'kernel') },
      { kernel: pathToFileURL(join(directory, 'kernel')) },
      { kernel: pathToFileURL(join(directory, 'kernel')).href },
      { kernel: `${base}/kernel` },
      { kernel: new URL(`${base}/kernel`) },
      { bzimage: { url: `${base}/kernel` } },
      { multiboot: { buffer } },
    ];
    for (const source of sources) {
      await using machine = await VirtualMachine.create({ memory_size: 2 << 20, ...source });
      const text = listen(machine);
      await machine.run();
      expect(text()).toBe('hello');
    }
  });

  test('images that cannot be had', async () => {
    const bad: [VirtualMachineOptions, string, RegExp][] = [
      [{ kernel: join(directory, 'nothing') }, 'ERR_IMAGE_SOURCE', /^kernel .*nothing: no such file$/],
      [{ kernel: directory }, 'ERR_IMAGE_SOURCE', /is a directory$/],
      [{ kernel: `${base}/nothing` }, 'ERR_IMAGE_SOURCE', /the server answers 404/],
      [{ kernel: 'http://127.0.0.1:1/' }, 'ERR_IMAGE_SOURCE', /cannot be fetched/],
      [{ kernel: '' }, 'ERR_IMAGE_SOURCE', /no file name/],
      [{ kernel: 7 as never }, 'ERR_IMAGE_SOURCE', /kernel \(number\)/],
      [{ kernel: null as never }, 'ERR_IMAGE_SOURCE', /kernel \(null\)/],
      [{ kernel: {} as never }, 'ERR_IMAGE_SOURCE', /kernel \(object\)/],
      [{ kernel: new Uint8Array(0) }, 'ERR_IMAGE_EMPTY', /is empty/],
      [{ kernel, initrd: new Uint8Array(0) }, 'ERR_INITRD_EMPTY', /is empty/],
      [{ kernel, initrd: join(directory, 'nothing') }, 'ERR_IMAGE_SOURCE', /^initrd .*no such file$/],
      [{ snapshot: join(directory, 'kernel') }, 'ERR_SNAPSHOT_FORMAT', /no snapshot/],
    ];
    for (const [options, code, message] of bad) {
      const error = await VirtualMachine.create({ memoryMiB: 2, ...options }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    }
  });

  test('options that make no sense', async () => {
    const bad: [object, string][] = [
      [{ bios: 'seabios.bin' }, 'bios: there is no such option'],
      [{ kernel, bzimage: kernel }, 'bzimage: means the same as kernel'],
      [{ memory_size: 1 << 20, memorySize: 1 << 20 }, 'memory_size: means the same as memorySize'],
      [{ memory_size: 1 << 20, memoryMiB: 1 }, 'memorySize: and memoryMiB are both given'],
      [{ memory_size: 12345 }, 'whole MiB'],
      [{ memory_size: '1' }, 'whole MiB'],
      [{ initrd: kernel }, 'initrd: needs a kernel'],
      [{ cmdline: 'quiet' }, 'commandLine: needs a kernel'],
      [{ kernel, cmdline: 7 }, 'commandLine: must be a string'],
      [{ autostart: 'yes' }, 'autostart: must be a boolean'],
      [{ disable_jit: true, engine: 'wasm' }, 'disable_jit: contradicts'],
    ];
    for (const [options, message] of bad) {
      const error = await VirtualMachine.create(options).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'ERR_OPTION', message: expect.stringContaining(message) });
    }
    await expect(VirtualMachine.create({ memoryMiB: 0 })).rejects.toMatchObject({ code: 'ERR_MEMORY_SIZE' });
    await expect(VirtualMachine.create({ cpu: 'z80' })).rejects.toMatchObject({
      code: 'ERR_PROCESSOR_MODEL',
    });
    await expect(VirtualMachine.create({ engine: 'jit' as never })).rejects.toMatchObject({
      code: 'ERR_ENGINE',
    });
  });
});

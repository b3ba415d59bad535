import {
  VirtualMachine,
  type RegionEvent,
  type RegionsDroppedEvent,
  type SystemCallEvent,
} from '@trapgate/vmm';
import { describe, expect, test } from 'vitest';
import { guest, POWER_OFF } from './small-guests';
import { workerFromSources } from './worker-from-sources';

/** A loop with a call in it, which becomes hot; then what it calls is written to, and it runs on. */
const CHANGING = `
        mov edi, 2
phase:  mov ecx, 20000
again:  call double
        dec ecx
        jnz again
        mov byte [double + 2], 0xC8     ; add eax, ecx from now on
        dec edi
        jnz phase
${POWER_OFF}
        jmp $
        align 64
double: nop
        add eax, eax
        ret
`;

const CALLS = `
        lgdt [gdtr]
        lidt [idtr]
        mov eax, handler
        mov [idt + 0x80 * 8], ax
        mov word [idt + 0x80 * 8 + 2], 0x10
        mov word [idt + 0x80 * 8 + 4], 0x8F00
        shr eax, 16
        mov [idt + 0x80 * 8 + 6], ax
        mov ebx, 3
again:  mov eax, 4
site:   int 0x80
        dec ebx
        jnz again
        mov ecx, 0x174
        mov eax, 0x10
        xor edx, edx
        wrmsr
        inc ecx
        mov eax, 0x90000
        wrmsr
        inc ecx
        mov eax, done
        wrmsr
        mov eax, 5
        sysenter
done:
${POWER_OFF}
handler: iretd
        align 8
gdt:    dq 0, 0
        dq 0x00CF9B000000FFFF, 0x00CF93000000FFFF
gdtr:   dw 31
        dd gdt
idtr:   dw 0x81 * 8 - 1
        dd idt
idt:    times 0x81 dq 0
`;

interface Told {
  readonly regions: RegionEvent[];
  readonly dropped: RegionsDroppedEvent[];
}

function listen(machine: VirtualMachine): Told {
  const told: Told = { regions: [], dropped: [] };
  machine.on('region', (region) => told.regions.push(region));
  machine.on('regionsDropped', (dropped) => told.dropped.push(dropped));
  return told;
}

describe('what is told of translated code', () => {
  async function runs(machine: VirtualMachine): Promise<Told> {
    const told = listen(machine);
    expect(await machine.run()).toEqual({ reason: 'power-off' });
    return told;
  }

  function check({ regions, dropped }: Told): void {
    const callers = regions.filter(({ blocks }) =>
      blocks.some(({ instructions }) => instructions.at(-1)!.text.startsWith('call')),
    );
    const [caller] = callers;
    const call = caller!.blocks.find(({ exits }) => exits.some(({ kind }) => kind === 'call'))!;
    const callee = call.exits.find(({ kind }) => kind === 'call')!.target!;
    expect(callee % 64).toBe(0);
    const loop = caller!.blocks.flatMap(({ exits }) => exits).find(({ kind }) => kind === 'branch')!;
    expect(caller!.blocks.map(({ address }) => address)).toContain(loop.target);
    const doubles = regions.filter(({ address }) => address === callee);
    const [first, later] = [doubles[0]!, doubles.at(-1)!];
    expect(first.blocks[0]!.instructions.map(({ text }) => text)).toEqual(['nop', 'add eax,eax', 'ret']);
    expect(later.blocks[0]!.instructions.map(({ text }) => text)).toEqual(['nop', 'add eax,ecx', 'ret']);
    expect(first.blocks[0]!.instructions[1]!.bytes).toEqual(Uint8Array.of(1, 0xc0));
    expect(first.blocks[0]!.exits).toEqual([{ kind: 'indirect' }]);
    expect(first.operations).toContain('i32.add');
    expect(first.text).toMatch(/^\(func /);
    const [written] = dropped.filter(({ reason }) => reason === 'written');
    expect(written!.numbers).toContain(first.number);
    expect(written!.numbers).not.toContain(later.number);
    expect(new Set(regions.map(({ number }) => number)).size).toBe(regions.length);
  }

  test('regions with their code, operations and WebAssembly, and that they are dropped', async () => {
    await using machine = await VirtualMachine.create({ memoryMiB: 2, kernel: guest(CHANGING) });
    check(await runs(machine));
  });

  test('the same from a worker', async () => {
    const options = { memoryMiB: 2, kernel: guest(CHANGING), worker: workerFromSources };
    await using machine = await VirtualMachine.createInWorker(options);
    check(await runs(machine));
  });

  test('regions in use are told of, too, to whoever begins to listen', async () => {
    const loop = guest('again: inc eax\njmp again');
    await using machine = await VirtualMachine.create({ memoryMiB: 2, kernel: loop });
    void machine.run();
    while (((await machine.stats()).translation?.regions ?? 0) === 0)
      await new Promise((done) => setTimeout(done, 1));
    const region = await machine.once('region');
    expect(region.blocks[0]!.instructions.map(({ text }) => text)[0]).toBe('inc eax');
    expect((await machine.stats()).translation!.invalidated).toBe(0);
  });
});

describe('system calls', () => {
  const expected = [
    { kind: 'int', vector: 0x80, count: 3 },
    { kind: 'sysenter', count: 1 },
  ];

  for (const engine of ['interp', 'wasm'] as const) {
    test(`are counted (${engine})`, async () => {
      await using machine = await VirtualMachine.create({ memoryMiB: 2, engine, kernel: guest(CALLS) });
      expect(await machine.run()).toEqual({ reason: 'power-off' });
      expect((await machine.stats()).systemCalls).toEqual(expected);
    });

    test(`are told one by one to whoever listens, with the same outcome (${engine})`, async () => {
      const options = { memoryMiB: 2, engine, kernel: guest(CALLS), icount: true } as const;
      await using machine = await VirtualMachine.create(options);
      await using other = await VirtualMachine.create(options);
      const calls: SystemCallEvent[] = [];
      const stop = machine.on('systemCall', (call) => calls.push(call));
      expect(await machine.run()).toEqual({ reason: 'power-off' });
      await other.run();
      expect(calls.map(({ kind, vector, eax }) => [kind, vector, eax])).toEqual([
        ...Array<unknown>(3).fill(['int', 0x80, 4]),
        ['sysenter', undefined, 5],
      ]);
      const [first] = calls;
      expect(await machine.readMemory(first!.eip, 2)).toEqual(Uint8Array.of(0xcd, 0x80));
      expect((await machine.stats()).systemCalls).toEqual(expected);
      expect(await machine.registers()).toEqual(await other.registers());
      stop();
      await machine.reset();
      await machine.run();
      expect(calls).toHaveLength(4);
      expect((await machine.stats()).systemCalls).toEqual(expected);
    });
  }
});

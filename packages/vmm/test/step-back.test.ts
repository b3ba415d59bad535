import { MEMORY_MAP } from '@trapgate/mmu';
import { VirtualMachine, type VirtualMachineOptions } from '@trapgate/vmm';
import { describe, expect, it } from 'vitest';
import { buildKernel } from '../../../guests/build';
import { MachineCore } from '../src/machine-core';
import { guest, ticking } from './small-guests';
import { workerFromSources } from './worker-from-sources';

/** Everything that a step may change, as text. */
function wholeState(core: MachineCore): string {
  const { bytes, ramBytes, buffer } = core.memory;
  const words = new Int32Array(buffer, bytes.byteOffset + MEMORY_MAP.ram, ramBytes / 4);
  let sum = 0;
  for (let n = 0; n < words.length; n++) sum = (Math.imul(sum, 0x0100_0193) ^ words[n]!) | 0;
  return JSON.stringify([core.processor.saveState(), sum]);
}

async function steps(core: MachineCore, count: number): Promise<void> {
  if (count > 0) expect((await core.run({ instructions: count })).reason).toBe('stepped');
}

const kernel = buildKernel().image;
const booted = async (engine: 'interp' | 'wasm', commandLine: string): Promise<MachineCore> => {
  const core = MachineCore.create({ memoryMiB: 3, icount: { sleep: false }, engine });
  core.load({ kind: 'auto', kernel, commandLine });
  return core;
};

describe('steps that are undone', () => {
  // Real mode, paging being switched on, processes with page faults and timer interrupts, system calls, serial output.
  it.each([
    ['interp', 'demo', 0],
    ['interp', 'demo', 40_000],
    ['interp', 'stackgrow 600', 20_000],
    ['wasm', 'demo', 3_000_000],
    ['wasm', 'syscalls 200000', 1_200_000],
  ] as const)('%s, %s, from instruction %i on: the same states backwards', async (engine, line, from) => {
    const core = await booted(engine, line);
    await steps(core, from);
    core.steps.keep(10_000);
    const states: string[] = [];
    const STRIDE = 13;
    for (let n = 0; n < 60; n++) {
      states.push(wholeState(core));
      await steps(core, STRIDE);
    }
    const end = wholeState(core);
    for (let n = states.length - 1; n >= 0; n--) {
      expect(core.stepBack(STRIDE)).toBe(STRIDE);
      expect(wholeState(core), `${n * STRIDE} steps after the start`).toBe(states[n]);
    }
    expect(core.stepBack(1)).toBe(0);
    await steps(core, states.length * STRIDE);
    expect(wholeState(core)).toBe(end);
  });

  it('one by one, through interrupts of the 8254 and REP', async () => {
    const core = MachineCore.create({
      memoryMiB: 2,
      icount: { nanosecondsPerInstruction: 5000, sleep: false },
    });
    core.load({ kind: 'auto', kernel: guest(ticking(5000)), commandLine: '' });
    core.steps.keep(2000);
    const states: string[] = [];
    for (let n = 0; n < 1500; n++) {
      states.push(core.processor.dumpRegisters() + JSON.stringify(core.statistics.guestNanoseconds));
      await steps(core, 1);
    }
    for (const state of states.reverse()) {
      expect(core.stepBack(1)).toBe(1);
      expect(core.processor.dumpRegisters() + JSON.stringify(core.statistics.guestNanoseconds)).toBe(state);
    }
    const { interrupts } = core.statistics;
    await steps(core, 1500);
    expect(core.statistics.interrupts).not.toEqual(interrupts);
  });

  it.each([
    ['paging, with accessed and dirty bits set by walks', PAGED, 17],
    ['operands of all sizes, page-crossing ones, strings, code that changes itself', STORES, 1],
    ['PAE paging', PAE, 17],
  ])('%s', async (_title, source, stride) => {
    const core = MachineCore.create({ memoryMiB: 4, icount: {} });
    core.load({ kind: 'auto', kernel: guest(source), commandLine: '' });
    core.steps.keep(10_000);
    const states: string[] = [];
    for (let ended = false; !ended;) {
      states.push(wholeState(core));
      ended = (await core.run({ instructions: stride })).reason === 'halted';
    }
    expect(states.length).toBeGreaterThan(40);
    let position = core.processor.instructions;
    for (const state of states.reverse()) {
      const before = (JSON.parse(state) as [{ instructions: number }])[0].instructions;
      expect(core.stepBack(position - before)).toBe(position - before);
      position = before;
      expect(wholeState(core), `after ${position} instructions`).toBe(state);
    }
  });

  it('only the last so many, and what came before is as if nothing had been undone', async () => {
    const core = await booted('interp', 'demo');
    core.steps.keep(100);
    await steps(core, 5000);
    expect(core.stepBack(60)).toBe(60);
    expect(core.processor.instructions).toBe(4940);
    await steps(core, 30);
    expect(core.stepBack(1000)).toBe(70);
    expect(core.processor.instructions).toBe(4900);
    const forward = await booted('interp', 'demo');
    await steps(forward, 4900);
    expect(wholeState(core)).toBe(wholeState(forward));
  });
});

/** Writes 1, 2, 3 ... from 200000h on. */
const COUNTING = `
        mov edi, 0x200000
again:  inc eax
        stosd
        jmp again
`;

/** Maps the first 4 MBytes to themselves, 400000h to 200000h and, read-only, 401000h to 300000h; uses them; INVLPG. */
const PAGED = `
        mov edi, 0x120000               ; page table of the first 4 MBytes
        mov eax, 3
        mov ecx, 1024
        cld
fill:   stosd
        add eax, 0x1000
        loop fill
        mov dword [0x121000], 0x120003  ; page directory
        mov dword [0x121004], 0x122003
        mov dword [0x122000], 0x200003
        mov dword [0x122004], 0x300001
        mov dword [0x122008], 0x300003
        mov eax, 0x121000
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80010000
        mov cr0, eax
        mov [0x400000], eax
        mov eax, [0x401000]
        mov eax, [0x402000]
        invlpg [0x402000]
        cli
        hlt
`;

const PAE = `
        mov edi, 0x120000               ; page table of the first 2 MBytes
        mov eax, 3
        mov ecx, 512
        cld
fill:   mov [edi], eax
        mov dword [edi + 4], 0
        add edi, 8
        add eax, 0x1000
        loop fill
        mov dword [0x121000], 0x120003  ; page directory
        mov dword [0x122000], 0x121001  ; page directory pointers
        mov eax, 0x122000
        mov cr3, eax
        mov eax, 0x20
        mov cr4, eax
        mov eax, cr0
        or eax, 0x80010000
        mov cr0, eax
        mov edi, 0x130000
again:  mov [edi], edi
        add edi, 0x1000
        cmp edi, 0x160000
        jb again
        cli
        hlt
`;

const STORES = `
        mov edi, 0x200ffd
        mov dword [edi], 0x12345678
        mov word [edi + 2], 0x1234
        mov byte [edi], 1
        add [edi], edi
        lock xadd [edi + 1], eax
        xchg [edi], ax
        pushad
        pushfd
        popad
        call near there
there:  fninit
        fldpi
        fld st0
        fstp tword [edi - 4]
        fst qword [edi]
        fnsave [0x200fc0]
        mov eax, cr4
        or eax, 0x200
        mov cr4, eax
        fxsave [0x201000]
        movups xmm0, [0x201010]
        movups [0x201ff8], xmm0
        movq [0x202ffc], xmm0
        cmpxchg8b [edi + 5]
        bts dword [edi], 100
        sgdt [edi]
        sidt [0x200ff0]
        enter 16, 3
        leave
        mov esi, 0x100000
        mov edi, 0x300ff0
        mov ecx, 40
        cld
        rep movsd
        std
        rep stosb
        mov ecx, 7
        rep stosw
        inc byte [patched + 1]
patched:
        mov al, 5
        mov ebx, 3
again:  inc byte [more + 1]
more:   mov dl, 8
        dec ebx
        jnz again
        mov cx, 10
        mov dx, 0x3f8
        rep outsb
        in al, 0x61
        out 0x61, al
        cli
        hlt
`;

const makers = {
  'in this thread': (options: VirtualMachineOptions) => VirtualMachine.create(options),
  'in a worker': (options: VirtualMachineOptions) =>
    VirtualMachine.createInWorker({ ...options, worker: workerFromSources }),
};

describe.each(Object.entries(makers))('a virtual machine %s', (_title, make) => {
  it('goes back by the steps that it keeps', async () => {
    await using machine = await make({ memoryMiB: 4, kernel: guest('xor eax, eax' + COUNTING) });
    await machine.step(2);
    expect(await machine.stepBack()).toBe(0);
    await machine.keepSteps(10_000);
    await machine.step(30_000);
    const word = async (n: number): Promise<number> =>
      new DataView((await machine.readMemory(0x20_0000 + 4 * n, 4)).buffer).getUint32(0, true);
    const { eax: last } = await machine.registers();
    expect(last).toBeGreaterThan(9990);
    expect(await word(last - 2)).toBe(last - 1);
    expect(await machine.stepBack(9999)).toBe(9999);
    const { eax } = await machine.registers();
    expect(last - eax).toBe(3333);
    expect([await word(eax - 1), await word(eax)]).toEqual([eax, 0]);
    expect(await machine.stepBack(5)).toBe(1);
    expect(await machine.stepBack()).toBe(0);
    const { instructions } = await machine.stats();
    expect(instructions).toBe(20_002);
    await machine.step();
    await machine.writeMemory(0x20_0000, Uint8Array.of(1));
    expect(await machine.stepBack()).toBe(0);
    await machine.keepSteps(null);
    await machine.step();
    expect(await machine.stepBack()).toBe(0);
  });

  it('refuses counts that make no sense, and to go back while it runs', async () => {
    await using machine = await make({ memoryMiB: 4, kernel: guest('again: jmp again') });
    for (const count of [0, -1, 1.5, 100_001, NaN])
      await expect(machine.keepSteps(count)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    await expect(machine.stepBack(0)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    await machine.keepSteps(100);
    const run = machine.run();
    await expect(machine.stepBack()).rejects.toMatchObject({ code: 'ERR_ALREADY_RUNNING' });
    await machine.pause();
    expect(await run).toEqual({ reason: 'stopped' });
    expect(await machine.stepBack(1000)).toBe(100);
  });

  it('tells what its TLB holds', async () => {
    await using machine = await make({ memoryMiB: 4, kernel: guest(PAGED) });
    expect(await machine.tlb()).toMatchObject([]);
    const exit = await machine.run();
    expect(exit.reason).toBe('halted');
    const entries = await machine.tlb();
    const at = (linear: number) => entries.find((entry) => entry.linear === linear);
    expect(at(0x10_0000)).toMatchObject({ physical: 0x10_0000, user: false, executable: true });
    expect(at(0x40_1000)).toEqual({
      ...{ linear: 0x40_1000, physical: 0x30_0000 },
      ...{ user: false, writable: false, executable: true },
    });
    expect(at(0x40_0000)).toMatchObject({ physical: 0x20_0000, writable: true });
    expect(at(0x40_2000)).toBeUndefined();
    expect(entries.map(({ linear }) => linear)).toEqual(
      entries.map(({ linear }) => linear).sort((a, b) => a - b),
    );
    await machine.setRegisters({ cr3: 0x12_1000 });
    expect(await machine.tlb()).toEqual([]);
  });
});

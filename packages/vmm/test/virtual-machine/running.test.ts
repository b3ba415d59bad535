import { type MachineExit, VirtualMachine } from '@trapgate/vmm';
import { describe, expect, test } from 'vitest';
import { guest, POWER_OFF, ticking } from '../small-guests';
import { ENDLESS, HELLO, listen, make } from './test-machines';

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

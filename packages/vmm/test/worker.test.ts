import { ImageError, MachineError, VirtualMachine, type WorkerOptions } from '@trapgate/vmm';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { guest, POWER_OFF, ticking } from './small-guests';
import { workerFromSources } from './worker-from-sources';

const create = (options: WorkerOptions): Promise<VirtualMachine> =>
  VirtualMachine.createInWorker({ memoryMiB: 2, worker: workerFromSources, ...options });

const ECHO = `
        mov dx, 0x3FD
again:  in al, dx
        test al, 1
        jz again
        mov dx, 0x3F8
        in al, dx
        inc al
        out dx, al
        mov dx, 0x3FD
        jmp again
`;

describe('a machine in a worker thread', () => {
  test('runs, and tells what its guest sends', async () => {
    await using machine = await create({ kernel: guest(ticking(20)) });
    let text = '';
    let interrupts = 0;
    machine.on('serial', ({ bytes }) => (text += new TextDecoder().decode(bytes)));
    machine.on('interrupt', ({ vector }) => (interrupts += vector === 0x20 ? 1 : 0));
    expect(machine.memorySize).toBe(2 << 20);
    expect(await machine.run()).toEqual({ reason: 'power-off' });
    expect(text).toMatch(/^[0-7]{20}$/);
    expect(interrupts).toBe(20);
  });

  test('answers while its guest runs', async () => {
    await using machine = await create({ kernel: guest('again: inc eax\njmp again') });
    const run = machine.run();
    const [first, { instructions }] = [await machine.registers(), await machine.stats()];
    const start = performance.now();
    for (let n = 0; n < 20; n++) await machine.readMemory(0x100000, 16);
    // An answer waits for one turn of the worker's loop, a few milliseconds.
    expect((performance.now() - start) / 20).toBeLessThan(100);
    // Twenty answers may be given between two slices: the guest goes on all the same, or this does not end.
    while ((await machine.stats()).instructions <= instructions)
      await new Promise((done) => setTimeout(done, 5));
    expect((await machine.registers()).eax).not.toBe(first.eax);
    await machine.pause();
    expect(await run).toEqual({ reason: 'stopped' });
    expect(machine.state).toBe('paused');
  });

  test('takes what is written to its console', async () => {
    await using machine = await create({ kernel: guest(ECHO) });
    const reader = machine.serial.readable.getReader();
    const writer = machine.serial.writable.getWriter();
    void machine.run();
    await writer.write('HAL');
    let text = '';
    while (text.length < 3) text += new TextDecoder().decode((await reader.read()).value);
    expect(text).toBe('IBM');
  });

  test('aborts, steps, stops at breakpoints', async () => {
    await using machine = await create({ kernel: guest('nop\nnop\nnop\nagain: jmp again') });
    const { eip } = await machine.registers();
    expect(await machine.step(1)).toEqual({ reason: 'stepped' });
    expect((await machine.registers()).esp).toBe(0x90000);
    await machine.breakpoints.add(eip + 7);
    expect(await machine.run()).toEqual({ reason: 'breakpoint', address: eip + 7 });
    await machine.breakpoints.clear();
    const controller = new AbortController();
    const run = machine.run({ signal: controller.signal });
    controller.abort();
    expect(await run).toEqual({ reason: 'aborted' });
  });

  test('throws the errors that a machine in this thread would throw', async () => {
    await expect(create({ kernel: Uint8Array.of(1, 2, 3) })).rejects.toSatisfy(
      (error) =>
        error instanceof ImageError && error.code === 'ERR_IMAGE_FORMAT' && error.values['length'] === 3,
    );
    await expect(create({ memoryMiB: 0 })).rejects.toSatisfy(
      (error) => error instanceof MachineError && error.code === 'ERR_MEMORY_SIZE',
    );
    await using machine = await create({ kernel: guest(POWER_OFF) });
    await expect(machine.readMemory(4 << 20, 4)).rejects.toMatchObject({
      name: 'MachineError',
      code: 'ERR_ADDRESS',
    });
    await expect(
      VirtualMachine.createInWorker({ hostClock: { now: () => 0, date: () => 0 } } as WorkerOptions),
    ).rejects.toMatchObject({ code: 'ERR_OPTION' });
  });

  test('a worker that fails is reported, and one that ends rejects what waits', async () => {
    const failing = (): Worker => new Worker('throw new Error("no luck")', { eval: true });
    await expect(create({ worker: failing })).rejects.toMatchObject({
      code: 'ERR_WORKER',
      message: expect.stringContaining('no luck'),
    });
    const workers: Worker[] = [];
    const machine = await create({
      kernel: guest('again: jmp again'),
      worker: () => {
        workers.push(workerFromSources());
        return workers[0]!;
      },
    });
    const run = machine.run();
    await workers[0]!.terminate();
    await expect(run).rejects.toMatchObject({ code: 'ERR_WORKER' });
    await machine.dispose();
    expect(machine.state).toBe('disposed');
  });

  test('disposal ends the run and the thread', async () => {
    const exits: number[] = [];
    const machine = await create({
      kernel: guest('again: jmp again'),
      worker: () => {
        const worker = workerFromSources();
        worker.on('exit', (code) => exits.push(code));
        return worker;
      },
    });
    const run = machine.run();
    await machine.dispose();
    expect(await run).toEqual({ reason: 'stopped' });
    expect(exits).toHaveLength(1);
    await expect(machine.registers()).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });
});

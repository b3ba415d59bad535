import { type MachineExit, type VirtualMachine } from '@trapgate/vmm';
import { describe, expect, test } from 'vitest';
import { guest, POWER_OFF, ticking } from '../small-guests';
import { ENDLESS, listen, make } from './test-machines';

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

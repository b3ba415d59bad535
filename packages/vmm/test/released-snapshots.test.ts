// Snapshots of every version that was released have to be restored for ever. A version gets its fixture when it is
// released; none is ever made anew.
import { readdirSync, readFileSync } from 'node:fs';
import { VirtualMachine } from '@trapgate/vmm';
import { describe, expect, test } from 'vitest';
import { workerFromSources } from './worker-from-sources';

const folder = new URL('./fixtures/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.startsWith('snapshot-'));

/** Types a command into the guest's shell and gives what it says up to the next prompt. */
async function answer(machine: VirtualMachine, command: string): Promise<string> {
  let text = '';
  const done = new Promise<void>((resolve) => {
    const off = machine.on('serial', ({ bytes }) => {
      text += new TextDecoder().decode(bytes);
      if (!text.endsWith('trapgate> ')) return;
      off();
      resolve();
    });
  });
  await machine.sendSerial(`${command}\r`);
  await done;
  return text;
}

test('there is a fixture', () => expect(names).toContain('snapshot-1-embedded-guest.bin'));

describe.each(names)('%s', (name) => {
  const snapshot = readFileSync(new URL(name, folder));

  test.each(['interp', 'wasm'] as const)('goes on at its prompt (%s)', async (engine) => {
    await using machine = await VirtualMachine.create({ snapshot, engine });
    const run = machine.run();
    expect(await answer(machine, 'echo one two')).toContain('\none two');
    expect(await answer(machine, 'primes 2000')).toContain('303 primes below 2000 (sieve 303, division 303)');
    expect(await answer(machine, 'uptime')).toMatch(/up \d+\.\d+ s/);
    await machine.sendSerial('poweroff\r');
    expect(await run).toEqual({ reason: 'power-off' });
  });

  test('goes on in a worker, and from there here again', async () => {
    await using worker = await VirtualMachine.createInWorker({ snapshot, worker: workerFromSources });
    void worker.run();
    expect(await answer(worker, 'echo there')).toContain('\nthere');
    await using machine = await VirtualMachine.create({ snapshot: await worker.snapshot() });
    void machine.run();
    expect(await answer(machine, 'echo here')).toContain('\nhere');
    await worker.restore(await machine.snapshot());
    expect(await answer(worker, 'echo back')).toContain('\nback');
  });
});

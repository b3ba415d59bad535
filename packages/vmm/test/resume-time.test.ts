import { VirtualMachine } from '@trapgate/vmm';
import { expect, it } from 'vitest';
import { buildKernel } from '../../../guests/build';

/** Milliseconds of processor time, which other programs of a busy computer do not add to. */
const MOST = 1000;

it.each(['interp', 'wasm'] as const)(
  'the embedded guest resumes at its prompt in under 1 s (%s)',
  async (engine) => {
    const prompt = async (machine: VirtualMachine, typed: string | null, wanted: string): Promise<void> => {
      let text = '';
      const shown = new Promise<void>((resolve) =>
        machine.on('serial', ({ bytes }) => {
          text += new TextDecoder().decode(bytes);
          if (text.includes(wanted)) resolve();
        }),
      );
      void machine.run();
      if (typed !== null) await machine.sendSerial(typed);
      await shown;
    };
    const original = await VirtualMachine.create({ kernel: buildKernel().image, memoryMiB: 64, engine });
    await prompt(original, null, 'trapgate> ');
    const snapshot = await original.snapshot();
    await original.dispose();
    const before = process.cpuUsage();
    await using copy = await VirtualMachine.create({ snapshot, engine });
    await prompt(copy, 'echo awake\r', '\nawake');
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(MOST);
  },
);

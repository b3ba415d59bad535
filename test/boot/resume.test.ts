// Debian goes on from a snapshot at its prompt, at once.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { VirtualMachine } from '../../packages/vmm/src';
import { guestArguments, hasApt, kernels } from './debian-guest';

/** Milliseconds of processor time, which other programs of a busy computer do not add to. */
const MOST = 1000;

/** The value that follows an option of the command line. */
function option(args: readonly string[], name: string): string {
  const at = args.indexOf(name);
  if (at < 0) throw new Error(`the command has no ${name}`);
  return args[at + 1]!;
}

/** Gathers what a machine prints; resolves when it has printed a text since the last call. */
function listen(machine: VirtualMachine): (wanted: string) => Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  let look = (): void => undefined;
  machine.on('serial', ({ bytes }) => {
    text += decoder.decode(bytes, { stream: true });
    look();
  });
  return (wanted) =>
    new Promise((resolve) => {
      look = () => {
        const at = text.indexOf(wanted);
        if (at < 0) return;
        text = text.slice(at + wanted.length);
        look = () => undefined;
        resolve();
      };
      look();
    });
}

describe.skipIf(!hasApt())("Debian's kernel (skipped where there is no apt-get to fetch it)", () => {
  test(`${kernels[0]} resumes at its prompt in under 1 s`, async () => {
    const args = guestArguments(kernels[0]!);
    const original = await VirtualMachine.create({
      kernel: readFileSync(option(args, '-kernel')),
      initrd: readFileSync(option(args, '-initrd')),
      commandLine: option(args, '-append'),
      memoryMiB: 256,
    });
    const printed = listen(original);
    void original.run();
    await printed('Trapgate: Debian is up');
    await printed('# ');
    const snapshot = await original.snapshot();
    await original.dispose();
    const before = process.cpuUsage();
    await using copy = await VirtualMachine.create({ snapshot });
    const answered = listen(copy);
    void copy.run();
    await copy.sendSerial('echo $((6 * 7)) is the answer\n');
    await answered('\n42 is the answer');
    const { user, system } = process.cpuUsage(before);
    const milliseconds = Math.round((user + system) / 1000);
    console.log(
      `${(snapshot.length / 2 ** 20).toFixed(1)} MiB: the first answer after ${milliseconds} ms of processor time`,
    );
    expect(milliseconds).toBeLessThan(MOST);
  });
});

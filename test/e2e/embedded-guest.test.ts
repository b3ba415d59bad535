// The command as built: the embedded guest's demonstration, then each of its programs typed into its shell.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { root, VmmProcess } from '../vmm-process';

const timeout = 30_000;
const prompt = 'trapgate> ';

beforeAll(() => {
  const main = join(root, 'packages/vmm-cli/dist/main.js');
  if (!existsSync(main)) throw new Error('the command is not built: npm run build');
});

let vmm: VmmProcess | undefined;
afterEach(async () => {
  await vmm?.kill();
  vmm = undefined;
});

test('without a terminal and an image, vmm run shows the demonstration and exits 0', async () => {
  vmm = new VmmProcess(['run']);
  expect(await vmm.exit(timeout), vmm.tail()).toBe(0);
  expect(vmm.output).toMatch(/demo: \d+ passed, 0 failed/);
  expect(vmm.errors).toBe('');
});

test('-icount makes two runs identical', async () => {
  const outputs: string[] = [];
  for (let run = 0; run < 2; run++) {
    vmm = new VmmProcess(['run', '-icount', 'on']);
    expect(await vmm.exit(timeout), vmm.tail()).toBe(0);
    outputs.push(vmm.output);
  }
  expect(outputs[1]).toBe(outputs[0]);
});

/** What is typed, and what the guest answers. */
const commands: [string, RegExp][] = [
  ['help', /primes .*poweroff /s],
  ['ps', /idle.*shell.*ps/s],
  ['echo one two', /\none two/],
  ['uptime', /up \d+\.\d+ s, \d+ context switches/],
  ['cpuid', /vendor: \w+.*features: .*\bfpu\b.*\bsse2\b/s],
  ['primes 2000', /primes: 303 primes below 2000 \(sieve 303, division 303\)/],
  ['forkwait 20', /forkwait: 20 children ended with the status expected/],
  ['syscalls 500', /syscalls: 500 by int, 500 by sysenter/],
  ['pagechurn 5', /pagechurn: 5 rounds, 320 pages mapped/],
  ['stackgrow 256', /stackgrow: 256 KiB of stack, 64 page faults/],
  ['preempt 20', /preempt: an endless loop was interrupted, and killed/],
  ['float 1000', /float: 500500 in both processes/],
  ['fault de', /#DE divide error at [0-9A-F]{8}, error 00000000: killed/],
  ['fault db', /#DB debug/],
  ['fault bp', /#BP breakpoint/],
  ['fault of', /#OF overflow/],
  ['fault br', /#BR bound range exceeded/],
  ['fault ud', /#UD invalid opcode/],
  ['fault nm', /#NM let the kernel load the x87 state, once/],
  ['fault ts', /#TS invalid TSS/],
  ['fault np', /#NP segment not present at [0-9A-F]{8}, error 00000048/],
  ['fault ss', /#SS stack-segment fault at [0-9A-F]{8}, error 00000048/],
  ['fault gp', /#GP general protection at [0-9A-F]{8}, error 00000000/],
  ['fault pf', /#PF page fault at [0-9A-F]{8}, error 00000004, address 00000000/],
  ['fault mf', /#MF x87 floating-point error/],
  ['fault ac', /#AC alignment check/],
  ['fault xm', /#XM /],
  ['fault kernel', /#PF page fault at [0-9A-F]{8}, error 00000005, address 00100000/],
  ['fault text', /#PF page fault at ([0-9A-F]{8}), error 00000007, address \1/],
  ['fault io', /#GP general protection/],
  ['fault int', /#GP general protection at [0-9A-F]{8}, error 00000102/],
  ['fault stack', /#PF page fault at [0-9A-F]{8}, error 00000006/],
  ['fault pointer', /killed, bad address in a system call/],
];

describe('the shell', () => {
  test('runs every program and powers off with exit code 0', async () => {
    vmm = new VmmProcess(['run', '-append', '']);
    await vmm.expect(prompt, timeout);
    for (const [command, answer] of commands) {
      const before = vmm.output.length;
      vmm.send(`${command}\r`);
      await vmm.expect(prompt, timeout);
      expect.soft(vmm.output.slice(before), command).toMatch(answer);
    }
    vmm.send('poweroff\r');
    expect(await vmm.exit(timeout)).toBe(0);
  });

  test('is there within 2 s and then costs less than 5 % of a processor', async () => {
    const start = performance.now();
    const shell = (vmm = new VmmProcess(['run', '-append', '']));
    await shell.expect(prompt, timeout);
    expect(performance.now() - start).toBeLessThan(2000);
    // What V8 still does with what was hot, and a busy machine, are over at some time; what the guest costs is not.
    await expect.poll(() => shell.cpuShare(5), { timeout: 40_000 }).toBeLessThan(0.05);
  });

  test('SIGINT ends the run within a second', async () => {
    vmm = new VmmProcess(['run', '-append', '']);
    await vmm.expect(prompt, timeout);
    vmm.signal('SIGINT');
    expect(await vmm.exit(1000)).toBe(130);
  });
});

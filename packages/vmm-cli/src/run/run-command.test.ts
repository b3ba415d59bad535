import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line';
import { endless, fakeContext, type FakeGuest, FakeTerminal, until } from '../testing/fake-context';

let directory: string;
const path = (name: string): string => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'vmm-run-'));
  writeFileSync(path('kernel'), 'kernel!');
  writeFileSync(path('initrd'), 'initrd!');
  writeFileSync(path('empty'), '');
  writeFileSync(path('large'), Buffer.alloc((1 << 20) + 1));
});
afterAll(() => rmSync(directory, { recursive: true }));

const later = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('vmm run', () => {
  it('loads what the flags name', async () => {
    const { context, machines } = fakeContext();
    const flags = [
      '-kernel',
      path('kernel'),
      '-initrd',
      path('initrd'),
      '-append',
      'quiet',
      '-m',
      '64',
      '-cpu',
      'max',
    ];
    expect(await runCommandLine(['run', ...flags], context)).toBe(0);
    const [image] = machines[0]!.images;
    expect(String(image!.kernel)).toBe(String(Buffer.from('kernel!')));
    expect(String(image!.initrd)).toBe(String(Buffer.from('initrd!')));
    expect(image!.commandLine).toBe('quiet');
    expect(machines[0]!.options).toMatchObject({ memoryMiB: 64, cpu: 'max', icount: false });
  });

  it('runs the demonstration of the embedded guest where there is no terminal', async () => {
    const { context, machines } = fakeContext();
    expect(await runCommandLine(['run'], context)).toBe(0);
    expect(machines[0]!.images).toEqual([
      { kind: 'auto', kernel: Uint8Array.of(1, 2, 3), commandLine: 'demo' },
    ]);
  });

  it('gives the embedded guest the command line asked for', async () => {
    const { context, machines } = fakeContext();
    await runCommandLine(['run', '-append', ''], context);
    expect(machines[0]!.images[0]!.commandLine).toBe('');
  });

  it("shows the guest's output in order, whole", async () => {
    const { context, output } = fakeContext(async (machine) => {
      for (let line = 0; line < 3000; line++) machine.print(`line ${line}\n`);
      await later(2);
      machine.print('the end');
      return { reason: 'power-off' };
    });
    await runCommandLine(['run'], context);
    expect(output()).toBe(Array.from({ length: 3000 }, (_, line) => `line ${line}\n`).join('') + 'the end');
  });

  it('writes serial output and log to files', async () => {
    const { context, output } = fakeContext(async ({ options }) => {
      options.serial!.write(65);
      options.log!.write('int 80');
      return { reason: 'power-off' };
    });
    await runCommandLine(
      ['run', '-serial', `file:${path('serial')}`, '-d', 'int', '-D', path('log')],
      context,
    );
    expect([readFileSync(path('serial'), 'utf8'), readFileSync(path('log'), 'utf8'), output()]).toEqual([
      'A',
      'int 80\n',
      '',
    ]);
  });

  it('logs to standard error otherwise', async () => {
    const { context, errors } = fakeContext(async ({ options }) => {
      options.log!.write('x'.repeat(20_000));
      options.log!.write('y');
      return { reason: 'power-off' };
    });
    await runCommandLine(['run', '-d', 'mmu'], context);
    expect(errors()).toBe(`${'x'.repeat(20_000)}\ny\n`);
  });
});

describe('the end of a run', () => {
  it.each<[string, FakeGuest, string[], number, RegExp]>([
    ['power off', async () => ({ reason: 'power-off' }), [], 0, /^$/],
    ['debug exit', async () => ({ reason: 'debug-exit', code: 33 }), [], 33, /^$/],
    ['reset', async () => ({ reason: 'reset' }), ['-no-reboot'], 0, /^$/],
    [
      'triple fault',
      async () => ({ reason: 'triple-fault', report: 'EAX=1\n' }),
      [],
      4,
      /^vmm: the guest triple-faulted\nEAX=1\n$/,
    ],
    ['halt', async () => ({ reason: 'halted', report: 'EAX=2' }), [], 4, /^vmm: .* interrupts off\nEAX=2\n$/],
  ])('by %s', async (_, guest, flags, code, report) => {
    const { context, errors } = fakeContext(guest);
    expect(await runCommandLine(['run', ...flags], context)).toBe(code);
    expect(errors()).toMatch(report);
  });

  it('does not come with a reset: the guest starts again', async () => {
    const { context, machines } = fakeContext(async ({ runs }) => ({
      reason: runs < 3 ? 'reset' : 'power-off',
    }));
    expect(await runCommandLine(['run'], context)).toBe(0);
    expect(machines[0]).toMatchObject({ resets: 2, runs: 3 });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('by %s', async (signal, code) => {
    const { context, host } = fakeContext(endless);
    const run = runCommandLine(['run'], context);
    await later(5);
    host.emit(signal);
    expect(await run).toBe(code);
    expect(host.eventNames()).toEqual([]);
    expect(host.exitCodes).toEqual([]);
  });

  it('by a signal, even if the guest resets itself without a pause', async () => {
    const { context, host } = fakeContext(async () => ({ reason: 'reset' }));
    setTimeout(() => host.emit('SIGINT'), 5);
    expect(await runCommandLine(['run'], context)).toBe(130);
  });

  it('by a second signal, at once', async () => {
    const { context, host } = fakeContext(() => new Promise(() => undefined));
    void runCommandLine(['run'], context);
    await later(1);
    host.emit('SIGINT');
    expect(host.exitCodes).toEqual([]);
    host.emit('SIGINT');
    expect(host.exitCodes).toEqual([130]);
  });

  it('by a signal, after a second at most, whatever the machine does', async () => {
    const { context, host } = fakeContext(() => new Promise(() => undefined));
    void runCommandLine(['run'], context);
    await later(1);
    host.emit('SIGINT');
    await later(990);
    expect(host.exitCodes).toEqual([130]);
  });

  it('by an output that nobody reads any more', async () => {
    const { context, stdout } = fakeContext(endless);
    const run = runCommandLine(['run'], context);
    await later(2);
    stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(await run).toBe(141);
  });

  it('passes a fault of the machine on', async () => {
    const { context, host } = fakeContext(async () => Promise.reject(new TypeError('bug')));
    await expect(runCommandLine(['run'], context)).rejects.toThrow('bug');
    expect(host.eventNames()).toEqual([]);
  });
});

describe('back-pressure', () => {
  it('makes the guest wait for a slow reader', async () => {
    const { context, machines, stdout } = fakeContext(async (machine) => {
      if (machine.runs === 3) return { reason: 'power-off' };
      machine.print('x'.repeat(3 << 20)); // past the stream's own buffers
      return { reason: 'stopped' };
    });
    const run = runCommandLine(['run'], context);
    await later(20);
    expect(machines[0]).toMatchObject({ runs: 1 });
    expect(machines[0]!.pauses).toBeGreaterThan(0);
    stdout.resume();
    expect(await run).toBe(0);
  });

  it('makes piped input wait for the guest', async () => {
    const { context, machines, stdin, host } = fakeContext(endless);
    const run = runCommandLine(['run'], context);
    await later(2);
    const [machine] = machines;
    Object.defineProperty(machine, 'serialBacklog', {
      get: () => Math.max(0, machine!.received.length - taken),
    });
    let taken = 0;
    stdin.write('y'.repeat(100_000));
    await later(20);
    expect(machine!.received).toHaveLength(256);
    expect(stdin.isPaused()).toBe(true);
    taken = 100;
    await later(20);
    expect(machine!.received).toHaveLength(356);
    host.emit('SIGINT');
    await run;
  });

  it('lets the run go on at the end of the input', async () => {
    const { context, stdin, machines } = fakeContext(until(({ received }) => received === 'last words'));
    stdin.end('last words');
    expect(await runCommandLine(['run'], context)).toBe(0);
    expect(machines[0]!.received).toBe('last words');
  });
});

describe('the terminal', () => {
  it('is raw during the run and restored after it', async () => {
    const terminal = new FakeTerminal();
    const { context, machines } = fakeContext(
      until(({ received }) => received === 'ls\x03'),
      terminal,
    );
    terminal.write('ls\x03');
    expect(await runCommandLine(['run'], context)).toBe(0);
    expect(machines[0]!.received).toBe('ls\x03');
    expect(terminal.modes.at(0)).toBe(true);
    expect(terminal.modes.at(-1)).toBe(false);
  });

  it('is restored after a fault of the machine', async () => {
    const terminal = new FakeTerminal();
    const { context } = fakeContext(async () => Promise.reject(new Error('bug')), terminal);
    await expect(runCommandLine(['run'], context)).rejects.toThrow('bug');
    expect(terminal.modes.at(-1)).toBe(false);
  });

  it('is left alone where the serial port is elsewhere', async () => {
    const terminal = new FakeTerminal();
    const { context } = fakeContext(undefined, terminal);
    await runCommandLine(['run', '-serial', 'null'], context);
    expect(terminal.modes).toEqual([]);
  });

  it.each([['mon:stdio'], ['stdio']])('ends the run at Ctrl-A x, with -serial %s', async (target) => {
    const terminal = new FakeTerminal();
    const { context, machines, errors } = fakeContext(endless, terminal);
    terminal.write('a\x01');
    terminal.write('xb');
    expect(await runCommandLine(['run', '-serial', target], context)).toBe(0);
    expect(machines[0]!.received).toBe('a');
    expect(errors()).toContain('ended by Ctrl-A x');
  });

  it('ends the run though the guest does not read', async () => {
    const terminal = new FakeTerminal();
    const { context, machines } = fakeContext(endless, terminal);
    const run = runCommandLine(['run'], context);
    await later(2);
    machines[0]!.serialBacklog = 1000;
    terminal.write('z'.repeat(200_000));
    terminal.write('\x01x');
    expect(await run).toBe(0);
  });

  it('shows help at Ctrl-A h', async () => {
    const terminal = new FakeTerminal();
    const { context, errors } = fakeContext(
      until(({ received }) => received === '.'),
      terminal,
    );
    terminal.write('\x01h.');
    await runCommandLine(['run'], context);
    expect(errors()).toMatch(/\nCtrl-A x +end the run\n/);
  });

  it('passes Ctrl-A of piped input on with -serial stdio', async () => {
    const { context, stdin } = fakeContext(until(({ received }) => received === '\x01x'));
    stdin.write('\x01x');
    expect(await runCommandLine(['run', '-serial', 'stdio'], context)).toBe(0);
  });
});

describe('bad input', () => {
  it.each([
    ['-kernel nowhere', 'vmm: -kernel nowhere: no such file\n'],
    ['-kernel /', 'vmm: -kernel /: is a directory; give a file\n'],
    ['-kernel empty', 'vmm: -kernel empty: the file is empty; give a kernel or initramfs image\n'],
    [
      '-kernel kernel -initrd empty',
      'vmm: -initrd empty: the file is empty; give a kernel or initramfs image\n',
    ],
    ['-kernel large -m 1', "vmm: -kernel large: larger than the guest's memory of 1 MiB; see -m\n"],
    ['-kernel /dev/zero -m 1', "vmm: -kernel /dev/zero: larger than the guest's memory of 1 MiB; see -m\n"],
    ['-kernel a\nb', 'vmm: -kernel a b: no such file\n'],
    ['-D nowhere/log', 'vmm: -D nowhere/log: no such directory\n'],
    ['-serial file:/', 'vmm: -serial file:/: is a directory; give a file\n'],
    ['-kernal x', "vmm: unknown flag '-kernal'; the nearest known one is -kernel (-help lists all)\n"],
  ])('%j ends with one line and code 2', async (line, message) => {
    const { context, errors } = fakeContext();
    const args = line
      .split(' ')
      .map((word) => (['empty', 'kernel', 'large'].includes(word) ? path(word) : word));
    expect(await runCommandLine(['run', ...args], context)).toBe(2);
    expect(errors().replaceAll(`${directory}/`, '')).toBe(message);
  });

  it('too much memory for the host ends the same way', async () => {
    const { context, factory, errors } = fakeContext();
    factory.create = () => {
      throw new RangeError('WebAssembly.Memory(): could not allocate memory');
    };
    expect(await runCommandLine(['run', '-m', '3072'], context)).toBe(2);
    expect(errors()).toBe('vmm: -m 3072: this host cannot provide so much memory; give less\n');
  });

  it.each([
    ['ERR_IMAGE_FORMAT', 'FILE: no kernel\n'],
    ['ERR_MEMORY_SIZE', 'no kernel\n'],
  ])('the machine refuses with %s ends the same way', async (code, message) => {
    const { context, factory, errors } = fakeContext();
    const { create } = factory;
    factory.create = (options) => {
      const machine = create(options);
      machine.load = () => {
        throw Object.assign(new Error('no kernel'), { code });
      };
      return machine;
    };
    expect(await runCommandLine(['run', '-kernel', path('kernel')], context)).toBe(2);
    expect(errors()).toBe(`vmm: ${message.replace('FILE', path('kernel'))}`);
  });
});

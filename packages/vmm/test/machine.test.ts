import {
  ImageError,
  Machine,
  MachineError,
  type MachineExit,
  type MachineOptions,
  processorModels,
} from '@trapgate/vmm';
import { describe, expect, test } from 'vitest';
import { guest, POWER_OFF, ticking } from './small-guests';

const HANG = 'hang: jmp hang';
const HALT = 'cli\nhlt';
const TRIPLE_FAULT = 'lidt [none]\nud2\nnone: dw 0\ndd 0';

interface Run {
  readonly machine: Machine;
  readonly exit: MachineExit;
  readonly output: string;
}

function create(code: string, options: MachineOptions = {}): { machine: Machine; output: () => string } {
  let output = '';
  const serial = { write: (byte: number): void => void (output += String.fromCharCode(byte)) };
  const machine = Machine.create({ memoryMiB: 2, serial, ...options });
  machine.load({ kind: 'auto', kernel: guest(code) });
  return { machine, output: () => output };
}

async function run(code: string, options: MachineOptions = {}): Promise<Run> {
  const { machine, output } = create(code, options);
  const exit = await machine.run();
  return { machine, exit, output: output() };
}

describe('how a guest ends', () => {
  test('power off', async () => expect((await run(POWER_OFF)).exit).toEqual({ reason: 'power-off' }));

  test('debug exit', async () => {
    const { exit } = await run('mov al, 3\nout 0xF4, al', { debugExit: { iobase: 0xf4, iosize: 4 } });
    expect(exit).toEqual({ reason: 'debug-exit', code: 7 });
  });

  test('a triple fault is reported with registers and exceptions', async () => {
    const { exit } = await run(`mov eax, 0x12345678\n${TRIPLE_FAULT}`);
    expect(exit.reason).toBe('triple-fault');
    const { report } = exit as { report: string };
    expect(report).toContain('EAX=12345678');
    expect(report).toMatch(/#UD at 0010:001000/);
    expect(report).toMatch(/#DF/);
  });

  test('HLT with interrupts off', async () => {
    const { exit } = await run(HALT);
    expect(exit).toMatchObject({ reason: 'halted', report: expect.stringContaining('no exceptions so far') });
  });

  test('reset, and the machine starts again', async () => {
    const { machine, output } = create(
      'mov dx, 0x3F8\nmov al, 65\nout dx, al\nmov al, 0xFE\nout 0x64, al\n' + HANG,
    );
    for (let round = 0; round < 3; round++) {
      expect(await machine.run()).toEqual({ reason: 'reset' });
      machine.reset();
    }
    expect(output()).toBe('AAA');
  });
});

describe('how an embedder ends it', () => {
  test('the abort signal stops a guest that never halts', async () => {
    const { machine } = create(HANG);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const start = performance.now();
    expect(await machine.run({ signal: abort.signal })).toEqual({ reason: 'aborted' });
    expect(performance.now() - start).toBeLessThan(1000);
    expect(await machine.run({ signal: abort.signal })).toEqual({ reason: 'aborted' });
  });

  test('a paused machine goes on where it was', async () => {
    const { machine, output } = create(ticking(30));
    setTimeout(() => machine.pause(), 10);
    expect(await machine.run()).toEqual({ reason: 'stopped' });
    const ticks = output().length;
    expect(ticks).toBeLessThan(30);
    expect(await machine.run()).toEqual({ reason: 'power-off' });
    expect(output().length).toBe(30);
  });

  test('an unknown processor model is refused, known ones work', async () => {
    expect(() => Machine.create({ cpu: '8080' })).toThrow(/8080.*known: trapgate/);
    for (const { name } of processorModels()) {
      expect((await run(POWER_OFF, { cpu: name })).exit).toEqual({ reason: 'power-off' });
    }
  });

  test('misuse throws', async () => {
    const machine = Machine.create({ memoryMiB: 2 });
    await expect(machine.run()).rejects.toThrow(MachineError);
    expect(() => machine.load({ kind: 'auto', kernel: new Uint8Array(3) })).toThrow(ImageError);
    machine.load({ kind: 'auto', kernel: guest(HANG) });
    const running = machine.run();
    await expect(machine.run()).rejects.toThrow('pause it first');
    expect(() => machine.reset()).toThrow('pause it first');
    machine.pause();
    expect(await running).toEqual({ reason: 'stopped' });
  });
});

describe('time', () => {
  test('guest time follows the host, and the guest sleeps between ticks', async () => {
    const { machine, exit } = await run(ticking(300));
    expect(exit.reason).toBe('power-off');
    const { guestNanoseconds, idleMilliseconds, runningMilliseconds, interrupts } = machine.statistics;
    expect(guestNanoseconds / 1e6).toBeGreaterThan(290);
    expect(idleMilliseconds).toBeGreaterThan(runningMilliseconds);
    expect(interrupts).toEqual([{ vector: 0x20, count: 300 }]);
  });

  test('with icount two runs are identical', async () => {
    const icount = { nanosecondsPerInstruction: 7, sleep: false };
    const [first, second] = [await run(ticking(200), { icount }), await run(ticking(200), { icount })];
    expect(first.output).toBe(second.output);
    expect(first.machine.statistics.instructions).toBe(second.machine.statistics.instructions);
    expect(first.machine.statistics.guestNanoseconds).toBe(second.machine.statistics.guestNanoseconds);
    expect(first.machine.statistics.guestNanoseconds / 1e6).toBeCloseTo(199, 0);
  });
});

test('two machines in one process do not see each other', async () => {
  const icount = { sleep: false };
  const letters = (letter: string): string =>
    `mov edi, 2000\nnext: mov ecx, 3000\nspin: inc dword [0x80000]\nloop spin\nmov dx, 0x3F8\n` +
    `mov al, '${letter}'\nout dx, al\ndec edi\njnz next\nmov eax, [0x80000]\ncmp eax, 6000000\njne bad\n${POWER_OFF}\nbad: cli\nhlt`;
  const order: string[] = [];
  const machines = ['a', 'b'].map((letter) =>
    create(letters(letter), {
      icount,
      serial: { write: (byte) => void order.push(String.fromCharCode(byte)) },
    }),
  );
  const exits = await Promise.all(machines.map(({ machine }) => machine.run()));
  expect(exits).toEqual([{ reason: 'power-off' }, { reason: 'power-off' }]);
  expect(machines[0]!.machine.statistics.instructions).toBe(machines[1]!.machine.statistics.instructions);
  const changes = order.filter((letter, index) => index > 0 && letter !== order[index - 1]).length;
  expect(order.filter((letter) => letter === 'a').length).toBe(2000);
  expect(changes).toBeGreaterThan(4);
});

test('no program makes the machine throw or hang', async () => {
  let seed = 20261;
  const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 16;
  for (let round = 0; round < 40; round++) {
    const kernel = guest(`times 2000 nop`);
    for (let at = 40; at < kernel.length; at++) kernel[at] = random();
    const machine = Machine.create({ memoryMiB: 2, debugExit: { iobase: 0xf4, iosize: 4 } });
    machine.load({ kind: 'auto', kernel });
    const timer = setTimeout(() => machine.pause(), 20);
    const exit = await machine.run();
    clearTimeout(timer);
    expect(['stopped', 'halted', 'triple-fault', 'reset', 'power-off', 'debug-exit']).toContain(exit.reason);
  }
});

import {
  type HostClock,
  MachineError,
  SnapshotError,
  VirtualMachine,
  type VirtualMachineOptions,
} from '@trapgate/vmm';
import { describe, expect, test } from 'vitest';
import { guest, POWER_OFF, ticking } from './small-guests';

const decoder = new TextDecoder();

/** Collects what a machine's guest sends. */
function listen(machine: VirtualMachine): () => string {
  let text = '';
  machine.on('serial', ({ bytes }) => (text += decoder.decode(bytes)));
  return () => text;
}

const make = (options: VirtualMachineOptions): Promise<VirtualMachine> =>
  VirtualMachine.create({ memoryMiB: 2, engine: 'interp', ...options });

const ICOUNT = { icount: { nanosecondsPerInstruction: 50, sleep: false } } as const;

/** A busy loop between ticks, so that snapshots fall between instructions that do something. */
const BUSY = ticking(300).replace('wait_:  hlt', 'wait_:  inc ebx\n        add [0x80000], ebx');

/** Everything that a guest could see. */
async function finish(machine: VirtualMachine, output: () => string): Promise<unknown> {
  const exit = await machine.run();
  const { instructions, guestNanoseconds } = await machine.stats();
  const memory = decoder.decode(await machine.readMemory(0x80000, 64));
  return {
    exit,
    instructions,
    guestNanoseconds,
    memory,
    registers: await machine.registers(),
    text: output(),
  };
}

describe('a restored machine goes on as if nothing had happened', () => {
  test.each([1, 7, 100, 5003, 20_000, 20_001, 20_002, 61_234, 123_456])(
    'after %i instructions, with -icount to the nanosecond, under either engine',
    async (count) => {
      await using original = await make({ kernel: guest(BUSY), ...ICOUNT });
      const output = listen(original);
      expect(await original.step(count)).toEqual({ reason: 'stepped' });
      const snapshot = await original.snapshot();
      const before = output();
      const expected = await finish(original, output);
      for (const engine of ['interp', 'wasm'] as const) {
        await using copy = await VirtualMachine.create({ snapshot, engine, icount: ICOUNT.icount });
        const copied = listen(copy);
        expect(await finish(copy, () => before + copied())).toEqual(expected);
      }
    },
  );

  test('from the translating engine to the interpreter, and back', async () => {
    const options = { kernel: guest(BUSY), ...ICOUNT };
    await using straight = await make({ ...options, engine: 'interp' });
    const expected = await finish(straight, listen(straight));
    let text = '';
    let snapshot: Uint8Array | undefined;
    for (const engine of ['wasm', 'interp', 'wasm', 'interp'] as const) {
      await using machine = await make(
        snapshot ? { snapshot, engine, memoryMiB: 2, icount: ICOUNT.icount } : { ...options, engine },
      );
      const output = listen(machine);
      await machine.step(150_001);
      text += output();
      snapshot = await machine.snapshot();
    }
    await using last = await VirtualMachine.create({ snapshot: snapshot!, icount: ICOUNT.icount });
    const output = listen(last);
    expect(await finish(last, () => text + output())).toEqual(expected);
  });

  test('into itself, while it runs: the guest repeats what it did', async () => {
    await using machine = await make({ kernel: guest(BUSY), ...ICOUNT });
    await machine.step(50_000);
    const snapshot = await machine.snapshot();
    const first = listen(machine);
    const one = await finish(machine, first);
    const length = first().length;
    await machine.restore(snapshot);
    expect(await finish(machine, () => first().slice(length))).toEqual(one);
    await machine.restore(snapshot.slice().buffer);
    const run = machine.run();
    await machine.restore(new Blob([snapshot.slice()]));
    expect(await run).toEqual({ reason: 'power-off' });
  });

  test('bytes that the guest has not read yet are among it', async () => {
    const echo = `mov ecx, 20
next:   mov dx, 0x3FD
wait_:  in al, dx
        test al, 1
        jz wait_
        mov dx, 0x3F8
        in al, dx
        out dx, al
        loop next
        ${POWER_OFF}`;
    await using machine = await make({ kernel: guest(echo) });
    await machine.sendSerial('12345678901234567890');
    const output = listen(machine);
    await machine.step(40);
    const snapshot = await machine.snapshot();
    await using copy = await VirtualMachine.create({ snapshot });
    const copied = listen(copy);
    await copy.run();
    expect(output() + copied()).toBe('12345678901234567890');
  });

  test('two machines run on from one snapshot side by side', async () => {
    await using original = await make({ kernel: guest(ticking(40)) });
    await original.step(30);
    const snapshot = await original.snapshot();
    const machines = await Promise.all([1, 2].map(() => VirtualMachine.create({ snapshot })));
    const outputs = machines.map(listen);
    const exits = await Promise.all(machines.map((machine) => machine.run()));
    expect(exits).toEqual([{ reason: 'power-off' }, { reason: 'power-off' }]);
    for (const output of outputs) expect(output()).toMatch(/^[0-7]{40}$/);
    for (const machine of machines) await machine.dispose();
  });
});

/** A host whose clock is set by hand. */
function handClock(): HostClock & { milliseconds: number; wall: number } {
  return {
    milliseconds: 0,
    wall: Date.UTC(2024, 0, 1, 12, 0, 0),
    now() {
      return this.milliseconds;
    },
    date() {
      return this.wall;
    },
  };
}

const READ_CLOCK = `
        mov dx, 0x3F8
        mov al, 4               ; hours
        out 0x70, al
        in al, 0x71
        out dx, al
        mov al, 0               ; seconds
        out 0x70, al
        in al, 0x71
        out dx, al
        cli
        hlt`;

describe('time', () => {
  test('the real-time clock follows the host; guest time stands still while nothing runs', async () => {
    const saved = handClock();
    await using original = await make({ kernel: guest(READ_CLOCK), hostClock: saved });
    const before = await original.stats();
    const snapshot = await original.snapshot();
    const later = handClock();
    later.wall += (3 * 3600 + 25) * 1000;
    later.milliseconds = 1e9;
    await using copy = await VirtualMachine.create({ snapshot, hostClock: later });
    const bytes: number[] = [];
    copy.on('serial', (event) => bytes.push(...event.bytes));
    expect((await copy.stats()).guestNanoseconds).toBe(before.guestNanoseconds);
    await copy.run();
    expect(bytes).toEqual([0x15, 0x25]);
  });

  test('with -icount it does not: two runs are the same on any day', async () => {
    await using original = await make({ kernel: guest(READ_CLOCK), ...ICOUNT, hostClock: handClock() });
    const snapshot = await original.snapshot();
    const later = handClock();
    later.wall += 3600_000;
    await using copy = await VirtualMachine.create({ snapshot, hostClock: later });
    const bytes: number[] = [];
    copy.on('serial', (event) => bytes.push(...event.bytes));
    await copy.run();
    expect(bytes).toEqual([0, 0]);
  });

  test('a guest with -icount that sleeps does not wait for the time before the snapshot', async () => {
    const options = { icount: { nanosecondsPerInstruction: 1e6, sleep: true } } as const;
    await using original = await make({
      kernel: guest(`mov ecx, 4000\nagain: loop again\n${ticking(3)}`),
      ...options,
    });
    await original.step(4010);
    const snapshot = await original.snapshot();
    await using copy = await VirtualMachine.create({ snapshot });
    const start = performance.now();
    expect(await copy.run()).toEqual({ reason: 'power-off' });
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe('refusals', () => {
  const snapshotOf = async (options: VirtualMachineOptions = {}): Promise<Uint8Array> => {
    await using machine = await make({ kernel: guest(BUSY), ...ICOUNT, ...options });
    await machine.step(1000);
    return machine.snapshot();
  };
  const changed = (bytes: Uint8Array, at: number, value: (byte: number) => number): Uint8Array => {
    const copy = bytes.slice();
    copy[at] = value(copy[at]!);
    return copy;
  };
  const refused = async (
    snapshot: Uint8Array,
    code: string,
    options: VirtualMachineOptions = {},
  ): Promise<void> => {
    const error: unknown = await VirtualMachine.create({ snapshot, ...options }).then(
      () => 'no error',
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(SnapshotError);
    expect(error).toMatchObject({ name: 'SnapshotError', code });
    expect((error as Error).message).not.toMatch(/\n|undefined|NaN/);
  };

  test('what is no snapshot', async () => {
    for (const text of ['', 'x', 'PK\x03\x04 something else', 'a'.repeat(100)]) {
      await refused(new TextEncoder().encode(text), 'ERR_SNAPSHOT_FORMAT');
    }
  });

  test('any length that is too short, and bytes behind the end', async () => {
    const snapshot = await snapshotOf();
    for (const length of [1, 8, 31, 32, 100, snapshot.length - 1]) {
      await refused(snapshot.subarray(0, length), 'ERR_SNAPSHOT_TRUNCATED');
    }
    const longer = new Uint8Array(snapshot.length + 1);
    longer.set(snapshot);
    await refused(longer, 'ERR_SNAPSHOT_DAMAGED');
  });

  test('a bit that has changed anywhere', async () => {
    const snapshot = await snapshotOf();
    for (let at = 12; at < snapshot.length; at += Math.ceil(snapshot.length / 200)) {
      const code = at >= 16 && at < 24 ? 'ERR_SNAPSHOT_TRUNCATED' : 'ERR_SNAPSHOT_DAMAGED';
      await refused(
        changed(snapshot, at, (byte) => byte ^ 0x10),
        code,
      );
    }
  });

  test('a later version', async () => {
    await refused(
      changed(await snapshotOf(), 8, () => 2),
      'ERR_SNAPSHOT_NEWER',
    );
  });

  test('another machine; and the machine that refuses is as it was', async () => {
    const snapshot = await snapshotOf();
    await refused(snapshot, 'ERR_SNAPSHOT_MACHINE', { memoryMiB: 4 });
    await refused(await snapshotOf({ cpu: 'pentium3' }), 'ERR_SNAPSHOT_MACHINE', { cpu: 'trapgate' });
    await using machine = await make({ kernel: guest(BUSY), memoryMiB: 4 });
    await machine.step(10);
    const before = await machine.registers();
    await expect(machine.restore(snapshot)).rejects.toMatchObject({ code: 'ERR_SNAPSHOT_MACHINE' });
    expect(await machine.registers()).toEqual(before);
    expect(await machine.step(10)).toEqual({ reason: 'stepped' });
  });

  test('a machine from a snapshot has no image to start after a reset, unless it is given', async () => {
    const snapshot = await snapshotOf();
    await using bare = await VirtualMachine.create({ snapshot });
    await expect(bare.reset()).rejects.toSatisfy(
      (error) => error instanceof MachineError && error.code === 'ERR_NOT_LOADED',
    );
    await using loaded = await VirtualMachine.create({ snapshot, kernel: guest(POWER_OFF) });
    await loaded.reset();
    expect(await loaded.run()).toEqual({ reason: 'power-off' });
  });
});

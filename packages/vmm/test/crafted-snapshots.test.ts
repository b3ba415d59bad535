// Snapshots that somebody has made up, with right checksums: none may break the host.
import { SnapshotError, VirtualMachine } from '@trapgate/vmm';
import { deflateRawSync, inflateRawSync, crc32 } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { guest, POWER_OFF, ticking } from './small-guests';

const HEADER = 32;
/** Snapshots that are changed at random. */
const CHANGED = Number(process.env['TRAPGATE_CRAFTED'] ?? 150);

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

interface Parts {
  state: { [name: string]: Json };
  pages: Uint8Array;
}

function take(file: Uint8Array): Parts {
  const payload = inflateRawSync(file.subarray(HEADER));
  const length = payload.readUInt32LE(0);
  return {
    state: JSON.parse(payload.toString('utf8', 4, 4 + length)) as Parts['state'],
    pages: payload.subarray(4 + length),
  };
}

function container(payload: Uint8Array, declared = payload.length): Uint8Array {
  const compressed = deflateRawSync(payload, { level: 1 });
  const file = Buffer.alloc(HEADER + compressed.length);
  Buffer.from('89544756 4d0d0a1a 01000000'.replaceAll(' ', ''), 'hex').copy(file);
  file.writeBigUInt64LE(BigInt(compressed.length), 16);
  file.writeBigUInt64LE(BigInt(declared), 24);
  compressed.copy(file, HEADER);
  file.writeUInt32LE(crc32(file.subarray(16)), 12);
  return file;
}

function put({ state, pages }: Parts): Uint8Array {
  const json = Buffer.from(JSON.stringify(state));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return container(Buffer.concat([length, json, pages]));
}

async function original(): Promise<Uint8Array> {
  await using machine = await VirtualMachine.create({
    memoryMiB: 2,
    kernel: guest(ticking(1000)),
    icount: { nanosecondsPerInstruction: 50, sleep: false },
    engine: 'interp',
  });
  await machine.sendSerial('typed ahead');
  await machine.step(5000);
  return machine.snapshot();
}

async function refusal(file: Uint8Array): Promise<SnapshotError> {
  const error: unknown = await VirtualMachine.create({ snapshot: file }).then(
    () => 'accepted',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SnapshotError);
  return error as SnapshotError;
}

/** mulberry32: the sequence of a seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const ODD: Json[] = [
  ...[null, true, false, 'idle', 'x', '', [], {}, [1], -1, 0, 1, 2, 7, 255, 256, 65536],
  ...[0.5, -0.5, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53, 1e18, 1e300, -1e300, 'ff', 'ffffffffffffffff'],
];

/** The place of every value in a state, as the object that holds it and its name there. */
function places(
  value: Json,
  found: [Json[] | { [name: string]: Json }, string | number][] = [],
): typeof found {
  if (typeof value !== 'object' || value === null) return found;
  for (const name of Object.keys(value)) {
    found.push([value as { [name: string]: Json }, name]);
    places((value as { [name: string]: Json })[name]!, found);
  }
  return found;
}

describe('a snapshot with a right checksum', () => {
  test('whatever its numbers are: refused, or a machine that runs', { timeout: 120_000 }, async () => {
    const file = await original();
    const seed = Number(process.env['TRAPGATE_SEED'] ?? Date.now() % 1e6);
    console.log(`seed ${seed} (TRAPGATE_SEED)`);
    const pick = random(seed);
    const codes: Record<string, number> = {};
    for (let n = 0; n < CHANGED; n++) {
      const parts = take(file);
      const all = places(parts.state);
      for (let changes = 1 + pick(3); changes > 0; changes--) {
        const [holder, name] = all[pick(all.length)]!;
        (holder as Record<string | number, Json>)[name] = ODD[pick(ODD.length)]!;
      }
      const memory = parts.state['ramBytes'];
      if (typeof memory === 'number' && memory > 2 ** 26) continue;
      try {
        await using machine = await VirtualMachine.create({ snapshot: put(parts), engine: 'interp' });
        const limit = setTimeout(() => void machine.pause(), 100);
        await machine.step(20_000);
        clearTimeout(limit);
        codes['runs'] = (codes['runs'] ?? 0) + 1;
      } catch (error) {
        const { name, code } = error as { name: string; code: string };
        expect(['SnapshotError', 'MachineError'], String(error)).toContain(name);
        codes[code] = (codes[code] ?? 0) + 1;
      }
    }
    expect(codes['runs']).toBeGreaterThan(0);
    expect(codes['ERR_SNAPSHOT_DAMAGED']).toBeGreaterThan(0);
  });

  test('lengths that lie', async () => {
    const { state, pages } = take(await original());
    const lie = Buffer.from([0xff, 0xff, 0xff, 0x7f, 1, 2, 3]);
    expect((await refusal(container(lie))).code).toBe('ERR_SNAPSHOT_DAMAGED');
    expect((await refusal(container(Buffer.alloc(2)))).code).toBe('ERR_SNAPSHOT_DAMAGED');
    expect((await refusal(container(Buffer.alloc(0)))).code).toBe('ERR_SNAPSHOT_DAMAGED');
    expect((await refusal(container(Buffer.alloc(100), 99))).code).toBe('ERR_SNAPSHOT_DAMAGED');
    expect((await refusal(container(Buffer.alloc(100), 101))).code).toBe('ERR_SNAPSHOT_DAMAGED');
    expect((await refusal(container(Buffer.alloc(100), 2 ** 50))).code).toBe('ERR_SNAPSHOT_DAMAGED');
    expect((await refusal(put({ state, pages: pages.subarray(1) }))).code).toBe('ERR_SNAPSHOT_DAMAGED');
    expect((await refusal(put({ state: [] as never, pages }))).code).toBe('ERR_SNAPSHOT_DAMAGED');
  });

  test('later versions and fields of parts are told from damage', async () => {
    const file = await original();
    const later = async (change: (state: { [name: string]: never }) => void): Promise<string> => {
      const parts = take(file);
      change(parts.state as never);
      return (await refusal(put(parts))).code;
    };
    type Part = { [name: string]: Json };
    expect(await later((state) => (state['version'] = 2 as never))).toBe('ERR_SNAPSHOT_NEWER');
    for (const part of ['processor', 'clock', 'devices'])
      expect(await later((state) => ((state[part] as Part)['version'] = 2)), part).toBe('ERR_SNAPSHOT_NEWER');
    expect(await later((state) => (((state['devices'] as Part)['timer'] as Part)['version'] = 2))).toBe(
      'ERR_SNAPSHOT_NEWER',
    );
    expect(await later((state) => ((state['devices'] as Part)['floppy'] = {}))).toBe('ERR_SNAPSHOT_NEWER');
    expect(await later((state) => (((state['processor'] as Part)['fields'] as Part)['zmm'] = ['0']))).toBe(
      'ERR_SNAPSHOT_NEWER',
    );
  });

  test('is read where there are only web streams, too', async () => {
    const file = await original();
    const hidden = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    try {
      await using machine = await VirtualMachine.create({ snapshot: file });
      expect(await machine.step(100)).toEqual({ reason: 'stepped' });
      expect(take(await machine.snapshot()).state['version']).toBe(1);
      expect((await refusal(container(Buffer.alloc(100), 99))).code).toBe('ERR_SNAPSHOT_DAMAGED');
      expect((await refusal(container(Buffer.alloc(100), 101))).code).toBe('ERR_SNAPSHOT_DAMAGED');
    } finally {
      hidden.mockRestore();
    }
  });

  test('of a guest that has ended stays ended', async () => {
    await using machine = await VirtualMachine.create({
      memoryMiB: 2,
      kernel: guest(`${POWER_OFF}\ncli\nhlt`),
    });
    expect(await machine.run()).toEqual({ reason: 'power-off' });
    expect((await machine.run()).reason).toBe('halted');
    await using copy = await VirtualMachine.create({ snapshot: await machine.snapshot() });
    expect((await copy.run()).reason).toBe('halted');
  });
});

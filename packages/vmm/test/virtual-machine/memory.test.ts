import { type AddressTranslation, VirtualMachine } from '@trapgate/vmm';
import { describe, expect, test } from 'vitest';
import { POWER_OFF } from '../small-guests';
import { make, PAGED } from './test-machines';

describe('memory', () => {
  test('physical: copies, within RAM only', async () => {
    await using machine = await make(POWER_OFF);
    const bytes = Uint8Array.from({ length: 5000 }, (_, n) => n & 0xff);
    await machine.writeMemory(0x80ff0, bytes);
    const read = await machine.readMemory(0x80ff0, 5000);
    expect(read).toEqual(bytes);
    read.fill(0);
    expect(await machine.readMemory(0x80ff0, 5000)).toEqual(bytes);
    expect(await machine.readMemory(0, 0)).toHaveLength(0);
    for (const [address, length] of [
      [2 << 20, 1],
      [(2 << 20) - 1, 2],
      [0xa0000, 1],
      [0x9ffff, 2],
      [0xffffffff, 1],
    ] as const) {
      await expect(machine.readMemory(address, length)).rejects.toMatchObject({ code: 'ERR_ADDRESS' });
      await expect(machine.writeMemory(address, new Uint8Array(length))).rejects.toMatchObject({
        code: 'ERR_ADDRESS',
      });
    }
    for (const [address, length] of [
      [-1, 1],
      [0.5, 1],
      [0, -1],
      [0, 2 ** 40],
      [2 ** 32, 1],
    ] as const) {
      await expect(machine.readMemory(address, length)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    }
    await expect(machine.writeMemory(0, 'text' as never)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
    await expect(machine.readMemory(0, 1, { space: 'port' as never })).rejects.toMatchObject({
      code: 'ERR_ARGUMENT',
    });
  });

  test('code that is overwritten is executed as it is then', async () => {
    await using machine = await make('again: mov eax, 1\njmp again');
    await machine.step(9);
    const code = await machine.readMemory(0x100000, 0x1000);
    const at = code.findIndex((byte, n) => byte === 0xb8 && code[n + 1] === 1);
    await machine.writeMemory(0x100000 + at + 1, Uint8Array.of(2));
    await machine.step(4);
    expect((await machine.registers()).eax).toBe(2);
  });
});

describe('paging', () => {
  test('linear addresses, and their translation entry by entry', async () => {
    await using machine = await make(`${PAGED}\nhlt`);
    expect(await machine.translateAddress(0x400000)).toEqual({
      kind: 'unpaged',
      linear: 0x400000,
      physical: 0x400000,
      entries: [],
    });
    expect((await machine.run()).reason).toBe('halted');
    const page = (await machine.translateAddress(0x400004)) as AddressTranslation & { kind: 'mapped' };
    expect(page).toMatchObject({
      kind: 'mapped',
      physical: 0x80004,
      pageSize: 4096,
      writable: false,
      user: false,
      executable: true,
      entries: [
        { level: 'page-directory', index: 1, entryAddress: 0x10004, value: 0x12001n, writable: false },
        { level: 'page-table', index: 0, entryAddress: 0x12000, value: 0x80003n, writable: true },
      ],
    });
    expect(await machine.translateAddress(0x812345)).toMatchObject({
      kind: 'mapped',
      physical: 0x12345,
      pageSize: 4 << 20,
      user: true,
    });
    expect(await machine.translateAddress(0x401000)).toMatchObject({
      kind: 'fault',
      reason: 'not-present',
      entries: [{ present: true }, { present: false, index: 1 }],
    });
    expect(await machine.translateAddress(0xfffff000)).toMatchObject({
      kind: 'fault',
      entries: [{ index: 1023 }],
    });
    const linear = { space: 'linear' } as const;
    expect([...(await machine.readMemory(0x400000, 4, linear))]).toEqual([0x44, 0x33, 0x22, 0x11]);
    await machine.writeMemory(0x800000 + 0x80000, Uint8Array.of(9), linear);
    expect([...(await machine.readMemory(0x80000, 2))]).toEqual([9, 0x33]);
    await expect(machine.readMemory(0x400ffe, 4, linear)).rejects.toMatchObject({
      code: 'ERR_ADDRESS',
      values: { address: 0x401000 },
    });
    await expect(machine.translateAddress(2 ** 32)).rejects.toMatchObject({ code: 'ERR_ARGUMENT' });
  });

  test('PAE: three levels, large pages, execute-disable', async () => {
    await using machine = await VirtualMachine.create({ memoryMiB: 1 });
    const entries: [number, bigint][] = [
      [0x1000, 0x2001n],
      [0x1018, 0x3001n],
      [0x2000, 0x4007n],
      [0x2008, 0x200083n],
      [0x4008, (1n << 63n) | 0x5003n],
      [0x4010, (1n << 40n) | 0x5003n],
    ];
    for (const [address, value] of entries)
      await machine.writeMemory(address, new Uint8Array(BigUint64Array.of(value).buffer));
    await machine.setRegisters({ cr3: 0x1000, cr4: 0x20, cr0: 0x80000011 });
    expect(await machine.translateAddress(0x1abc)).toMatchObject({ kind: 'fault', reason: 'reserved-bit' });
    expect(await machine.translateAddress(0x2abc)).toMatchObject({ kind: 'fault', reason: 'reserved-bit' });
    expect(await machine.translateAddress(0x212345)).toMatchObject({
      kind: 'mapped',
      physical: 0x212345,
      pageSize: 2 << 20,
      entries: [{ level: 'page-directory-pointer' }, { level: 'page-directory', large: true }],
    });
    expect(await machine.translateAddress(0x4000_0000)).toMatchObject({
      kind: 'fault',
      entries: [{ entryAddress: 0x1008, present: false }],
    });
  });
});

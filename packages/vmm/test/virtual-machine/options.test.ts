import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { VirtualMachine, type VirtualMachineOptions } from '@trapgate/vmm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guest, POWER_OFF } from '../small-guests';
import { HELLO, listen } from './test-machines';

describe('options', () => {
  let directory: string;
  let base: string;
  const kernel = guest(HELLO + POWER_OFF);
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/kernel' ? 200 : 404;
    response.end(request.url === '/kernel' ? kernel : 'no');
  });
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'vmm-images-'));
    writeFileSync(join(directory, 'kernel'), kernel);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
    server.close();
  });

  test('images from everywhere', async () => {
    const buffer = kernel.slice().buffer;
    const sources: VirtualMachineOptions[] = [
      { kernel },
      { kernel: buffer },
      { kernel: new DataView(buffer) },
      { kernel: new Blob([kernel.slice()]) },
      { kernel: join(directory, 'kernel') },
      { kernel: pathToFileURL(join(directory, 'kernel')) },
      { kernel: pathToFileURL(join(directory, 'kernel')).href },
      { kernel: `${base}/kernel` },
      { kernel: new URL(`${base}/kernel`) },
      { bzimage: { url: `${base}/kernel` } },
      { multiboot: { buffer } },
    ];
    for (const source of sources) {
      await using machine = await VirtualMachine.create({ memory_size: 2 << 20, ...source });
      const text = listen(machine);
      await machine.run();
      expect(text()).toBe('hello');
    }
  });

  test('images that cannot be had', async () => {
    const bad: [VirtualMachineOptions, string, RegExp][] = [
      [{ kernel: join(directory, 'nothing') }, 'ERR_IMAGE_SOURCE', /^kernel .*nothing: no such file$/],
      [{ kernel: directory }, 'ERR_IMAGE_SOURCE', /is a directory$/],
      [{ kernel: `${base}/nothing` }, 'ERR_IMAGE_SOURCE', /the server answers 404/],
      [{ kernel: 'http://127.0.0.1:1/' }, 'ERR_IMAGE_SOURCE', /cannot be fetched/],
      [{ kernel: '' }, 'ERR_IMAGE_SOURCE', /no file name/],
      [{ kernel: 7 as never }, 'ERR_IMAGE_SOURCE', /kernel \(number\)/],
      [{ kernel: null as never }, 'ERR_IMAGE_SOURCE', /kernel \(null\)/],
      [{ kernel: {} as never }, 'ERR_IMAGE_SOURCE', /kernel \(object\)/],
      [{ kernel: new Uint8Array(0) }, 'ERR_IMAGE_EMPTY', /is empty/],
      [{ kernel, initrd: new Uint8Array(0) }, 'ERR_INITRD_EMPTY', /is empty/],
      [{ kernel, initrd: join(directory, 'nothing') }, 'ERR_IMAGE_SOURCE', /^initrd .*no such file$/],
      [{ snapshot: join(directory, 'kernel') }, 'ERR_SNAPSHOT_FORMAT', /no snapshot/],
    ];
    for (const [options, code, message] of bad) {
      const error = await VirtualMachine.create({ memoryMiB: 2, ...options }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    }
  });

  test('options that make no sense', async () => {
    const bad: [object, string][] = [
      [{ bios: 'seabios.bin' }, 'bios: there is no such option'],
      [{ kernel, bzimage: kernel }, 'bzimage: means the same as kernel'],
      [{ memory_size: 1 << 20, memorySize: 1 << 20 }, 'memory_size: means the same as memorySize'],
      [{ memory_size: 1 << 20, memoryMiB: 1 }, 'memorySize: and memoryMiB are both given'],
      [{ memory_size: 12345 }, 'whole MiB'],
      [{ memory_size: '1' }, 'whole MiB'],
      [{ initrd: kernel }, 'initrd: needs a kernel'],
      [{ cmdline: 'quiet' }, 'commandLine: needs a kernel'],
      [{ kernel, cmdline: 7 }, 'commandLine: must be a string'],
      [{ autostart: 'yes' }, 'autostart: must be a boolean'],
      [{ disable_jit: true, engine: 'wasm' }, 'disable_jit: contradicts'],
    ];
    for (const [options, message] of bad) {
      const error = await VirtualMachine.create(options).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'ERR_OPTION', message: expect.stringContaining(message) });
    }
    await expect(VirtualMachine.create({ memoryMiB: 0 })).rejects.toMatchObject({ code: 'ERR_MEMORY_SIZE' });
    await expect(VirtualMachine.create({ cpu: 'z80' })).rejects.toMatchObject({
      code: 'ERR_PROCESSOR_MODEL',
    });
    await expect(VirtualMachine.create({ engine: 'jit' as never })).rejects.toMatchObject({
      code: 'ERR_ENGINE',
    });
  });
});

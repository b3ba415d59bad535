import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommandLine } from '../command-line';
import { fakeContext, type FakeGuest, FakeTerminal } from '../testing/fake-context';

let directory: string;
const path = (name: string): string => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'vmm-snapshots-'));
  writeFileSync(path('saved'), 'saved!');
  writeFileSync(path('kernel'), 'kernel!');
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs until it is paused, and powers off when it is run again. */
const pausable: FakeGuest = (machine) =>
  new Promise((resolve) => {
    if (machine.runs > 1) return resolve({ reason: 'power-off' });
    const look = (): void => {
      if (machine.pauses > 0) resolve({ reason: 'stopped' });
      else setTimeout(look, 1);
    };
    look();
  });

describe('Ctrl-A s', () => {
  it('saves the machine, which goes on', async () => {
    const terminal = new FakeTerminal();
    const { context, errors, machines } = fakeContext(pausable, terminal);
    terminal.write('\x01s');
    expect(await runCommandLine(['run', '-savevm', path('new')], context)).toBe(0);
    expect(readFileSync(path('new'), 'utf8')).toBe('snapshot!');
    expect(errors()).toContain(`saved (1 KiB); to go on with it: vmm run -loadvm ${path('new')}`);
    expect(machines[0]!.runs).toBe(2);
    expect(readdirSync(directory).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('tells why it could not, and the machine goes on', async () => {
    const terminal = new FakeTerminal();
    const { context, errors, machines } = fakeContext(pausable, terminal);
    terminal.write('\x01s');
    expect(await runCommandLine(['run', '-savevm', path('nowhere/new')], context)).toBe(0);
    expect(errors()).toContain('could not be saved to ' + path('nowhere/new') + ': no such directory');
    expect(machines[0]!.runs).toBe(2);
  });
});

describe('-loadvm', () => {
  it('begins with the machine saved: its memory, processor and clock, unless they are given', async () => {
    const { context, machines } = fakeContext();
    expect(await runCommandLine(['run', '-loadvm', path('saved'), '-accel', 'wasm'], context)).toBe(0);
    expect(machines[0]!.restored).toBe('saved!');
    expect(Object.keys(machines[0]!.options).sort()).toEqual(['engine', 'serial']);
    expect(machines[0]!.options.engine).toBe('wasm');
    const flags = ['-m', '64', '-icount', 'on', '-cpu', 'base'];
    await runCommandLine(['run', '-loadvm', path('saved'), ...flags], context);
    expect(machines[1]!.options).toMatchObject({ memoryMiB: 64, cpu: 'base', icount: true });
    expect(machines[1]!.images).toEqual([]);
  });

  it('says on a terminal that the guest goes on, and nowhere else', async () => {
    const args = ['run', '-loadvm', path('saved')];
    const onTerminal = fakeContext(undefined, new FakeTerminal());
    (onTerminal.context.stdout as { isTTY?: boolean }).isTTY = true;
    await runCommandLine(args, onTerminal.context);
    expect(onTerminal.errors()).toBe(
      `vmm: ${path('saved')} goes on where it was saved; Enter may bring a prompt\n`,
    );
    const piped = fakeContext();
    await runCommandLine(args, piped.context);
    expect(piped.errors()).toBe('');
  });

  it('a guest that resets itself needs the kernel', async () => {
    const resetting: FakeGuest = async ({ runs }) => ({ reason: runs === 1 ? 'reset' : 'power-off' });
    const without = fakeContext(resetting);
    expect(await runCommandLine(['run', '-loadvm', path('saved')], without.context)).toBe(0);
    expect(without.errors()).toContain('with -kernel FILE beside -loadvm it would start again');
    const { context, machines } = fakeContext(resetting);
    expect(await runCommandLine(['run', '-loadvm', path('saved'), '-kernel', path('kernel')], context)).toBe(
      0,
    );
    expect(machines[0]!.images).toHaveLength(1);
    expect(machines[0]!.resets).toBe(1);
  });

  it.each([
    ['-loadvm nowhere', 'vmm: -loadvm nowhere: no such file\n'],
    [
      '-loadvm saved -append x',
      'vmm: -append with -loadvm needs the kernel that a reset is to start; add -kernel FILE\n',
    ],
  ])('%s', async (flags, message) => {
    const { context, errors } = fakeContext();
    expect(await runCommandLine(['run', ...flags.split(' ')], context)).toBe(2);
    expect(errors()).toBe(message);
  });

  it('a snapshot that is refused: one line that names the file', async () => {
    const { context, factory, errors } = fakeContext();
    factory.restore = async () => {
      throw Object.assign(new Error('the snapshot is damaged'), { code: 'ERR_SNAPSHOT_DAMAGED' });
    };
    expect(await runCommandLine(['run', '-loadvm', path('saved')], context)).toBe(2);
    expect(errors()).toBe(`vmm: ${path('saved')}: the snapshot is damaged\n`);
  });
});

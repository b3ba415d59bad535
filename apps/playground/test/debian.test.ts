// Debian's kernel in the page and in Node.js. TRAPGATE_DEBIAN names a folder with vmlinuz-686 and initramfs.gz, as `vmm
// fetch-debian` leaves them; TRAPGATE_RUNS says how often each boots. Only a quiet computer gives times that mean something.
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotTest, consoleShows, PlaygroundBrowser, screenshot } from './browser';
import { tasksDuring } from './main-thread';

const folder = process.env['TRAPGATE_DEBIAN'];
const runs = Number(process.env['TRAPGATE_RUNS'] ?? 3);
const why = cannotTest ?? (folder ? undefined : 'TRAPGATE_DEBIAN names no folder');
const [kernel, initramfs] = ['vmlinuz-686', 'initramfs.gz'].map((name) => join(folder ?? '', name));
const COMMAND_LINE = 'console=ttyS0';
const MEMORY_MIB = 256;
const UP = 'Trapgate: Debian is up';
/** How much longer than in Node.js a boot in the page may take. */
const MOST = 1.3;
const BOOT_TIMEOUT = 300_000;
const RESUME = 1000;
/** Milliseconds of a task of the main thread. */
const LONGEST_TASK = 50;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function bootInNode(): Promise<number> {
  const program = fileURLToPath(new URL('boot-in-node.mjs', import.meta.url));
  const args = [program, kernel!, initramfs!, COMMAND_LINE, String(MEMORY_MIB), UP];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: BOOT_TIMEOUT });
  return Number(stdout);
}

/** Gives the page files, and the milliseconds from then until its machine runs and from that until a text is shown. */
async function open(
  page: Page,
  files: readonly string[],
  text: string,
): Promise<[made: number, shown: number]> {
  const input = page.locator('input[type=file]');
  const running = page.getByText('Running.');
  await input.setInputFiles([...files]);
  const start = performance.now();
  await running.waitFor();
  const made = performance.now();
  page.setDefaultTimeout(BOOT_TIMEOUT);
  await consoleShows(page, text);
  return [made - start, performance.now() - made];
}

describe.skipIf(why)(`Debian in the page${why ? ` (skipped: ${why})` : ''}`, () => {
  let browser: PlaygroundBrowser;
  beforeAll(async () => {
    browser = await PlaygroundBrowser.start();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
  });

  it('boots in at most 1.3 times its time in Node.js', { timeout: 2 * runs * BOOT_TIMEOUT }, async () => {
    const times = { page: [] as number[], node: [] as number[] };
    for (let run = 0; run < runs; run++) {
      times.node.push(await bootInNode());
      const page = await browser.open({ fragment: `memory=${MEMORY_MIB}&cmdline=${COMMAND_LINE}` });
      const [, shown] = await open(page, [kernel!, initramfs!], UP);
      times.page.push(Math.round(shown));
      await page.close();
    }
    const ratio = median(times.page) / median(times.node);
    const list = (values: readonly number[]): string => values.join(', ');
    console.log(`boot, ms: page ${list(times.page)}; Node.js ${list(times.node)}; ${ratio.toFixed(2)} times`);
    expect(ratio).toBeLessThanOrEqual(MOST);
  });

  it('boots with every unit shown, and no task above 50 ms', { timeout: BOOT_TIMEOUT }, async () => {
    const page = await browser.open({ fragment: `memory=${MEMORY_MIB}&cmdline=${COMMAND_LINE}` });
    const [task] = await tasksDuring(page, async () => {
      await page.locator('input[type=file]').setInputFiles([kernel!, initramfs!]);
      await page.getByText('Running.').waitFor();
      await page.getByRole('tab', { name: 'Translate' }).click();
      await page.getByLabel('Program').selectOption('machine');
      page.setDefaultTimeout(BOOT_TIMEOUT);
      await consoleShows(page, UP);
    });
    const units = await page.getByText(/units in use/).textContent();
    console.log(
      `longest task ${Math.round(task!.busy)} ms (${Math.round(task!.elapsed)} by the clock); ${units}`,
    );
    await screenshot(page, 'translate-debian');
    expect(task!.busy).toBeLessThan(LONGEST_TASK);
    await page.close();
  });

  it('resumes from a snapshot, at its prompt, in under 1 s', { timeout: 2 * BOOT_TIMEOUT }, async () => {
    const page = await browser.open({ fragment: `memory=${MEMORY_MIB}&cmdline=${COMMAND_LINE}` });
    await open(page, [kernel!, initramfs!], UP);
    await page.locator('.console').click();
    await page.keyboard.type('echo $((6 * 7)) is the answer\n');
    await consoleShows(page, '\n42 is the answer');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save snapshot' }).click();
    const path = join(tmpdir(), `debian-${process.pid}.trapgate`);
    const saving = performance.now();
    await (await download).saveAs(path);
    const saved = Math.round(performance.now() - saving);
    const { length } = await readFile(path);
    await page.close();
    const times: number[] = [];
    for (let run = 0; run < 3; run++) {
      const fresh = await browser.open({ fragment: `memory=${MEMORY_MIB}` });
      // The page as it is when somebody opens a file: its code is loaded.
      await fresh.getByRole('button', { name: 'Step', exact: true }).click();
      await fresh.getByText('Stepped.').waitFor();
      const [made] = await open(fresh, [path], '');
      times.push(Math.round(made));
      if (run === 0) {
        await fresh.locator('.console').click();
        await fresh.keyboard.type('uname -m\n');
        await consoleShows(fresh, 'i686');
        await screenshot(fresh, 'run-debian');
      }
      await fresh.close();
    }
    await rm(path);
    console.log(
      `snapshot of ${(length / 2 ** 20).toFixed(1)} MiB, saved in ${saved} ms: running again after ${times.join(', ')} ms`,
    );
    expect(median(times)).toBeLessThan(RESUME);
  });
});

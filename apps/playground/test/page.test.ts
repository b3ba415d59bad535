// What holds for the whole page, whichever panel is shown.
import { readFile } from 'node:fs/promises';
import { assemble } from '@trapgate/x86-assembler';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotTest, consoleShows, PlaygroundBrowser, screenshot } from './browser';
import { tasksDuring } from './main-thread';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

/** Milliseconds: longer tasks of the main thread are felt. */
const LONGEST_TASK = 50;
/** Pages in which it is looked for, at most. */
const ROUNDS = 4;

/** A Multiboot kernel that prints without end, as fast as the port takes it. */
const FLOOD = assemble(`
        bits 32
        org 0x100000
header: dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000)
        dd header, header, 0, 0, start
start:  mov edx, 0x3f8
        mov esi, text
        mov ecx, 72
        cld
        rep outsb
        jmp start
text:   db 'a line that is sent again and again, as fast as the processor can do it', 10
`).bytes;

describe.skipIf(cannotTest)(`the page, in Chromium${cannotTest ? ` (skipped: ${cannotTest})` : ''}`, () => {
  let browser: PlaygroundBrowser;
  beforeAll(async () => {
    browser = await PlaygroundBrowser.start();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
  });

  /** The longest task of the main thread in everything that a page is used for. */
  async function longestTasks(): Promise<{ what: string; busy: number; elapsed: number }[]> {
    const page = await browser.open({ fragment: 'memory=16' });
    const longest: { what: string; busy: number; elapsed: number }[] = [];
    const measure = async (what: string, action: () => Promise<void>): Promise<number> => {
      const [task = { busy: 0, elapsed: 0 }] = await tasksDuring(page, action);
      longest.push({ what, busy: Math.round(task.busy), elapsed: Math.round(task.elapsed) });
      return task.busy;
    };
    // What is measured is what it is said to be.
    const probe = await measure('probe', () =>
      page.evaluate(async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        for (const end = performance.now() + 500; performance.now() < end;);
      }),
    );
    expect(probe).toBeGreaterThan(LONGEST_TASK);
    longest.pop();
    await measure('start', async () => {
      await button(page, 'Start').click();
      await consoleShows(page, 'trapgate>');
    });
    for (const command of ['primes 30000', 'syscalls 100000', 'pagechurn 200', 'help']) {
      await measure(command, async () => {
        await page.keyboard.type(`${command}\n`);
        await page.waitForTimeout(1500);
      });
    }
    await page.keyboard.type('primes 3000000 &\n');
    for (const name of (await page.getByRole('tab').allTextContents()).reverse()) {
      await measure(`panel ${name}`, async () => {
        await page.getByRole('tab', { name }).click();
        await page.waitForTimeout(2000);
      });
    }
    await measure('console flooded', async () => {
      await page.locator('input[type=file]').setInputFiles({
        name: 'flood',
        mimeType: 'application/octet-stream',
        buffer: Buffer.from(FLOOD),
      });
      await consoleShows(page, 'again and again');
      await page.waitForTimeout(3000);
    });
    await button(page, 'Pause').click();
    await page.getByText('Paused.').waitFor();
    await page.close();
    const text = longest.map(({ what, busy, elapsed }) => `${what} ${busy} (${elapsed} by the clock)`);
    console.log(`longest tasks of the main thread, ms: ${text.join(', ')}`);
    return longest;
  }

  it('has no task above 50 ms while a guest runs, in any panel', { timeout: 240_000 }, async () => {
    // Processor time, too, depends on what else the machine does: what is too long must be so in each of several pages.
    let tooLong: string[] | undefined;
    for (let round = 0; round < ROUNDS && tooLong?.length !== 0; round++) {
      const found = (await longestTasks()).filter(({ busy }) => busy > LONGEST_TASK);
      const names = found.map(({ what }) => what);
      tooLong = tooLong?.filter((name) => names.includes(name)) ?? names;
    }
    expect(tooLong).toEqual([]);
  });

  it('goes on, with the right time, after the tab was put to sleep', async () => {
    const page = await browser.open({ fragment: 'memory=16' });
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    const consoleText = (): Promise<string> =>
      page.evaluate(
        () => (document.querySelector('.console') as unknown as { consoleText: string }).consoleText,
      );
    const uptimes = async (): Promise<number[]> =>
      [...(await consoleText()).matchAll(/^up ([\d.]+) s/gm)].map(([, seconds]) => Number(seconds));
    await page.keyboard.type('uptime\n');
    await expect.poll(async () => (await uptimes()).length).toBe(1);
    const started = Date.now();
    const session = await page.context().newCDPSession(page);
    for (const state of ['frozen', 'active'] as const) {
      await session.send('Page.setWebLifecycleState', { state });
      if (state === 'frozen') await new Promise((resolve) => setTimeout(resolve, 4000));
    }
    await page.locator('.console').click();
    await page.keyboard.type('uptime\n');
    await expect.poll(async () => (await uptimes()).length).toBe(2);
    const elapsed = (Date.now() - started) / 1000;
    const [before, after] = await uptimes();
    console.log(`${elapsed.toFixed(1)} s asleep and awake; ${(after! - before!).toFixed(1)} s for the guest`);
    expect(after! - before!).toBeGreaterThan(0);
    expect(Math.abs(after! - before! - elapsed)).toBeLessThan(1);
    await page.close();
  });

  it('goes on from a snapshot in under 1 s', async () => {
    const page = await browser.open({ fragment: 'memory=64' });
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    const download = page.waitForEvent('download');
    await button(page, 'Save snapshot').click();
    const buffer = await readFile(await (await download).path());
    let fastest = Infinity;
    for (let attempt = 0; attempt < 10 && !(fastest < 1000); attempt++) {
      await button(page, 'Pause').click();
      await page.getByText('Paused.').waitFor();
      const start = performance.now();
      await page.locator('input[type=file]').setInputFiles({ name: 'saved', mimeType: '', buffer });
      await page.getByText('Running.').waitFor();
      await page.keyboard.type(`echo number ${attempt}\n`);
      await consoleShows(page, `\nnumber ${attempt}`);
      fastest = Math.min(fastest, performance.now() - start);
    }
    console.log(`from the file to the answer to a command: ${Math.round(fastest)} ms`);
    expect(fastest).toBeLessThan(1000);
    await page.close();
  });

  it('keeps the theme that was chosen, and the console follows it', async () => {
    const page = await browser.open();
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    const theme = () => page.evaluate(() => document.documentElement.dataset['theme']);
    expect(await theme()).toBe('light');
    await button(page, 'Dark theme').click();
    expect(await theme()).toBe('dark');
    await screenshot(page, 'run-dark');
    await page.reload();
    await button(page, 'Light theme').waitFor();
    expect(await theme()).toBe('dark');
    await button(page, 'Light theme').click();
    expect(await theme()).toBe('light');
    await page.close();
  });

  it('works in a phone-sized window, with the console in it', async () => {
    const page = await browser.open({ width: 390, height: 844 });
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.keyboard.type('primes 1000\n');
    await consoleShows(page, '168 primes below 1000');
    await screenshot(page, 'run-phone-running');
    await page.getByRole('tab', { name: 'Memory' }).click();
    await button(page, 'Address of the next instruction').click();
    await page.getByText(/is physical address/).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    await screenshot(page, 'memory-phone-running');
    await page.close();
  });

  it('says nothing wrong on the console', () => {
    expect(browser.complaints).toEqual([]);
  });
});

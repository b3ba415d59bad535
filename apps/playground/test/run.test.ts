import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotTest, consoleShows, PlaygroundBrowser, screenshot, violations } from './browser';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const status = (page: Page) => page.getByRole('status').filter({ visible: true });
const guestField = (page: Page) => page.getByRole('combobox', { name: /^Guest/ });
const kernel = fileURLToPath(new URL('../../../guests/dist/kernel.bin', import.meta.url));

/** What the guest has executed, by the line below the console. */
async function instructions(page: Page): Promise<number> {
  const text = (await page.locator('.counters').textContent())!;
  return Number(/^([\d,.]+) instructions/.exec(text)?.[1]?.replaceAll(',', '') ?? 0);
}

describe.skipIf(cannotTest)(`Run, in Chromium${cannotTest ? ` (skipped: ${cannotTest})` : ''}`, () => {
  let browser: PlaygroundBrowser;
  beforeAll(async () => {
    browser = await PlaygroundBrowser.start();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
  });

  it.each([
    ['hello', 'The processor of this page calls itself AuthenticAMD.'],
    ['demand-paging', 'four pages were touched, and only they have memory'],
    ['privilege', 'that is the CLI. The program is stopped.'],
    ['processes', 'both at linear address 400000h'],
  ])('the teaching example %s runs to its end, and its source can be read', async (id, text) => {
    const page = await browser.open();
    await guestField(page).selectOption(id);
    expect(page.url()).toContain(`guest=${id}`);
    await page.getByText('Source', { exact: true }).click();
    await page.getByRole('region', { name: 'Source' }).getByText('%include "include/start.asm"').waitFor();
    await button(page, 'Start').click();
    await consoleShows(page, text);
    await page.getByText('The guest has turned the machine off.').waitFor();
    if (id === 'privilege') {
      await screenshot(page, 'run-example');
      expect(await violations(page)).toEqual([]);
    }
    await page.close();
  });

  it('a link restores guest, engine, memory, command line and speed limit; another one, too', async () => {
    const page = await browser.open({
      fragment: 'panel=run&guest=embedded&engine=interp&memory=16&cmdline=primes+2000&speed=10000000',
    });
    const values = () =>
      Promise.all(
        [
          guestField(page),
          ...['Engine', 'Memory (MiB)', 'Command line', 'Speed limit'].map((label) => page.getByLabel(label)),
        ].map((field) => field.inputValue()),
      );
    expect(await values()).toEqual(['embedded', 'interp', '16', 'primes 2000', '10000000']);
    await button(page, 'Start').click();
    await consoleShows(page, 'memory: 16384 KiB');
    await consoleShows(page, '303 primes below 2000');
    await status(page).getByText('turned the machine off').waitFor();
    expect(await page.locator('.counters').textContent()).not.toContain('translated');
    await page.evaluate(() => (location.hash = '#panel=run&guest=ticks&memory=8'));
    await expect.poll(values).toEqual(['ticks', 'wasm', '8', '', '0']);
    await page.getByText('press New machine').waitFor();
    await button(page, 'New machine').click();
    await consoleShows(page, 'second 1:');
    await expect.poll(() => page.getByText('press New machine').isVisible()).toBe(false);
    await page.close();
  });

  it('starts, pauses, steps, resets and keeps to a speed limit', async () => {
    const page = await browser.open({ fragment: 'memory=8' });
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    await page.keyboard.type('primes 3000000\n');
    const rate = async (): Promise<number> => {
      const [before, start] = [await instructions(page), Date.now()];
      await page.waitForTimeout(2000);
      return ((await instructions(page)) - before) / ((Date.now() - start) / 1000);
    };
    expect(await rate()).toBeGreaterThan(15e6);
    await page.getByLabel('Speed limit').selectOption('1000000');
    await page.waitForTimeout(700);
    const limited = await rate();
    expect(limited).toBeGreaterThan(0.4e6);
    expect(limited).toBeLessThan(1.6e6);
    await button(page, 'Pause').click();
    await status(page).getByText('Paused.').waitFor();
    await page.waitForTimeout(600);
    const paused = await instructions(page);
    for (let n = 1; n <= 3; n++) {
      await button(page, 'Step').click();
      await expect.poll(() => instructions(page)).toBe(paused + n);
    }
    await button(page, 'Reset').click();
    await status(page).getByText('Reset: ready to start.').waitFor();
    await expect.poll(() => instructions(page)).toBe(0);
    await page.getByLabel('Speed limit').selectOption('0');
    await button(page, 'Start').click();
    await expect.poll(() => instructions(page), { timeout: 10_000 }).toBeGreaterThan(50_000);
    await page.close();
  });

  it('takes a kernel that is dropped on the page', async () => {
    const page = await browser.open({ fragment: 'memory=8&cmdline=primes+1000' });
    const transfer = await page.evaluateHandle(
      (bytes) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(bytes)], 'my-kernel.bin'));
        return data;
      },
      [...readFileSync(kernel)],
    );
    const panel = page.getByRole('tabpanel');
    await panel.dispatchEvent('dragover', { dataTransfer: transfer });
    expect(await panel.getAttribute('class')).toContain('drop-target');
    await panel.dispatchEvent('drop', { dataTransfer: transfer });
    await consoleShows(page, '168 primes below 1000');
    expect(
      await guestField(page).evaluate((select: HTMLSelectElement) => select.selectedOptions[0]!.text),
    ).toBe('my-kernel.bin');
    await page.close();
  });

  it('says what is wrong with a damaged snapshot, and goes on with the machine before', async () => {
    const page = await browser.open({ fragment: 'memory=8' });
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    const download = page.waitForEvent('download');
    await button(page, 'Save snapshot').click();
    const snapshot = readFileSync(await (await download).path());
    for (const [buffer, code] of [
      [snapshot.subarray(0, snapshot.length >> 1), 'ERR_SNAPSHOT_TRUNCATED'],
      [
        Buffer.concat([snapshot.subarray(0, 2000), Buffer.from('x'), snapshot.subarray(2001)]),
        'ERR_SNAPSHOT_DAMAGED',
      ],
    ] as const) {
      await page.locator('input[type=file]').setInputFiles({ name: 'bad', mimeType: '', buffer });
      await page.getByRole('alert').getByText(code).waitFor();
    }
    await page.locator('.console').click();
    await page.keyboard.type('echo still running\n');
    await consoleShows(page, '\nstill running');
    await page.close();
  });

  it('can be used by keyboard alone', async () => {
    const page = await browser.open({ fragment: 'memory=8' });
    const focus = async (name: string): Promise<void> => {
      for (let n = 0; n < 25; n++) {
        const found = await page.evaluate(() => document.activeElement?.textContent ?? '');
        if (found === name) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`the focus does not come to ${name}`);
    };
    await focus('Start');
    await page.keyboard.press('Enter');
    await consoleShows(page, 'trapgate>');
    await page.keyboard.type('echo by keyboard\n');
    await consoleShows(page, '\nby keyboard');
    const inConsole = () => page.evaluate(() => document.activeElement!.closest('.console') !== null);
    await page.keyboard.press('Tab');
    expect(await inConsole()).toBe(true);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+Tab');
    expect(await inConsole()).toBe(false);
    await focus('Pause');
    await page.keyboard.press('Enter');
    await status(page).getByText('Paused.').waitFor();
    await page.close();
  });

  it('says nothing wrong on the console', () => {
    expect(browser.complaints).toEqual([]);
  });
});

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotTest, consoleShows, PlaygroundBrowser, screenshot, violations } from './browser';

const PANELS = ['Run'];

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe.skipIf(cannotTest)(`the page in Chromium${cannotTest ? ` (skipped: ${cannotTest})` : ''}`, () => {
  let browser: PlaygroundBrowser;
  beforeAll(async () => {
    browser = await PlaygroundBrowser.start();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
  });

  it('is small, and ready in under 2 s', async () => {
    const page = await browser.open();
    const { ready, bytes } = await page.evaluate(() => {
      const loaded = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
      const bytes = loaded.reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0);
      return { ready: performance.now(), bytes };
    });
    expect(ready).toBeLessThan(2000);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(600 * 1024);
    await page.close();
  });

  it('goes through the tabs by keyboard alone, and keeps the panel in the address', async () => {
    const page = await browser.open();
    await page.getByRole('tab', { name: PANELS[0]! }).focus();
    for (const name of PANELS) {
      const tab = page.getByRole('tab', { name });
      expect(await tab.getAttribute('aria-selected')).toBe('true');
      expect(await tab.evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await page.getByRole('tabpanel').count()).toBe(1);
      expect(page.url()).toContain(`panel=${name.toLowerCase()}`);
      await page.keyboard.press('ArrowRight');
    }
    await page.close();
  });

  it('runs the embedded guest, pauses, steps, and goes on from a snapshot', async () => {
    const page = await browser.open();
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    await page.keyboard.type('primes 2000\n');
    await consoleShows(page, '303 primes below 2000');
    await button(page, 'Pause').click();
    await page.getByText('Paused.').waitFor();
    await button(page, 'Step').click();
    await page.getByText(/Stepped. Next at [0-9a-f]+h: \w+/).waitFor();
    await screenshot(page, 'run');

    const download = page.waitForEvent('download');
    await button(page, 'Save snapshot').click();
    const path = await (await download).path();
    await page.reload();
    await page.locator('input[type=file]').setInputFiles({
      name: 'machine.trapgate',
      mimeType: 'application/octet-stream',
      buffer: await readFile(path),
    });
    await page.getByText('Running.').waitFor();
    await page.locator('.console').click();
    await page.keyboard.type('echo still here\n');
    await consoleShows(page, '\nstill here');
    await page.keyboard.type('poweroff\n');
    await page.getByText('The guest has turned the machine off.').waitFor();
    await page.close();
  });

  it('says in one line what is wrong with an image, and goes on with the one before', async () => {
    const page = await browser.open();
    const image = {
      name: 'notes.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('not a kernel '.repeat(50)),
    };
    await page.locator('input[type=file]').setInputFiles(image);
    const alert = page.getByRole('alert');
    await alert.getByText('ERR_IMAGE_FORMAT').waitFor();
    expect((await alert.textContent())!.split('\n')).toHaveLength(1);
    await screenshot(page, 'bad-image');
    await page.getByLabel('Memory (MiB)').fill('9999');
    await page.getByLabel('Memory (MiB)').blur();
    await button(page, 'Start').click();
    await alert.getByText('ERR_MEMORY_SIZE').waitFor();
    await page.getByLabel('Memory (MiB)').fill('16');
    await page.getByLabel('Memory (MiB)').blur();
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    expect(await page.locator('.error:visible').count()).toBe(0);
    expect(page.url()).toContain('memory=16');
    await page.close();
  });

  it('is accessible in both themes and fits a phone', async () => {
    for (const dark of [false, true]) {
      const page = await browser.open({ dark, width: 390, height: 844 });
      for (const name of PANELS) {
        await page.getByRole('tab', { name }).click();
        await page.locator('[role=tabpanel]:visible:not([aria-busy])').waitFor();
        expect(await violations(page)).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, `${name} is wider than the window`).toBeLessThanOrEqual(0);
        await screenshot(page, `${name.toLowerCase()}-phone-${dark ? 'dark' : 'light'}`);
      }
      await page.close();
    }
  });

  it('says nothing wrong on the console', () => {
    expect(browser.complaints).toEqual([]);
  });
});

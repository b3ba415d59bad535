import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotTest, consoleShows, PlaygroundBrowser, screenshot, violations } from './browser';
import { longestTask } from './longest-task';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe.skipIf(cannotTest)(`Events in Chromium${cannotTest ? ` (skipped: ${cannotTest})` : ''}`, () => {
  let browser: PlaygroundBrowser;
  beforeAll(async () => {
    browser = await PlaygroundBrowser.start();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
  });

  /** A machine in which a bit of everything has happened. */
  async function eventful(options: Parameters<PlaygroundBrowser['open']>[0] = {}): Promise<Page> {
    const page = await browser.open(options);
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    await page.keyboard.type('stackgrow 64\nfault br\nprimes 20000\n');
    await consoleShows(page, '2262 primes');
    await page.keyboard.type('syscalls 20000\n');
    await consoleShows(page, '20000 by int');
    await page.getByRole('tab', { name: 'Events' }).click();
    await page.getByRole('cell', { name: 'INT 80h' }).waitFor();
    await page.locator('.chart svg').nth(1).waitFor();
    return page;
  }

  const counts = (page: Page): Promise<Record<string, number>> =>
    page.evaluate(() =>
      Object.fromEntries(
        [...document.querySelectorAll('.legend li')].map((item) => {
          const [kind, count] = item.textContent!.split(': ') as [string, string];
          return [kind.trim(), Number(count.replaceAll(',', ''))];
        }),
      ),
    );

  it('counts what happens and saves it as CSV, JSON and SVG', async () => {
    const page = await eventful();
    await page.getByRole('cell', { name: /^port 3F8h/ }).waitFor();
    await page.getByRole('cell', { name: '#PF (vector 14)' }).waitFor();
    await page.getByRole('cell', { name: 'SYSENTER' }).waitFor();
    // The guest writes no code that is in use.
    const { invalidations, ...others } = await counts(page);
    expect(invalidations).toBe(0);
    expect(Object.keys(others)).toHaveLength(5);
    expect(Math.min(...Object.values(others))).toBeGreaterThan(0);
    const saved = async (name: string): Promise<string> => {
      const download = page.waitForEvent('download');
      await button(page, name).click();
      return readFile(await (await download).path(), 'utf8');
    };
    const [head, ...rows] = (await saved('Save timeline as CSV')).trimEnd().split('\r\n');
    expect(head).toBe('second,interrupts,exceptions,system calls,port I/O,translations,invalidations');
    expect(rows.length).toBeGreaterThan(0);
    await expect
      .poll(async () => (await counts(page))['system calls'], { timeout: 5000 })
      .toBeGreaterThan(40_000);
    const { totals, samples } = JSON.parse(await saved('Save all as JSON')) as {
      totals: { what: string; count: number }[];
      samples: { counts: Record<string, number> }[];
    };
    expect(totals.find(({ what }) => what === 'INT 80h')!.count).toBeGreaterThan(20_000);
    expect(samples.reduce((sum, sample) => sum + sample.counts['system calls']!, 0)).toBeGreaterThan(40_000);
    expect(await saved('Save timeline as SVG')).toMatch(/^<svg [^]*<path [^]*<\/svg>$/);
    const bars = await saved('Save totals as SVG');
    expect(bars).toMatch(/^<svg [^]*<rect [^]*<\/svg>$/);
    expect(bars).toContain('INT 80h');
    await screenshot(page, 'events');
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('is worked by keyboard alone, in the dark theme: counting begins anew', async () => {
    const page = await eventful({ dark: true });
    await screenshot(page, 'events-dark');
    expect(await violations(page)).toEqual([]);
    expect((await counts(page))['system calls']).toBeGreaterThan(20_000);
    await button(page, 'Start counting anew').focus();
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await counts(page))['exceptions']).toBe(0);
    await page.getByRole('tab', { name: 'Run' }).click();
    await page.locator('.console').click();
    await page.keyboard.type('syscalls 100\n');
    await consoleShows(page, '\nsyscalls: 100');
    await page.getByRole('tab', { name: 'Events' }).click();
    // What follows is counted, what was before is not.
    await expect
      .poll(async () => (await counts(page))['system calls'], { timeout: 5000 })
      .toBeGreaterThan(200);
    expect((await counts(page))['system calls']).toBeLessThan(500);
    await page.close();
  });

  it('fits a phone, and draws without a task of more than 50 ms', async () => {
    const page = await eventful({ width: 390, height: 844 });
    expect(await longestTask(page)).toBeLessThan(50);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    expect(await violations(page)).toEqual([]);
    await screenshot(page, 'events-full-phone');
    await page.close();
  });

  it('says nothing wrong on the console', () => {
    expect(browser.complaints).toEqual([]);
  });
});

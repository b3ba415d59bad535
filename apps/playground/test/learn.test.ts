import { readdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotTest, PlaygroundBrowser, screenshot, violations } from './browser';

const folder = new URL('../src/learn/lessons/', import.meta.url);
const LESSONS = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe.skipIf(cannotTest)(`Learn in Chromium${cannotTest ? ` (skipped: ${cannotTest})` : ''}`, () => {
  let browser: PlaygroundBrowser;
  beforeAll(async () => {
    browser = await PlaygroundBrowser.start();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
  });

  const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

  it.each(LESSONS)('%s: each step shows what its text says, and the question has an answer', async (id) => {
    const page = await browser.open({ fragment: `panel=learn&lesson=${id}` });
    const steps = page.locator('.step');
    const count = (await steps.count()) - 1;
    for (let n = 0; n < count; n++) {
      const step = steps.nth(n);
      await step.getByRole('button', { name: 'Run this step' }).click();
      await step.locator('table.results').waitFor();
      await expect.poll(() => step.getByRole('button').getAttribute('aria-disabled')).toBe('false');
    }
    await page.getByRole('radio').last().check();
    await button(page, 'Show the answer').click();
    await page.locator('.verdict-text').waitFor();
    expect(await page.locator('.results tr.wrong').count()).toBe(0);
    expect(await page.locator('.results tr.right').count()).toBeGreaterThan(2 * count);
    expect(await page.locator('.program .now').count()).toBe(1);
    await screenshot(page, `learn-${id}`);
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('says whether the answer chosen is right', async () => {
    for (const [choice, verdict] of [
      ['Only CLI traps.', /^That is right\.$/],
      ['Both trap.', /^Not so: Only CLI traps\.$/],
    ] as const) {
      const page = await browser.open({ fragment: 'panel=learn' });
      await page.getByLabel(choice).check();
      // The steps before it are run, too.
      await button(page, 'Show the answer').click();
      await expect.poll(() => page.locator('.verdict-text').textContent()).toMatch(verdict);
      expect(await page.locator('.step.done').count()).toBe(await page.locator('.step').count());
      await button(page, 'Begin this lesson again').click();
      await expect.poll(() => page.locator('.step.done').count()).toBe(0);
      await page.close();
    }
  });

  it('is worked by keyboard alone, in the dark theme', async () => {
    const page = await browser.open({ fragment: 'panel=learn', dark: true });
    await button(page, 'A page fault that grows a stack').focus();
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toContain('lesson=stack');
    const tabTo = async (name: string): Promise<void> => {
      for (let n = 0; n < 40; n++) {
        await page.keyboard.press('Tab');
        const text = await page.evaluate(() => document.activeElement?.textContent);
        if (text === name) return;
      }
      throw new Error(`no way to ${name}`);
    };
    for (let n = 0; n < 4; n++) {
      await tabTo('Run this step');
      await page.keyboard.press('Enter');
      await page.locator('.step').nth(n).locator('table.results').waitFor();
      await expect.poll(() => button(page, 'Show the answer').getAttribute('aria-disabled')).toBe('false');
    }
    await page.keyboard.press('Tab');
    for (let n = 0; n < 2; n++) await page.keyboard.press('ArrowDown');
    expect(await page.getByLabel('Nine').isChecked()).toBe(true);
    await tabTo('Show the answer');
    await page.keyboard.press('Space');
    await expect.poll(() => page.locator('.verdict-text').textContent()).toBe('That is right.');
    await screenshot(page, 'learn-stack-dark');
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('fits a phone in both themes', async () => {
    for (const dark of [false, true]) {
      const page = await browser.open({
        fragment: 'panel=learn&lesson=timer',
        dark,
        width: 390,
        height: 844,
      });
      await button(page, 'Show the answer').click();
      await page.locator('.verdict-text').waitFor();
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      expect(await violations(page)).toEqual([]);
      await screenshot(page, `learn-phone-${dark ? 'dark' : 'light'}`);
      await page.close();
    }
  });

  it('says nothing wrong on the console', () => {
    expect(browser.complaints).toEqual([]);
  });
});

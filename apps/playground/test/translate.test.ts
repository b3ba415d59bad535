import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotTest, consoleShows, PlaygroundBrowser, screenshot, violations } from './browser';
import { longestTask } from './longest-task';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const pane = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

describe.skipIf(cannotTest)(`Translate in Chromium${cannotTest ? ` (skipped: ${cannotTest})` : ''}`, () => {
  let browser: PlaygroundBrowser;
  beforeAll(async () => {
    browser = await PlaygroundBrowser.start();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
  });

  const open = (options: Parameters<PlaygroundBrowser['open']>[0] = {}) =>
    browser.open({ ...options, fragment: `panel=translate${options.fragment ?? ''}` });

  it('shows isPrime as guest code, operations and WebAssembly, and the chains between units', async () => {
    const page = await open();
    const graph = page.getByRole('group', { name: 'Units and chains' });
    await graph.getByRole('button', { name: /^unit \d+: isPrime / }).waitFor();
    await page.getByLabel('Follow the guest from unit to unit').uncheck();
    await graph.getByRole('button', { name: /^unit \d+: isPrime / }).click();
    const guest = pane(page, 'Guest code');
    await expect.poll(() => guest.textContent()).toContain('isPrime:  (entry)');
    expect(await guest.textContent()).toMatch(/89 f9mov ecx,edi.*idiv esi.*branches to notPrime; goes on at/);
    expect(await pane(page, 'Operations').textContent()).toMatch(/^func r_100_[0-9a-f]+.*i32\.shr_s/s);
    expect(await pane(page, 'WebAssembly').textContent()).toMatch(/^\(func \$r_100_[0-9a-f]+ .*\(loop\b/s);
    const blocks = page.getByRole('group', { name: 'Blocks of the unit' });
    expect(await blocks.getByRole('img', { name: /^Block nexti: mov eax,ecx; cdq; idiv esi/ }).count()).toBe(
      1,
    );
    await expect.poll(() => graph.locator('.edge.call').count()).toBeGreaterThan(0);
    await page.getByText(/[1-9][0-9,]* times from one unit straight into another/).waitFor();
    await screenshot(page, 'translate');
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('is worked by keyboard alone: pause, step, choose a unit', async () => {
    const page = await open({ dark: true });
    const node = page.getByRole('button', { name: /^unit \d+: isPrime / });
    await node.waitFor();
    await button(page, 'Pause').focus();
    await page.keyboard.press('Enter');
    await button(page, 'Run').waitFor();
    const executed = async (): Promise<number> =>
      parseInt((await page.getByText(/instructions executed,/).textContent())!.replaceAll(',', ''));
    await expect.poll(async () => (await executed()) - (await executed())).toBe(0);
    const before = await executed();
    await button(page, 'Step').focus();
    await page.keyboard.press('Space');
    await expect.poll(executed).toBe(before + 1);
    await node.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => node.getAttribute('aria-pressed')).toBe('true');
    expect(await node.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await page.getByLabel('Follow the guest from unit to unit').isChecked()).toBe(false);
    await screenshot(page, 'translate-dark');
    expect(await violations(page)).toEqual([]);
    await button(page, 'Restart').click();
    await page.getByText('No unit yet.').waitFor();
    await page.close();
  });

  it('looks into the machine of the Run panel', async () => {
    const page = await open({ fragment: '&program=machine' });
    await page.getByText('There is no machine yet').waitFor();
    await page.getByRole('tab', { name: 'Run' }).click();
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    await page.keyboard.type('primes 300000\n');
    await page.getByRole('tab', { name: 'Translate' }).click();
    await page.getByText(/^[1-9][0-9]* units? in use/).waitFor();
    await page
      .getByRole('button', { name: /^unit \d+: [0-9A-F]{8}h / })
      .first()
      .waitFor();
    expect(await longestTask(page)).toBeLessThan(50);
    await screenshot(page, 'translate-machine');
    await page.close();
  });

  it('fits a phone in both themes', async () => {
    for (const dark of [false, true]) {
      const page = await open({ dark, width: 390, height: 844 });
      await page.getByRole('button', { name: /^unit \d+: isPrime / }).waitFor();
      await button(page, 'Pause').click();
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
      expect(await violations(page)).toEqual([]);
      await screenshot(page, `translate-phone-${dark ? 'dark' : 'light'}`);
      await page.close();
    }
  });

  it('keeps the page free: no task of the main thread is longer than 50 ms while the guest runs', async () => {
    const page = await open();
    await page.getByRole('button', { name: /^unit \d+: isPrime / }).waitFor();
    expect(await longestTask(page)).toBeLessThan(50);
    await page.close();
  });

  it('says nothing wrong on the console', () => {
    expect(browser.complaints).toEqual([]);
  });
});

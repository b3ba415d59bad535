import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotTest, consoleShows, PlaygroundBrowser, screenshot, violations } from './browser';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const status = (page: Page) => page.getByRole('status').filter({ visible: true });
const table = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

/** The cells of a table's rows. */
const rows = (page: Page, name: string): Promise<string[][]> =>
  table(page, name)
    .locator('tbody tr')
    .evaluateAll((list) => list.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));

describe.skipIf(cannotTest)(`Memory, in Chromium${cannotTest ? ` (skipped: ${cannotTest})` : ''}`, () => {
  let browser: PlaygroundBrowser;
  beforeAll(async () => {
    browser = await PlaygroundBrowser.start();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
  });

  it('shows what the TLB holds, and the entry of the address that is walked', async () => {
    const page = await browser.open({ fragment: 'memory=8' });
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    await button(page, 'Pause').click();
    await status(page).getByText('Paused.').waitFor();
    await page.getByRole('tab', { name: 'Memory' }).click();
    await button(page, 'Address of the next instruction').click();
    await page
      .getByText(/^The TLB has an entry for this address: reads, (writes, )?fetches below CPL 3/)
      .waitFor();
    const address = page.getByLabel('Linear address (hexadecimal)');
    await expect.poll(() => address.inputValue()).not.toBe('00100000');
    const linear = await address.inputValue();
    await status(page).getByText(`${linear}h is physical address`).waitFor();
    const entries = await rows(page, 'TLB');
    expect(entries.length).toBeGreaterThan(3);
    for (const [address, physical, pages, who] of entries) {
      expect(address).toMatch(/^[0-9a-f]{5}000(-[0-9a-f]{5}fff)?$/);
      // This kernel maps itself at its own address; programs elsewhere.
      if (parseInt(address!, 16) < 0x4000_0000) expect(physical).toBe(address!.slice(0, 8));
      expect(Number(pages)).toBeGreaterThan(0);
      expect(who).toMatch(/^CPL (3|0-2)$/);
    }
    const marked = await table(page, 'TLB').locator('tr.here td').first().textContent();
    const [first, last = marked!.replace(/000$/, 'fff')] = marked!.split('-');
    expect(parseInt(linear, 16)).toBeGreaterThanOrEqual(parseInt(first!, 16));
    expect(parseInt(linear, 16)).toBeLessThanOrEqual(parseInt(last, 16));
    // The walk says the same as the TLB.
    const walked = (await status(page).textContent())!;
    expect(walked).toMatch(new RegExp(`^${linear}h is physical address ${linear}h, in a page of`));
    await page.getByLabel('Linear address (hexadecimal)').fill('7f000000');
    await button(page, 'Walk').click();
    await page.getByText('The TLB has no entry for this address').waitFor();
    await screenshot(page, 'memory-tlb');
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('shows page faults as they happen: demand paging, one page after the other', async () => {
    const page = await browser.open({ fragment: 'guest=demand-paging&memory=8&speed=10000', dark: true });
    await button(page, 'Start').click();
    await page.getByRole('tab', { name: 'Memory' }).click();
    await page.getByLabel('Linear address (hexadecimal)').fill('403123');
    await button(page, 'Walk').click();
    await status(page)
      .getByText(/^(Paging is off|00403123h is not mapped)/)
      .waitFor();
    for (const address of ['00400123', '00403123', '00406123', '00409123'])
      await table(page, 'Page faults').getByText(address).waitFor();
    expect((await rows(page, 'Page faults')).map(([address, causes]) => [address, causes])).toEqual(
      ['00409123', '00406123', '00403123', '00400123'].map((address) => [
        address,
        'not present, write, supervisor',
      ]),
    );
    await status(page)
      .getByText('00403123h is physical address 00211123h, in a page of 4 KBytes: writable, supervisor only.')
      .waitFor();
    const walk = await rows(page, 'Page walk');
    expect(walk.map(([level, bits, index, at]) => [level, bits, index, at])).toEqual([
      ['page directory', '31:22', '1', '00200004'],
      ['page table', '21:12', '3', '0020200c'],
    ]);
    await screenshot(page, 'memory-faults-dark');
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('says nothing wrong on the console', () => {
    expect(browser.complaints).toEqual([]);
  });
});

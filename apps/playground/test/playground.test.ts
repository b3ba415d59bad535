import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  cannotTest,
  compressedSize,
  consoleShows,
  PlaygroundBrowser,
  screenshot,
  violations,
} from './browser';

const PANELS = ['Run', 'Assemble', 'Translate', 'Memory', 'Events', 'Learn'];

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe.skipIf(cannotTest)(`the page in Chromium${cannotTest ? ` (skipped: ${cannotTest})` : ''}`, () => {
  let browser: PlaygroundBrowser;
  beforeAll(async () => {
    browser = await PlaygroundBrowser.start();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
  });

  it('is ready in under 2 s', async () => {
    let ready = Infinity;
    for (let attempt = 0; attempt < 3 && !(ready < 2000); attempt++) {
      const page = await browser.open();
      ready = await page.evaluate(() => performance.getEntriesByName('panel-ready')[0]!.startTime);
      await page.close();
    }
    expect(ready).toBeLessThan(2000);
  });

  it('loads at most 600 KB, compressed, until a guest runs', async () => {
    const page = await browser.open();
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    const bytes = compressedSize(
      await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name)),
    );
    expect(bytes).toBeGreaterThan(200_000);
    expect(bytes).toBeLessThan(600_000);
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

  it('steps through isPrime, forward and back, and shows what changes', async () => {
    const page = await browser.open({ fragment: 'panel=assemble' });
    const register = (name: string) =>
      page.locator('.register', { has: page.getByText(name, { exact: true }) }).locator('dd');
    const status = page.getByRole('status').filter({ visible: true });
    const step = async (name: string, then: string): Promise<void> => {
      await button(page, name).click();
      await status.getByText(then).waitFor();
    };
    await page.locator('.instruction').getByText('mov edi,61h').waitFor();
    await step('Step', '1 instruction.');
    await expect.poll(() => register('edi').textContent()).toBe('00000061');
    expect(await register('edi').getAttribute('class')).toContain('changed');
    expect(await register('eax').getAttribute('class')).not.toContain('changed');
    expect(await page.locator('.cm-line.next-instruction').textContent()).toContain('call isPrime');
    await page.getByText('ss:[esp-4h] (written, 4 bytes)').waitFor();
    await step('Run to the end', 'halted');
    await expect.poll(() => register('eax').textContent()).toBe('00000001');
    await screenshot(page, 'assemble');
    const executed = parseInt((await status.textContent())!);
    expect(executed).toBeGreaterThan(500);
    await step('Step back', `Back at ${executed - 1} instructions.`);
    await page.locator('.instruction').getByText('hlt').waitFor();
    await step('Step back', `Back at ${executed - 2} instructions.`);
    await page.locator('.instruction').getByText('ret').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('shows errors in place, faults at CPL 3 and the Popek-Goldberg class', async () => {
    const page = await browser.open({ fragment: 'panel=assemble&example=silent', dark: true });
    await page.locator('.instruction').getByText('pushf').waitFor();
    await page.getByText(/^sensitive but not privileged/).waitFor();
    await button(page, 'Run to the end').click();
    await page.getByText(/#GP\(0\) at 7c[0-9a-f]+h/).waitFor();
    await screenshot(page, 'assemble-silent-dark');
    await page.getByLabel('Source, in Intel syntax').fill('mov eax, bx\nhlt');
    await page.getByText(/^Line 1: 'mov' does not take \(eax, bx\)/).waitFor();
    await page.locator('.cm-lintRange-error').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('Source, in Intel syntax').fill('mov eax, ebx\nhlt');
    await page.locator('.instruction').getByText('mov eax,ebx').waitFor();
    expect(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('source')).toBe('mov eax, ebx\nhlt');
    await page.close();
  });

  it('walks the page tables entry by entry, and lists page faults', async () => {
    const page = await browser.open();
    await button(page, 'Start').click();
    await consoleShows(page, 'trapgate>');
    await page.keyboard.type('stackgrow\n');
    await page.getByRole('tab', { name: 'Memory' }).click();
    await button(page, 'Address of the next instruction').click();
    const status = page.getByRole('status').filter({ visible: true });
    await status.getByText(/ is physical address [0-9a-f]{8}h, in a page of (4|4096) KBytes/).waitFor();
    const walk = page.getByRole('region', { name: 'Page walk' });
    expect(await walk.locator('tbody tr').first().textContent()).toMatch(
      /^page directory31:22\d+[0-9a-f]{16}yes/,
    );
    const fault = page.getByRole('region', { name: 'Page faults' }).locator('tbody tr').first();
    expect(await fault.textContent()).toMatch(
      /^[0-9a-f]{8}(not present|rights), (read|write), (CPL 3|supervisor).*[0-9a-f]{4}:[0-9a-f]{8}$/,
    );
    await page.getByLabel('Linear address (hexadecimal)').fill('xyz');
    await button(page, 'Walk').click();
    await page.getByText('one to eight hexadecimal digits').waitFor();
    await button(page, 'Address of the last page fault (CR2)').click();
    await status.getByText(/mapped|physical/).waitFor();
    await screenshot(page, 'memory');
    expect(await violations(page)).toEqual([]);
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

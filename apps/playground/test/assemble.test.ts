import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cannotTest, PlaygroundBrowser, screenshot, violations } from './browser';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const status = (page: Page) => page.getByRole('status').filter({ visible: true });
const source = (page: Page) => page.getByLabel('Source, in Intel syntax');
const register = (page: Page, name: string) =>
  page.locator('.register', { has: page.getByText(name, { exact: true }) }).locator('dd');

const LOOP = `        xor eax, eax
        mov edi, 0x9000
again:  inc eax
        mov [edi], eax
        cmp eax, 0x1000
        jne again
        hlt`;
const loop = (mode: string) => `panel=assemble&mode=${mode}&source=${encodeURIComponent(LOOP)}`;

describe.skipIf(cannotTest)(`Assemble, in Chromium${cannotTest ? ` (skipped: ${cannotTest})` : ''}`, () => {
  let browser: PlaygroundBrowser;
  beforeAll(async () => {
    browser = await PlaygroundBrowser.start();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
  });

  it.each([
    ['cpl0', 0, '0008'],
    ['cpl3', 3, '001b'],
    ['paging0', 0, '0008'],
    ['paging3', 3, '001b'],
    ['cpl0-16', 0, '0030'],
    ['cpl3-16', 3, '0043'],
    ['paging0-16', 0, '0030'],
    ['paging3-16', 3, '0043'],
    ['real', 0, '0000'],
  ] as const)('starts in %s', async (mode, cpl, selector) => {
    const text = 'mov bx, 0x7e00\nmov word [bx], 0x1234\nmov ax, cs\nmov dx, [bx]\npush dx\npop cx\nhlt';
    const page = await browser.open({
      fragment: `panel=assemble&mode=${mode}&source=${encodeURIComponent(text)}`,
    });
    await status(page).getByText('At the start.').waitFor();
    await expect.poll(() => register(page, 'CPL').textContent()).toBe(String(cpl));
    const before = await register(page, 'esp').textContent();
    await page.getByLabel('Instructions a step').fill('6');
    await button(page, 'Step').click();
    await status(page).getByText('6 instructions.', { exact: true }).waitFor();
    await expect.poll(() => register(page, 'eax').textContent()).toBe(`0000${selector}`);
    expect(await register(page, 'ecx').textContent()).toMatch(/1234$/);
    expect(await register(page, 'esp').textContent()).toBe(before);
    const paging = mode.startsWith('paging');
    expect(await register(page, 'cr0').textContent()).toMatch(
      paging ? /^e/ : mode === 'real' ? /0$/ : /^6.*1$/,
    );
    await button(page, 'Step').click();
    // HLT is privileged.
    await status(page)
      .getByText(cpl === 3 ? /#GP\(0\) at 7c[0-9a-f]+h.*halted/ : /halted/)
      .waitFor();
    await page.close();
  });

  it('goes back through the last 10,000 steps, and no further', async () => {
    const page = await browser.open({ fragment: loop('cpl0') });
    await status(page).getByText('At the start.').waitFor();
    await button(page, 'Run to the end').click();
    const all = 2 + 4 * 0x1000 + 1;
    await status(page)
      .getByText(`${all.toLocaleString('en')} instructions. The processor is halted`)
      .waitFor();
    await expect.poll(() => register(page, 'eax').textContent()).toBe('00001000');
    const position = async (): Promise<number> =>
      Number(/[\d,]+/.exec((await status(page).textContent())!)![0].replaceAll(',', ''));
    // A loop of four instructions: where it is tells what EAX and memory must be.
    await page.getByLabel('Physical address (hexadecimal)').fill('9000');
    await page.getByLabel('Physical address (hexadecimal)').press('Enter');
    await page.getByLabel('Instructions a step').fill('2501');
    for (let n = 1; n <= 3; n++) {
      await button(page, 'Step back').click();
      await expect.poll(position).toBe(all - 2501 * n);
      const done = all - 2501 * n - 2;
      const eax = Math.floor(done / 4) + (done % 4 >= 1 ? 1 : 0);
      const stored = Math.floor(done / 4) + (done % 4 >= 2 ? 1 : 0);
      await expect.poll(() => register(page, 'eax').textContent()).toBe(eax.toString(16).padStart(8, '0'));
      const bytes = `${(stored & 0xff).toString(16).padStart(2, '0')} ${(stored >> 8).toString(16).padStart(2, '0')}`;
      await expect
        .poll(() => page.getByRole('region', { name: 'Memory' }).textContent())
        .toContain(`00009000  ${bytes} 00 00`);
    }
    await button(page, 'Step back').click();
    await expect.poll(position).toBe(all - 10_000);
    await page.getByLabel('Instructions a step').fill('1');
    await button(page, 'Step back').click();
    await status(page).getByText('The way back ends here: 10,000 steps are kept.').waitFor();
    await button(page, 'Run to the end').click();
    await status(page).getByText('The processor is halted').waitFor();
    await expect.poll(() => register(page, 'eax').textContent()).toBe('00001000');
    await page.close();
  });

  it('goes back over an exception and over port I/O', async () => {
    const text = 'mov dx, 0x61\nin al, dx\nor al, 3\nout dx, al\nin al, dx\nmov [0x500000], eax\nhlt';
    const page = await browser.open({
      fragment: `panel=assemble&mode=paging0&source=${encodeURIComponent(text)}`,
    });
    await status(page).getByText('At the start.').waitFor();
    await button(page, 'Run to the end').click();
    await status(page)
      .getByText(/#PF\(2\) at 7c[0-9a-f]+h, address 00500000h/)
      .waitFor();
    await expect.poll(() => register(page, 'cr2').textContent()).toBe('00500000');
    await button(page, 'Step back').click();
    await page.locator('.instruction').getByText('mov [500000h],eax').waitFor();
    await expect.poll(() => register(page, 'cr2').textContent()).toBe('00000000');
    await page.getByLabel('Instructions a step').fill('3');
    await button(page, 'Step back').click();
    await page.locator('.instruction').getByText('or al,3').waitFor();
    await page.getByLabel('Instructions a step').fill('1');
    await button(page, 'Step back').click();
    await button(page, 'Step').click();
    // Bits 0 and 1 of port 61h are what was written to them: nothing any more.
    await page.locator('.instruction').getByText('or al,3').waitFor();
    expect(parseInt((await register(page, 'eax').textContent())!, 16) & 3).toBe(0);
    await page.close();
  });

  it('checks the limit of a 16-bit segment', async () => {
    const page = await browser.open({ fragment: 'panel=assemble&example=limit' });
    await status(page).getByText('At the start.').waitFor();
    await button(page, 'Run to the end').click();
    await status(page)
      .getByText(/#GP\(0\) at 7c[0-9a-f]+h/)
      .waitFor();
    await expect.poll(() => register(page, 'ecx').textContent()).toBe('0000ffff');
    await page.close();
  });

  it('shows the facts of the line that the cursor is in', async () => {
    const page = await browser.open({ fragment: 'panel=assemble&example=silent' });
    await page.locator('.instruction').getByText('pushf').waitFor();
    await source(page).getByText('cli', { exact: true }).click();
    await page.getByRole('heading', { name: 'Instruction in line 11' }).waitFor();
    await page.getByText(/^privileged: it traps outside CPL 0/).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.getByRole('heading', { name: 'Instruction in line 10' }).waitFor();
    await page.getByText(/^sensitive but not privileged/).waitFor();
    await button(page, 'Step').click();
    await page.getByRole('heading', { name: 'Next instruction' }).waitFor();
    await page.close();
  });

  it('stops a program without an end', async () => {
    const page = await browser.open({
      fragment: `panel=assemble&mode=cpl0&source=${encodeURIComponent('again: inc eax\njmp again')}`,
    });
    await status(page).getByText('At the start.').waitFor();
    await button(page, 'Run to the end').click();
    await status(page).getByText('Running.').waitFor();
    await page.waitForTimeout(500);
    await button(page, 'Stop').click();
    await status(page)
      .getByText(/^[\d,]+ instructions\. Paused\./)
      .waitFor();
    const executed = Number(/[\d,]+/.exec((await status(page).textContent())!)![0].replaceAll(',', ''));
    expect(executed).toBeGreaterThan(20_000);
    await screenshot(page, 'assemble-stopped');
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('takes the next command as soon as the status says that one is done', async () => {
    const page = await browser.open({ fragment: loop('cpl0') });
    await status(page).getByText('At the start.').waitFor();
    const steps = 50;
    await page.evaluate((last) => {
      const line = [...document.querySelectorAll('[role=status]')].find((each) => each.checkVisibility())!;
      const step = [...document.querySelectorAll('button')].find(
        ({ textContent }) => textContent === 'Step',
      )!;
      // In the same task: the machine's answers come in tasks of their own.
      const soon = (turns: number) => queueMicrotask(() => (turns === 0 ? step.click() : soon(turns - 1)));
      new MutationObserver(() => {
        const done = /^(\d+) instructions?\.$/.exec(line.textContent ?? '');
        if (done && Number(done[1]) < last) soon(100);
      }).observe(line, { childList: true, characterData: true, subtree: true });
      step.click();
    }, steps);
    await status(page).getByText(`${steps} instructions.`, { exact: true }).waitFor();
    await page.close();
  });

  it('can be used by keyboard alone', async () => {
    const page = await browser.open({ fragment: 'panel=assemble&example=fault', dark: true });
    await page.locator('.instruction').getByText('mov eax,[7C00h]').waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    for (let n = 0; n < 20 && (await focused()) !== 'Step'; n++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await status(page).getByText('1 instruction.', { exact: true }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await status(page).getByText('At the start.').waitFor();
    // Into the editor, where Tab goes on to what follows it.
    for (let n = 0; n < 20; n++) {
      if (await source(page).evaluate((element) => element === document.activeElement)) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('        nop\n');
    await page.locator('.instruction').getByText('nop').waitFor();
    await page.keyboard.press('Tab');
    expect(await source(page).evaluate((element) => element === document.activeElement)).toBe(false);
    await screenshot(page, 'assemble-fault-dark');
    await page.close();
  });

  it('says nothing wrong on the console', () => {
    expect(browser.complaints).toEqual([]);
  });
});

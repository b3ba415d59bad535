import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';

import { root } from './packed-package';

const playground = createRequire(join(root, 'apps/playground/package.json'));
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };

/** The browser to look at pages with; undefined: there is none on this system. */
export const chromiumPath = process.env['CHROMIUM'] ?? PLACES.find((file) => existsSync(file));

interface Page {
  on(type: 'console', listener: (message: { text(): string }) => void): void;
  on(type: 'pageerror', listener: (error: Error) => void): void;
  addInitScript(script: string): Promise<void>;
  goto(url: string): Promise<unknown>;
}
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
interface Playwright {
  chromium: { launch(options: object): Promise<Browser> };
}
interface Vite {
  build(options: object): Promise<unknown>;
}

/** Builds a page of some files, of which `page.js` or `page.ts` is the script, with Vite and its defaults. */
export async function buildPage(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const script = Object.keys(files).find((name) => name.startsWith('page.'))!;
  const html = `<!doctype html><title>page</title><script type="module" src="./${script}"></script>`;
  writeFileSync(join(folder, 'index.html'), html);
  const vite = (await import(pathToFileURL(playground.resolve('vite')).href)) as Vite;
  await vite.build({ root: folder, configFile: false, logLevel: 'warn', build: { target: 'es2022' } });
  return join(folder, 'dist');
}

/** console.log in the page writes values as Node.js does, as far as the examples go. */
const NODE_CONSOLE = `{
  const show = (value, inside) =>
    ArrayBuffer.isView(value) ? value.constructor.name + '(' + value.length + ') [ ' + value.join(', ') + ' ]'
    : typeof value === 'object' && value !== null
      ? '{ ' + Object.entries(value).map(([key, each]) => key + ': ' + show(each, true)).join(', ') + ' }'
    : inside && typeof value === 'string' ? "'" + value + "'" : String(value);
  const log = console.log.bind(console);
  console.log = (...values) => log(values.map((value) => show(value, false)).join(' '));
}`;

/** What a built page prints on its console, as soon as there are `lines` of it. */
export async function consoleOf(dist: string, lines: number): Promise<string> {
  const server = createServer((request, response) => {
    const name = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://page').pathname));
    const file = join(dist, name === '/' ? 'index.html' : name);
    if (!existsSync(file)) return void response.writeHead(404).end();
    response
      .setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
      .end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { chromium } = playground('playwright-core') as Playwright;
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.addInitScript(NODE_CONSOLE);
    let printed = '';
    const finished = new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the page printed only:\n${printed}`)), 30_000);
      const end = (how: () => void) => (clearTimeout(late), how());
      page.on('pageerror', (error) => end(() => reject(error)));
      page.on('console', (message) => {
        // The browser asks for an icon that the page does not have.
        if (message.text().includes('favicon') || message.text().includes('404')) return;
        printed += `${message.text()}\n`;
        if (printed.trimEnd().split('\n').length >= lines) end(resolve);
      });
    });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await finished;
    return printed;
  } finally {
    await browser.close();
    server.close();
  }
}

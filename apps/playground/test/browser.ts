// The built page in the system's Chromium.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium, type Browser, type Page } from 'playwright-core';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
/** Screenshots, which CI keeps. */
const results = fileURLToPath(new URL('../../../.cache/playground/', import.meta.url));
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export const chromiumPath = process.env['CHROMIUM'] ?? CHROMIUM.find((path) => existsSync(path));

/** Why the page cannot be tested here; undefined: it can. */
export const cannotTest: string | undefined = chromiumPath
  ? undefined
  : 'there is no Chromium on this system (set CHROMIUM to its path)';

async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const name = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://page').pathname));
    readFile(join(dist, name === '/' ? 'index.html' : name)).then(
      (bytes) => response.setHeader('content-type', TYPES[extname(name)] ?? 'text/html').end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

export interface PageOptions {
  readonly fragment?: string;
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** A static file server and a browser. */
export class PlaygroundBrowser {
  /** What any page said that it should not: uncaught errors and errors on the console. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly browser: Browser,
  ) {}

  static async start(): Promise<PlaygroundBrowser> {
    if (!existsSync(join(dist, 'index.html'))) throw new Error('the page has not been built: npm run build');
    const server = await serve();
    const browser = await chromium.launch({
      executablePath: chromiumPath!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    return new PlaygroundBrowser(server, browser);
  }

  async open({ fragment = '', dark = false, width = 1280, height = 900 }: PageOptions = {}): Promise<Page> {
    const page = await this.browser.newPage({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      acceptDownloads: true,
    });
    page.setDefaultTimeout(30_000);
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    const { port } = this.server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/#${fragment}`);
    await page.locator('[role=tabpanel]:visible:not([aria-busy])').waitFor();
    return page;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    this.server.close();
  }
}

/** Bytes of the files of the page at these addresses, as a server sends them with gzip. */
export function compressedSize(addresses: readonly string[]): number {
  const sizes = addresses.map(
    (address) => gzipSync(readFileSync(join(dist, new URL(address).pathname))).length,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The rules of axe that the page breaks, with the elements. */
export async function violations(page: Page): Promise<string[]> {
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  await page.addScriptTag({ path: axe });
  return page.evaluate(async () => {
    interface Rule {
      id: string;
      nodes: { target: unknown[]; failureSummary?: string }[];
    }
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Rule[] }> } };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
    );
  });
}

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(results, { recursive: true });
  await page.screenshot({ path: join(results, `${name}.png`), fullPage: true });
}

/** Waits until the guest's console shows a text. */
export async function consoleShows(page: Page, text: string): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      (
        (document.querySelector('.console') as unknown as { consoleText?: string }).consoleText ?? ''
      ).includes(wanted),
    text,
  );
}

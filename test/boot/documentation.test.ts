// What the documents do with Debian's kernels; test/documentation runs everything else.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { commandLines } from '../documentation/commands';
import { blocksIn, place } from '../documentation/markdown';
import { pattern, sessions, transcript } from '../documentation/terminal';
import { root } from '../vmm-process';
import { cache, hasApt } from './debian-guest';

const limit = 240_000;
const named = (language: string) =>
  blocksIn(language)
    .filter(({ text }) => text.includes('debian-i386'))
    .map((block) => [place(block), block] as const);

describe.skipIf(!hasApt())('the documents on Debian (skipped where there is no apt-get)', () => {
  const home = mkdtempSync(join(tmpdir(), 'trapgate-home-'));
  const environment = { HOME: home, XDG_CACHE_HOME: '' };
  beforeAll(() => {
    // The documents name the default cache; the packages that the other tests fetch serve here, too.
    const place = join(home, '.cache/trapgate/debian-i386');
    mkdirSync(dirname(place), { recursive: true });
    mkdirSync(cache, { recursive: true });
    symlinkSync(cache, place);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  test.each(named('sh'))('%s', (_, block) => {
    for (const line of commandLines(block.text)) {
      const env = { ...process.env, ...environment };
      execFileSync('bash', ['-ec', line], { cwd: root, stdio: 'pipe', timeout: limit, env });
    }
  });

  test.each(named('console'))('%s', async (_, block) => {
    for (const session of sessions(block.text)) {
      const { output } = await transcript(session, home, environment, limit);
      expect(output, session.command).toMatch(pattern(session.shown));
    }
  });
});

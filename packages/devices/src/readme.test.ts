import { expect, it } from 'vitest';
import readme from '../README.md?raw';
import * as devices from './index';

it('runs the example of the README, with the output shown there', () => {
  const [, code, shown] = /```js\n([^]*?)```\n\nprints\n\n```\n([^]*?)```/.exec(readme)!;
  const body = code!.replace(/import (\{[^}]*\}) from '@trapgate\/devices';/, 'const $1 = devices;');
  const lines: string[] = [];
  const run = new Function('devices', 'console', body) as (...needs: unknown[]) => void;
  run(devices, { log: (...values: unknown[]) => lines.push(`${values.join(' ')}\n`) });
  expect(lines.join('')).toBe(shown);
});

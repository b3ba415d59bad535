import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const readme = read('../README.md');
const block = (language: string): string =>
  new RegExp('```' + language + '\\n([^`]*(?:`[^`]+`[^`]*)*?)```').exec(readme)![1]!;

test("the README shows the example, and the example's output", async () => {
  expect(readme).toContain('```ts\n' + read('./example.ts') + '```');
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  try {
    await import('./example');
    await vi.waitFor(() => expect(lines).toHaveLength(2), { timeout: 10_000 });
  } finally {
    log.mockRestore();
  }
  expect(lines.join('\n') + '\n').toBe(block('text'));
});

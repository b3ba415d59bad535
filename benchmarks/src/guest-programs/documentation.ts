// The section of docs/performance.md that `--peers --docs` writes, and its charts.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Chart } from './charts';

const begin = '<!-- Written by npm run bench -- --peers --docs: begin -->';
const end = '<!-- Written by npm run bench -- --peers --docs: end -->';

/** The page has no place for the section. */
export class MarkersMissingError extends Error {
  readonly code = 'MARKERS_MISSING';
  constructor(readonly file: string) {
    super(`${file} has no lines '${begin}' and '${end}'`);
  }
}

/** The page with another text between its markers. */
export function replaceSection(page: string, section: string, file: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new MarkersMissingError(file);
  return `${page.slice(0, from + begin.length)}\n\n${section.trim()}\n\n${page.slice(to)}`;
}

/** Writes the section and the files of the charts; returns their paths. */
export function writeDocumentation(docs: string, section: string, charts: readonly Chart[]): string[] {
  const page = join(docs, 'performance.md');
  const plots = join(docs, 'plots');
  mkdirSync(plots, { recursive: true });
  const images = charts.map(({ name, description }) => `![${description}](plots/${name})`).join('\n\n');
  writeFileSync(page, replaceSection(readFileSync(page, 'utf8'), `${section}\n\n${images}`, page));
  for (const { name, svg } of charts) writeFileSync(join(plots, name), svg);
  return [page, ...charts.map(({ name }) => join(plots, name))];
}

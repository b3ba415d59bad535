import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

import { root } from '../vmm-process';

/** A fenced block of a Markdown document. */
export interface Block {
  /** The document, relative to the root of the repository. */
  readonly document: string;
  readonly line: number;
  readonly language: string;
  /** What stands behind the language, as `name=value`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  /** The text of the next block, if that is one of `text`: what the program of this block prints. */
  readonly output: string | undefined;
}

/** Every document that a reader may copy code from. */
export function documents(): string[] {
  const inFolders = (folder: string) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}/README.md`);
  return [
    'README.md',
    'ARCHITECTURE.md',
    ...readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
    ...['packages', 'apps', 'tools', 'guests'].flatMap(inFolders),
    'guests/README.md',
    'benchmarks/README.md',
  ].filter((file) => existsSync(join(root, file)));
}

const FENCE = /^( *)```([\w-]*)([^\n`]*)\n(.*?)^\1```$/gms;

export function blocks(document: string): Block[] {
  const markdown = readFileSync(join(root, document), 'utf8');
  const found = [...markdown.matchAll(FENCE)].map((match) => {
    const [, indent, language, information, body] = match;
    return {
      document: relative(root, join(root, document)),
      line: markdown.slice(0, match.index).split('\n').length,
      language: language!,
      attributes: Object.fromEntries(
        information!
          .trim()
          .split(/\s+/)
          .filter((word) => word !== '')
          .map((word) => [word.replace(/=.*/, ''), word.replace(/^[^=]*=?/, '')]),
      ),
      text: body!.replace(new RegExp(`^${indent}`, 'gm'), ''),
    };
  });
  return found.map((block, index) => {
    const next = found[index + 1];
    return { ...block, output: next?.language === 'text' ? next.text : undefined };
  });
}

/** All blocks in some of the languages. */
export function blocksIn(...languages: readonly string[]): Block[] {
  return documents()
    .flatMap(blocks)
    .filter(({ language }) => languages.includes(language));
}

/** `docs/tour.md:12`, and how a test is called. */
export const place = ({ document, line }: Block): string => `${document}:${line}`;

/** The package whose README a block is in. */
export function packageOf({ document }: Block): string | undefined {
  return /^packages\/([^/]+)\/README\.md$/.exec(document)?.[1];
}

export const title = (block: Block): string =>
  `${place(block)} (${block.language}${basename(block.document) === 'README.md' ? ' of a README' : ''})`;

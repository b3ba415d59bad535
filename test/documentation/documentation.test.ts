// The code in the documents does what they say: programs print the text that follows them, sessions show what the
// command shows, commands succeed, quotations are in the sources.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

import { root } from '../vmm-process';
import { commandLines, installedPackage, isStepOfCi, mistakes } from './commands';
import { blocks, blocksIn, documents, place, type Block } from './markdown';
import { printedBy } from './programs';
import { pattern, sessions, transcript } from './terminal';

const work = mkdtempSync(join(tmpdir(), 'trapgate-documents-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Run with Debian's kernels, by test/boot. */
const needsDebian = ({ text }: Block) => text.includes('debian-i386');
/** Part of a page that test/packages builds. */
const isFile = ({ attributes }: Block) => 'file' in attributes;
const isQuotation = ({ attributes }: Block) => 'quote' in attributes;

const named = (list: readonly Block[]) => list.map((block) => [place(block), block] as const);

const programs = blocksIn('ts', 'js').filter((block) => !isFile(block) && !isQuotation(block));
describe('programs print what the document says', () => {
  test.each(named(programs))('%s', (_, block) => {
    const printed = printedBy(block);
    if (block.output !== undefined) expect(printed.trimEnd()).toBe(block.output.trimEnd());
  });
});

const consoles = blocksIn('console').filter((block) => !needsDebian(block));
describe('sessions show what the document says', () => {
  test.each(named(consoles))('%s', async (_, block) => {
    for (const session of sessions(block.text)) {
      const { output } = await transcript(session, work, {});
      expect(output, session.command).toMatch(pattern(session.shown));
    }
  });
});

const commands = blocksIn('sh').filter((block) => !needsDebian(block));
describe('commands succeed', () => {
  test.each(named(commands))(
    '%s',
    (_, block) => {
      for (const line of commandLines(block.text)) {
        const installed = installedPackage(line);
        if (installed !== undefined) {
          expect(existsSync(join(root, installed.replace('@trapgate', 'packages'))), line).toBe(true);
        } else if (!isStepOfCi(line)) {
          execFileSync('bash', ['-ec', line], {
            cwd: join(root, block.attributes['in'] ?? '.'),
            stdio: 'pipe',
            timeout: 120_000,
            env: { ...process.env, OUT: work },
          });
        }
      }
    },
    180_000,
  );
});

const unrun = blocksIn('commands');
describe('commands that take long, never end or need files of the reader: scripts, files and flags exist', () => {
  test.each(named(unrun))('%s', (_, block) => {
    for (const line of commandLines(block.text)) {
      expect(mistakes(line, block.attributes['in'] ?? '.'), line).toEqual([]);
    }
  });
});

const quotations = documents().flatMap(blocks).filter(isQuotation);
describe('quotations are in the sources', () => {
  const spaced = (text: string) => text.trim().replace(/\s+/g, ' ');
  test.each(named(quotations))('%s', (_, block) => {
    const target = join(root, block.attributes['quote']!);
    const files = target.endsWith('.ts') ? [target] : readdirSync(target).map((name) => join(target, name));
    const source = files.map((file) => spaced(readFileSync(file, 'utf8'))).join('\n');
    const parts = block.language === 'row' ? block.text.trim().split('\n') : [block.text];
    for (const part of parts) expect(source).toContain(spaced(part));
  });
});

const assembly = blocksIn('nasm');
describe('assembly is accepted', () => {
  test.each(named(assembly))('%s', (_, block) => {
    const program = `
      import { readFileSync } from 'node:fs';
      import { assemble } from '@trapgate/x86-assembler';
      const files = (name) => readFileSync(${JSON.stringify(join(root, dirname(block.document)))} + '/' + name, 'utf8');
      console.log(assemble(${JSON.stringify(block.text)}, { files }).bytes.length);`;
    const printed = printedBy({ ...block, text: program, attributes: { in: 'packages/vmm' } });
    expect(Number(printed)).toBeGreaterThan(0);
  });
});

const diagrams = blocksIn('mermaid');
describe('diagrams have the grammar of their kind', () => {
  const node = String.raw`\w+(?:\["[^"]+"\]|\{"[^"]+"\}|\[[^"\]]+\])?`;
  const label = String.raw`(?:\|(?:"[^"]+"|[^"|]+)\|)?`;
  const kinds: Record<string, RegExp> = {
    flowchart: new RegExp(`^${node}(?: -->${label} ${node})*$`),
    sequenceDiagram: /^(?:participant \w+ as .+|\w+--?>>\w+: .+)$/,
  };
  test.each(named(diagrams))('%s', (_, block) => {
    const [head, ...lines] = block.text.trim().split('\n');
    const grammar = kinds[head!.split(' ')[0]!];
    expect(grammar, head).toBeDefined();
    for (const line of lines) expect(line.trim()).toMatch(grammar!);
  });
});

test('every block is of a kind that is tested', () => {
  const tested = ['ts', 'js', 'console', 'sh', 'commands', 'nasm', 'mermaid'];
  const others = documents()
    .flatMap(blocks)
    .filter((block, index, all) => {
      const follows = all[index - 1]?.document === block.document && all[index - 1]?.output === block.text;
      return !tested.includes(block.language) && !isQuotation(block) && !follows;
    });
  expect(others.map(place)).toEqual([]);
  expect(unrun.length, 'blocks that are not run').toBeLessThanOrEqual(8);
  expect(programs.length).toBeGreaterThanOrEqual(10);
});

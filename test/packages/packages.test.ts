// Every package as a consumer gets it: packed, installed from its tarball into an empty project without a
// network, imported, required and type-checked there.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { blocks } from '../documentation/markdown';
import { closure, installInto, packAll, publishedPackages, root, type PackedPackage } from './packed-package';

const work = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-packages-')));
let packed: Map<string, PackedPackage>;

beforeAll(() => {
  packed = packAll(join(work, 'tarballs'));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  module: 'NodeNext',
  target: 'ES2022',
  lib: ['ES2022', 'DOM'],
  types: [],
  noEmit: true,
};

/** A program is used from Node.js, with its types. */
const nodeTypes = { typeRoots: [join(root, 'node_modules/@types')], types: ['node'] };

function run(command: string, args: string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}

/** TRAPGATE_NODES: more Node.js binaries to import under, separated by commas. */
const nodes = [
  process.execPath,
  ...(process.env['TRAPGATE_NODES'] ?? '').split(',').filter((file) => file !== ''),
];

/** The programs of a package's README, and what they print. */
const examples = (name: string) =>
  blocks(`packages/${name.replace(/^.*\//, '')}/README.md`).filter(
    ({ language, output }) => language === 'ts' && output !== undefined,
  );

/** The names that a script prints. */
function exportedNames(node: string, file: string, cwd: string): string[] {
  return (JSON.parse(run(node, [file], cwd)) as string[]).sort();
}

describe.each([...publishedPackages().keys()])('%s', (name) => {
  const folder = join(work, name.replace('/', '-'));

  test('installs from its tarball, with what it needs and nothing from a registry', () => {
    installInto(folder, name, packed);
    const tree = JSON.parse(run('npm', ['ls', '--all', '--json', '--offline'], folder)) as {
      dependencies: object;
    };
    expect(Object.keys(tree.dependencies).sort()).toEqual([...closure(name, packed)].sort());
  });

  test('can be imported and required, with the same exports', () => {
    writeFileSync(
      join(folder, 'esm.mjs'),
      `import * as all from '${name}';\nconsole.log(JSON.stringify(Object.keys(all)));\n`,
    );
    writeFileSync(
      join(folder, 'cjs.cjs'),
      `const all = require('${name}');\nconsole.log(JSON.stringify(Object.keys(all)));\n`,
    );
    const names = exportedNames(process.execPath, 'esm.mjs', folder);
    for (const node of nodes) {
      expect(exportedNames(node, 'esm.mjs', folder), node).toEqual(names);
      expect(exportedNames(node, 'cjs.cjs', folder), node).toEqual(names);
    }
    expect(names).not.toContain('default');
    expect(names.length).toBeGreaterThan(0);
  });

  test('type-checks in a consumer of either module kind', () => {
    const source = `import * as all from '${name}';\nexport const names: string[] = Object.keys(all);\n`;
    writeFileSync(join(folder, 'esm.mts'), source);
    writeFileSync(join(folder, 'cjs.cts'), source);
    const isProgram = publishedPackages().get(name)!.manifest.bin !== undefined;
    const options = isProgram ? { ...compilerOptions, ...nodeTypes } : compilerOptions;
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['esm.mts', 'cjs.cts'] }),
    );
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], folder);
  });

  if (examples(name).length > 0) {
    test('runs the examples of its README, compiled to ES modules and to CommonJS', () => {
      const kinds = ['mts', 'cts'];
      const files = examples(name).flatMap(({ text }, index) =>
        kinds.map((kind) => {
          writeFileSync(join(folder, `example-${index}.${kind}`), text);
          return `example-${index}.${kind}`;
        }),
      );
      const options = { ...compilerOptions, noEmit: false, outDir: 'compiled' };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
      run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], folder);
      for (const [index, { output }] of examples(name).entries()) {
        for (const node of nodes) {
          for (const kind of ['mjs', 'cjs']) {
            const file = `compiled/example-${index}.${kind}`;
            expect(run(node, [file], folder).trimEnd(), `${file}, ${node}`).toBe(output!.trimEnd());
          }
        }
      }
    });
  }

  const commands = Object.keys(publishedPackages().get(name)!.manifest.bin ?? {});
  for (const command of commands) {
    test(`brings the command ${command}, which tells its version`, () => {
      const answer = run(join(folder, 'node_modules/.bin', command), ['--version'], folder);
      expect(answer).toContain(packed.get(name)!.manifest.version);
    });
  }
});

/** Has the thread of the package make a module without regions. */
const THREAD = `
  const { Worker } = require('node:worker_threads');
  const { dirname, join } = require('node:path');
  const thread = new Worker(join(dirname(require.resolve('@trapgate/vmm')), 'translation-worker.js'));
  thread.on('message', ({ id, module }) => {
    console.log(JSON.stringify([id, module instanceof WebAssembly.Module]));
    process.exit();
  });
  thread.postMessage({ id: 7, tailCalls: false, plans: [] });
`;

test('@trapgate/vmm brings the program of its thread that translates', () => {
  const folder = join(work, 'translating');
  installInto(folder, '@trapgate/vmm', packed);
  writeFileSync(join(folder, 'thread.cjs'), THREAD);
  for (const node of nodes) expect(JSON.parse(run(node, ['thread.cjs'], folder)), node).toEqual([7, true]);
});

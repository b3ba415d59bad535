import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root, vmmPath } from '../vmm-process';

/** The lines of a shell block without comments; a line that ends in a backslash goes on in the next. */
export function commandLines(text: string): string[] {
  return text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Is the command a step of .ci/run, which runs what takes long, installs or builds? */
export function isStepOfCi(command: string): boolean {
  const steps = read('.ci/run')
    .split('\n')
    .filter((line) => /^(step|tests) \d+ /.test(line));
  return steps.some((line) => new RegExp(`' (env .*)?${command.replace(/ /g, ' +')}( --)?$`).test(line));
}

/** The package that a command installs, if it is one of ours; the tests of packages install it. */
export const installedPackage = (command: string): string | undefined =>
  /^npm install (?:-g )?(@trapgate\/[\w-]+)$/.exec(command)?.[1];

const scripts = (): Record<string, string> =>
  (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;

/** Programs of the system that documents name. */
const SYSTEM = ['gcc', 'nasm', 'qemu-system-i386', 'do', 'done', 'for'];

function sources(folder: string): string {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs)$/.test(name) && !name.includes('node_modules') && !name.includes('dist'))
    .map((name) => read(`${folder}/${name}`))
    .join('\n');
}

/**
 * What is wrong with a command that takes too long for a test, needs files of the reader's or never ends: a script,
 * program, file or flag that does not exist.
 */
export function mistakes(command: string, folder: string): string[] {
  const words = command.split(/\s+/).filter((word) => !/^[A-Z_]+=/.test(word));
  const [program, first = ''] = words;
  const flags = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.replace(/=.*/, ''));
  const unknownFlags = (text: string) =>
    flags.filter((flag) => !text.includes(flag.replace(/^--/, ''))).map((flag) => `no flag ${flag}`);
  const need = (exists: boolean, what: string) => (exists ? [] : [`there is no ${what}`]);
  if (program === 'npm' && first === 'run') {
    const name = words[2]!;
    const tool = name === 'bench' ? unknownFlags(sources('benchmarks')) : [];
    return [...need(name in scripts(), `script ${name}`), ...tool];
  }
  if (program === 'npm') return need(first in scripts() || first === 'install', `npm ${first}`);
  if (program === 'npx' || program === 'vmm') {
    const [name, subcommand] = program === 'vmm' ? ['vmm', first] : [first, words[2] ?? ''];
    if (name === 'vmm') {
      const help = execFileSync(process.execPath, [vmmPath, subcommand, '--help'], { encoding: 'utf8' });
      return unknownFlags(help);
    }
    const places = ['.', 'apps/playground'].map((place) => join(root, place, 'node_modules/.bin', name));
    return need(places.some(existsSync), `program ${name}`);
  }
  if (program === 'node') {
    const file = words.find((word) => /\.(mjs|js|ts)$/.test(word));
    if (file === undefined) return ['node runs no file'];
    const tool = file.startsWith('benchmarks/') ? unknownFlags(sources('benchmarks')) : [];
    return [...need(existsSync(join(root, folder, file)), `file ${file}`), ...tool];
  }
  return need(SYSTEM.includes(program!), `program ${program}`);
}

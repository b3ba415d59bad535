import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { root } from '../vmm-process';

/** A command of a `console` block, and everything that the block shows after it. */
export interface Session {
  readonly command: string;
  readonly shown: string;
}

/** What is typed into a guest follows one of its prompts. */
const PROMPTS = ['trapgate> ', '/root # '];

/** What a shell asks its terminal, and colours. */
// eslint-disable-next-line no-control-regex -- they begin with ESC
const CONTROL_SEQUENCES = /\u001b\[[0-9;?]*[a-zA-Z]/g;

/** `$ command` begins a session; a line that ends in a backslash goes on in the next. */
export function sessions(text: string): Session[] {
  return text
    .split(/^\$ /m)
    .filter((part) => part !== '')
    .map((part) => {
      const [, command, shown] = /^((?:[^\n]*\\\n)*[^\n]*)\n?(.*)$/s.exec(part)!;
      return { command: command!, shown: shown! };
    });
}

interface Typed {
  readonly prompt: string;
  readonly text: string;
}

/** A key on a line of its own follows the line above; behind a prompt it is not echoed. */
const KEY = /\^[A-Z] ?.?$/;

function typedLines(shown: string): Typed[] {
  const lines = shown.split('\n');
  return lines.flatMap((line, index) => {
    if (KEY.test(line) && line.startsWith('^')) {
      return [{ prompt: `${lines[index - 1]!.split('...').at(-1)!}\n`, text: line }];
    }
    const prompt = PROMPTS.find((start) => line.startsWith(start));
    const text = prompt === undefined ? '' : line.slice(prompt.length);
    return prompt === undefined || text === '' ? [] : [{ prompt, text }];
  });
}

/** `^A x` is the key Ctrl-A and then x. */
const keys = (text: string): string =>
  /^\^([A-Z]) ?(.?)$/.test(text)
    ? text.replace(/^\^([A-Z]) ?/, (_, key: string) => String.fromCharCode(key.charCodeAt(0) - 64))
    : `${text}\r`;

/** `...` stands for anything: a line of its own for any number of lines, else for a part of a line. */
export function pattern(shown: string): RegExp {
  if (shown === '') return /^$/;
  const lines = shown
    .replace(/\n$/, '')
    .split('\n')
    .filter((line) => !(KEY.test(line) && line.startsWith('^')))
    .map((line) => line.replace(KEY, ''))
    .map((line) =>
      line.trim() === '...'
        ? null
        : line
            .trimEnd()
            .split('...')
            .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
            .join('[^\\n]*'),
    );
  const joined = lines.map((line) => (line === null ? '(?:[^\\n]*\\n)*' : `${line} *\\n`)).join('');
  return new RegExp(`^${joined}$`);
}

/**
 * Runs a command, as in a terminal if something is typed into the guest, and gives all of its output.
 *
 * @param environment - variables beside those of this process
 */
export function transcript(
  { command, shown }: Session,
  folder: string,
  environment: NodeJS.ProcessEnv,
  limit = 60_000,
): Promise<{ output: string; status: number | null }> {
  // What stands behind a prompt comes from elsewhere where the input is a pipe.
  const typed = /^vmm run\b/.test(command) ? typedLines(shown) : [];
  const arguments_ = ['-o', 'pipefail', '-c', command];
  const [program, list] =
    typed.length > 0
      ? ['script', ['-qec', `stty cols 120 rows 40; ${command}`, '/dev/null']]
      : ['bash', arguments_];
  const child = spawn(program, list, {
    cwd: folder,
    stdio: 'pipe',
    env: {
      ...process.env,
      TERM: 'dumb',
      ...environment,
      PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
    },
  });
  let output = '';
  let seen = 0;
  const next = () => {
    const first = typed[0];
    if (first === undefined || !output.slice(seen).replace(/\r+\n/g, '\n').endsWith(first.prompt)) return;
    seen = output.length;
    typed.shift();
    child.stdin.write(keys(first.text));
  };
  const read = (text: string) => {
    output = (output + text).replace(CONTROL_SEQUENCES, '');
    next();
  };
  child.stdout.setEncoding('utf8').on('data', read);
  child.stderr.setEncoding('utf8').on('data', read);
  child.stdin.on('error', () => {});
  if (typed.length === 0) child.stdin.end();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command}: not finished after ${limit} ms; its output:\n${output}`));
    }, limit);
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ output: output.replace(/\r+\n/g, '\n').replace(/[^\n]*\r/g, ''), status });
    });
  });
}

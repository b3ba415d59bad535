import { describeFlags, type Flag, parseFlags } from '../arguments/parse-flags';
import { nearestName } from '../arguments/nearest-name';
import type { CommandContext } from '../command-context';
import { EXIT, OUTPUT_GONE_EXIT } from '../run/run-end';
import { UsageError } from '../usage-error';
import { type CodeSource, fileChunks, hexChunks, streamChunks } from './code-source';
import { Disassembler } from './disassembler';
import { type Mode, type Printer, printJson, printText, SYNTAXES } from './listing';
import { TextSink } from './text-sink';

const DISASM_FLAGS: readonly Flag[] = [
  { name: 'b', value: '16|32|64', help: 'the kind of code (default 32)' },
  { name: 'o', value: 'ORIGIN', help: 'the address of the first byte, as 1234, 0x4D2 or 4D2h (default 0)' },
  { name: 's', value: 'intel|att', help: 'the syntax (default intel)' },
  { name: 'f', value: 'text|json', help: 'json: one object a line, with the facts of the instruction' },
  { name: 'x', value: 'HEX', help: 'the code itself, instead of a file' },
  { name: 'help', help: 'this text' },
];

const DISASM_HELP = `usage: vmm disasm [flags] FILE
       vmm disasm [flags] -x HEX

Lists the address, the bytes and the text of each instruction in a file of raw code (- is the standard input). A
byte where no instruction begins is listed as (bad).

${describeFlags(DISASM_FLAGS, '-')}
`;

interface DisasmRequest {
  mode: Mode;
  origin: bigint;
  print: Printer;
  source: CodeSource;
}

/**
 * `vmm disasm`: lists instructions, and returns the exit code.
 *
 * @throws UsageError for bad arguments and files that cannot be read
 */
export async function disasmCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseFlags(DISASM_FLAGS, args, '-');
  if (values.has('help')) {
    context.stdout.write(DISASM_HELP);
    return EXIT.done;
  }
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const { mode, origin, print, source } = parseRequest(last, positionals, context);
  const sink = new TextSink(context.stdout);
  const disassembler = new Disassembler(mode, origin, print);
  try {
    for await (const chunk of source) {
      for (const text of disassembler.list(chunk)) await sink.write(text);
      if (sink.gone) return OUTPUT_GONE_EXIT;
    }
    for (const text of disassembler.end()) await sink.write(text);
    await sink.end();
    return sink.gone ? OUTPUT_GONE_EXIT : EXIT.done;
  } finally {
    sink.release();
  }
}

function parseRequest(
  last: (name: string) => string | undefined,
  positionals: readonly string[],
  context: CommandContext,
): DisasmRequest {
  const mode = parseMode(last('b') ?? '32');
  const syntax = choice('s', last('s') ?? 'intel', Object.keys(SYNTAXES) as (keyof typeof SYNTAXES)[]);
  const format = choice('f', last('f') ?? 'text', ['text', 'json'] as const);
  const print = format === 'json' ? printJson(SYNTAXES[syntax], mode) : printText(SYNTAXES[syntax], mode);
  return {
    mode,
    print,
    origin: parseOrigin(last('o') ?? '0'),
    source: parseSource(last('x'), positionals, context),
  };
}

function choice<T extends string>(flag: string, value: string, known: readonly T[]): T {
  const found = known.find((name) => name === value);
  if (found !== undefined) return found;
  throw new UsageError(
    `-${flag} ${value}: there are ${known.join(' and ')}; the nearest is ${nearestName(value, known)}`,
  );
}

function parseMode(text: string): Mode {
  if (text === '16' || text === '32' || text === '64') return Number(text) as Mode;
  throw new UsageError(`-b ${text}: code is 16, 32 or 64 bits wide`);
}

function parseOrigin(text: string): bigint {
  const [, decimal, hex] = /^(?:(\d+)|(?:0x)?([0-9a-f]+)h?)$/i.exec(text) ?? [];
  const isHex = /^0x|h$/i.test(text);
  const value =
    decimal !== undefined ? BigInt(decimal) : isHex && hex !== undefined ? BigInt(`0x${hex}`) : -1n;
  if (value >= 0n && value < 1n << 64n) return value;
  throw new UsageError(
    `-o ${text}: not an address; give a number below 2^64, such as 31744, 0x7C00 or 7C00h`,
  );
}

function parseSource(
  hex: string | undefined,
  [file, extra]: readonly string[],
  context: CommandContext,
): CodeSource {
  if (hex !== undefined) {
    if (file !== undefined) throw new UsageError(`-x and the file ${file}: give one of them`);
    return hexChunks(hex);
  }
  if (file === undefined)
    throw new UsageError('nothing to disassemble; give a file, or -x with bytes: vmm disasm -x 90');
  if (extra !== undefined)
    throw new UsageError(`unexpected argument '${extra}'; one file is listed at a time`);
  return file === '-' ? streamChunks(context.stdin) : fileChunks(file);
}

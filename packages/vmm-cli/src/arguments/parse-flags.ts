import { UsageError } from '../usage-error';
import { nearestName } from './nearest-name';

/** One row of a command's flag table. */
export interface Flag {
  /** Without dashes. Flags are accepted with one dash or two. */
  name: string;
  /** What follows the flag, as the help shows it; absent for a flag without a value. `[…]` may be left out. */
  value?: string;
  help: string;
}

export interface ParsedFlags {
  /** Values by flag name, in order; a flag without a value appears as ''. */
  values: ReadonlyMap<string, readonly string[]>;
  positionals: readonly string[];
}

/**
 * Splits arguments in QEMU's style: long flags with a single dash, their value in the next argument.
 *
 * @throws UsageError for an unknown flag (naming the nearest known one) or a missing value
 */
export function parseFlags(flags: readonly Flag[], args: readonly string[], dash: '-' | '--'): ParsedFlags {
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (!isFlagLike(argument)) {
      positionals.push(argument);
      continue;
    }
    const [, name = '', attached] = /^--?([^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    const flag = flags.find((row) => row.name === name);
    if (!flag) throw unknownFlag(argument, name, flags, dash);
    if (flag.value === undefined && attached !== undefined) {
      throw new UsageError(`${dash}${name} takes no value: leave out '=${attached}'`);
    }
    let value = attached;
    if (value === undefined && flag.value !== undefined && followsAsValue(flags, flag, args[i + 1]))
      value = args[++i];
    if (value === undefined && needsValue(flag)) {
      throw new UsageError(`${dash}${name} needs a value: ${dash}${name} ${flag.value}`);
    }
    values.set(name, [...(values.get(name) ?? []), value ?? '']);
  }
  return { values, positionals };
}

/** The help lines of a flag table. */
export function describeFlags(flags: readonly Flag[], dash: '-' | '--'): string {
  const rows = flags.map(
    (flag) => [`  ${dash}${flag.name}${flag.value ? ` ${flag.value}` : ''}`, flag.help] as const,
  );
  const column = 28;
  const indent = ' '.repeat(column);
  return rows
    .map(([left, help]) => {
      const head = left.length < column - 1 ? left.padEnd(column) : `${left}\n${indent}`;
      return head + help.split('\n').join(`\n${indent}`);
    })
    .join('\n');
}

function isFlagLike(argument: string): boolean {
  return argument.startsWith('-') && argument !== '-';
}

function needsValue(flag: Flag): boolean {
  return flag.value !== undefined && !flag.value.startsWith('[');
}

/** A value may begin with a dash, but a known flag in its place means that the value was forgotten. */
function followsAsValue(flags: readonly Flag[], flag: Flag, next: string | undefined): boolean {
  if (next === undefined) return false;
  if (!isFlagLike(next)) return true;
  return needsValue(flag) && !flags.some((row) => next === `-${row.name}` || next === `--${row.name}`);
}

function unknownFlag(argument: string, name: string, flags: readonly Flag[], dash: string): UsageError {
  const nearest = nearestName(
    name,
    flags.map((flag) => flag.name),
  );
  return new UsageError(
    `unknown flag '${argument}'; the nearest known one is ${dash}${nearest} (${dash}help lists all)`,
  );
}

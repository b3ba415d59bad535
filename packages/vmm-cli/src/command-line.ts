import { nearestName } from './arguments/nearest-name';
import type { CommandContext } from './command-context';
import { disasmCommand } from './disasm/disasm-command';
import { guestCommand } from './guest/guest-command';
import { runCommand } from './run/run-command';
import { EXIT } from './run/run-end';
import { UsageError } from './usage-error';

type Command = (args: readonly string[], context: CommandContext) => Promise<number>;

const COMMANDS = new Map<string, Command>([
  ['run', runCommand],
  ['guest', guestCommand],
  ['disasm', disasmCommand],
]);

const HELP = `usage: vmm <command> [flags]

commands:
  run     runs a guest in this terminal; without a kernel, the embedded one
  guest   fetches a guest and prepares it for vmm run
  disasm  lists the instructions of a file or of bytes

vmm <command> --help tells more; vmm --version shows the version.
`;

/** Runs the command `vmm` with the arguments after its name and returns its exit code. */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    return await dispatch(args, context);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    context.stderr.write(`vmm: ${oneLine(error.message)}\n`);
    return EXIT.usage;
  }
}

async function dispatch(args: readonly string[], context: CommandContext): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) throw new UsageError("no command; try 'vmm run', or 'vmm --help' for all");
  if (/^(--?help|-h|help)$/.test(name)) {
    context.stdout.write(HELP);
    return EXIT.done;
  }
  if (/^--?version$/.test(name)) {
    context.stdout.write(`vmm ${context.version}\n`);
    return EXIT.done;
  }
  const command = COMMANDS.get(name);
  if (command) return command(rest, context);
  if (name.startsWith('-'))
    throw new UsageError(`the command comes before the flags: vmm run ${args.join(' ')}`);
  throw new UsageError(
    `unknown command '${name}'; the nearest known one is ${nearestName(name, [...COMMANDS.keys()])}`,
  );
}

/** File names and values in a message may hold anything, line breaks and terminal controls too. */
function oneLine(message: string): string {
  return message.replace(/\p{Cc}+/gu, ' ');
}

import { parseRunArguments, RUN_HELP, type RunQuestion, type RunRequest } from '../arguments/run-flags';
import type { CommandContext } from '../command-context';
import { UsageError } from '../usage-error';
import { GuestRun } from './guest-run';
import type { GuestMachine, MachineFactory } from './guest-machine';
import { FileOutput, NullOutput, type Output, StreamOutput } from './output';
import { type GuestFiles, readFiles } from './read-image';
import { EXIT } from './run-end';

/**
 * `vmm run`: runs one guest to its end and returns the exit code.
 *
 * @throws UsageError for bad arguments and input
 */
export async function runCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const request = parseRunArguments(args);
  if (request.kind !== 'run') {
    context.stdout.write(await answer(request, context));
    return EXIT.done;
  }
  const files = readFiles(request);
  const machines = await context.loadMachines();
  const serial = serialOutput(request, context);
  const log = logOutput(request, context);
  const machine = createMachine(request, machines, serial, log);
  loadGuest(request, machine, machines, files, Boolean(context.stdin.isTTY && context.stdout.isTTY));
  return new GuestRun({ request, context, machine, serial, log }).run();
}

async function answer(question: RunQuestion, context: CommandContext): Promise<string> {
  switch (question.kind) {
    case 'help':
      return RUN_HELP;
    case 'list':
      return question.text;
    case 'list-processors': {
      const { processorModels } = await context.loadMachines();
      return processorModels()
        .map(({ name, description }) => `${name.padEnd(12)} ${description}\n`)
        .join('');
    }
  }
}

function serialOutput({ serial }: RunRequest, context: CommandContext): Output {
  if (serial.kind === 'stdio') return new StreamOutput(context.stdout);
  return serial.kind === 'file'
    ? new FileOutput(`-serial file:${serial.path}`, serial.path)
    : new NullOutput();
}

function logOutput({ log, logFile }: RunRequest, context: CommandContext): Output {
  if (logFile !== undefined) return new FileOutput(`-D ${logFile}`, logFile);
  return log.length > 0 ? new StreamOutput(context.stderr) : new NullOutput();
}

function createMachine(
  request: RunRequest,
  machines: MachineFactory,
  serial: Output,
  log: Output,
): GuestMachine {
  const { memoryMiB, cpu, engine, icount, debugExit } = request;
  const write = (line: string): void => log.writeText(`${line}\n`);
  return orInputError(request, () =>
    machines.create({
      memoryMiB,
      engine,
      icount,
      serial: { write: (byte) => serial.writeByte(byte) },
      ...(cpu === undefined ? {} : { cpu }),
      ...(debugExit === undefined ? {} : { debugExit }),
      ...(request.log.length === 0 ? {} : { log: { flags: request.log, write } }),
    }),
  );
}

/** Without a kernel: the embedded guest, which runs its demonstration where nobody could type. */
function loadGuest(
  request: RunRequest,
  machine: GuestMachine,
  machines: MachineFactory,
  files: GuestFiles,
  interactive: boolean,
): void {
  const { kernel, initrd } = files;
  const commandLine = request.append ?? (kernel || interactive ? '' : 'demo');
  orInputError(request, () =>
    machine.load({
      kind: 'auto',
      kernel: kernel ?? machines.embeddedGuest(),
      ...(initrd === undefined ? {} : { initrd }),
      commandLine,
    }),
  );
}

function orInputError<T>(request: RunRequest, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw inputError(error, request);
  }
}

/** An error with a code of its own tells what is wrong with the input; any other is a fault of this program. */
function inputError(error: unknown, request: RunRequest): unknown {
  if (error instanceof RangeError && /allocat/i.test(error.message)) {
    return new UsageError(`-m ${request.memoryMiB}: this host cannot provide so much memory; give less`);
  }
  if (!(error instanceof Error) || typeof (error as { code?: unknown }).code !== 'string') return error;
  if (error instanceof RangeError || error instanceof TypeError) return error;
  const code = (error as unknown as { code: string }).code;
  const file = code.includes('INITRD') ? request.initrd : code.includes('IMAGE') ? request.kernel : undefined;
  return new UsageError(file === undefined ? error.message : `${file}: ${error.message}`);
}

import type { LoadableImage, MachineOptions } from '@trapgate/vmm';
import { parseRunArguments, RUN_HELP, type RunQuestion, type RunRequest } from '../arguments/run-flags';
import type { CommandContext } from '../command-context';
import { UsageError } from '../usage-error';
import { GuestRun } from './guest-run';
import type { GuestMachine, MachineFactory } from './guest-machine';
import { FileOutput, NullOutput, type Output, StreamOutput } from './output';
import { type GuestFiles, readFiles, readSnapshot } from './read-image';
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
  const interactive = Boolean(context.stdin.isTTY && context.stdout.isTTY);
  const options = machineOptions(request, serial, log);
  const machine = await orInputError(request, () =>
    request.loadvm === undefined
      ? newGuest(machines, options, imageOf(request, machines, files, interactive))
      : machines.restore(
          readSnapshot(request.loadvm),
          options,
          files.kernel && imageOf(request, machines, files, false),
        ),
  );
  // A guest that waits at its prompt does not print it again.
  if (request.loadvm !== undefined && interactive)
    context.stderr.write(`vmm: ${request.loadvm} goes on where it was saved; Enter may bring a prompt\n`);
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

/** The machine as the flags describe it; a snapshot has its own values for what is not given. */
function machineOptions(request: RunRequest, serial: Output, log: Output): MachineOptions {
  const { memoryMiB, cpu, engine, icount, debugExit, given, loadvm } = request;
  const write = (line: string): void => log.writeText(`${line}\n`);
  const own = loadvm === undefined;
  return {
    engine,
    serial: { write: (byte) => serial.writeByte(byte) },
    ...(own || given.memory ? { memoryMiB } : {}),
    ...(own || given.icount ? { icount } : {}),
    ...(cpu === undefined ? {} : { cpu }),
    ...(debugExit === undefined ? {} : { debugExit }),
    ...(request.log.length === 0 ? {} : { log: { flags: request.log, write } }),
  };
}

function newGuest(machines: MachineFactory, options: MachineOptions, image: LoadableImage): GuestMachine {
  const machine = machines.create(options);
  machine.load(image);
  return machine;
}

/** Without a kernel: the embedded guest, which runs its demonstration where nobody could type. */
function imageOf(
  request: RunRequest,
  machines: MachineFactory,
  { kernel, initrd }: GuestFiles,
  interactive: boolean,
): LoadableImage {
  return {
    kind: 'auto',
    kernel: kernel ?? machines.embeddedGuest(),
    ...(initrd === undefined ? {} : { initrd }),
    commandLine: request.append ?? (kernel || interactive ? '' : 'demo'),
  };
}

async function orInputError<T>(request: RunRequest, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
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
  const file = fileOf(code, request);
  return new UsageError(file === undefined ? error.message : `${file}: ${error.message}`);
}

/** The file that an error is about. */
function fileOf(code: string, { initrd, kernel, loadvm }: RunRequest): string | undefined {
  if (code.includes('SNAPSHOT')) return loadvm;
  return code.includes('INITRD') ? initrd : code.includes('IMAGE') ? kernel : undefined;
}

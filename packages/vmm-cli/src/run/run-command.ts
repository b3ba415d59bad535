import type { LoadableImage } from '@trapgate/vmm';
import { parseRunArguments, RUN_HELP, type RunRequest } from '../arguments/run-flags';
import type { CommandContext } from '../command-context';
import { UsageError } from '../usage-error';
import { GuestRun } from './guest-run';
import type { GuestMachine } from './guest-machine';
import { FileOutput, NullOutput, type Output, StreamOutput } from './output';
import { readImages } from './read-image';

/**
 * `vmm run`: runs one guest to its end and returns the exit code.
 *
 * @throws UsageError for bad arguments and input
 */
export async function runCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const request = parseRunArguments(args);
  if (request.kind !== 'run') {
    const models = (): string => context.machines.processorModels().join('\n') + '\n';
    const text = {
      help: () => RUN_HELP,
      list: () => request.kind === 'list' && request.text,
      'list-processors': models,
    };
    context.stdout.write(text[request.kind]() || '');
    return 0;
  }
  const interactive = Boolean(context.stdin.isTTY && context.stdout.isTTY);
  const image = readImages(request, () => context.machines.embeddedGuest(), interactive);
  const serial = serialOutput(request, context);
  const log = logOutput(request, context);
  const machine = createMachine(request, context, image, serial, log);
  return new GuestRun({ request, context, machine, serial, log }).run();
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
  context: CommandContext,
  image: LoadableImage,
  serial: Output,
  log: Output,
): GuestMachine {
  const { memoryMiB, cpu, engine, icount, debugExit } = request;
  try {
    const machine = context.machines.create({
      memoryMiB,
      engine,
      icount,
      serial: { write: (byte) => serial.writeByte(byte) },
      ...(cpu === undefined ? {} : { cpu }),
      ...(debugExit === undefined ? {} : { debugExit }),
      ...(request.log.length === 0
        ? {}
        : { log: { flags: request.log, write: (line: string) => log.writeText(`${line}\n`) } }),
    });
    machine.load(image);
    return machine;
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

import type { DeliveredEvent, ProcessorObserver } from '@trapgate/cpu';
import { formatIntel, type Instruction } from '@trapgate/x86-decoder';
import type { TranslatedRegion } from '@trapgate/binary-translator';
import type { LogItem, MachineOptions } from './machine-options';
import { exceptionLine } from './report';

const hex = (value: number, digits = 8): string => (value >>> 0).toString(16).padStart(digits, '0');

const BYTES_COLUMN = 24;
const ACCESS = { write: 2, fetch: 16 } as const;

function instructionLine(linear: number, bytes: Uint8Array, instruction: Instruction): string {
  const column = [...bytes]
    .map((byte) => hex(byte, 2))
    .join(' ')
    .padEnd(BYTES_COLUMN);
  const text = instruction.form === 0 ? `(${instruction.error})` : formatIntel(instruction, linear);
  return `in_asm: ${hex(linear)}  ${column}  ${text}`;
}

function eventLine(event: DeliveredEvent): string {
  if (event.kind === 'exception') return `int: ${exceptionLine(event)}`;
  return `int: ${event.kind} interrupt, vector ${hex(event.vector, 2)}, at ${hex(event.cs, 4)}:${hex(event.eip)}`;
}

function translationLine(linear: number, physical: number, access: number): string {
  const kind = access & ACCESS.fetch ? 'execute' : access & ACCESS.write ? 'write' : 'read';
  return `mmu: ${hex(linear)} -> ${hex(physical)} (${kind})`;
}

/** What the processor tells a log: only the items asked for, since each costs time even when nothing is written. */
export function logObserver(log: MachineOptions['log']): ProcessorObserver {
  if (!log) return {};
  const has = (item: LogItem): boolean => log.flags.includes(item);
  const write = (line: string): void => log.write(line);
  return {
    ...(has('in_asm')
      ? { decoded: (linear, bytes, instruction) => write(instructionLine(linear, bytes, instruction)) }
      : {}),
    ...(has('int') ? { delivered: (event) => write(eventLine(event)) } : {}),
    ...(has('mmu')
      ? { translated: (linear, physical, access) => write(translationLine(linear, physical, access)) }
      : {}),
  };
}

/** Every region of code translated to WebAssembly: the guest's code, the operations that it comes to, and the WebAssembly. */
export function logTranslations(
  log: MachineOptions['log'],
): ((region: TranslatedRegion) => void) | undefined {
  if (!log?.flags.includes('out_asm')) return undefined;
  return (region) => {
    log.write(
      `out_asm: region at physical ${hex(region.address)}, ${region.instructions.length} instructions`,
    );
    for (const { address, decoded } of region.instructions)
      log.write(`  ${hex(address)}  ${formatIntel(decoded, address)}`);
    const part = (title: string, text: string): void => {
      log.write(`out_asm: ${title}`);
      for (const line of text.split('\n')) log.write(`  ${line}`);
    };
    part('operations', region.operations());
    part('WebAssembly', region.text());
  };
}

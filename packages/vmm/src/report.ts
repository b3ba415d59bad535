/** One delivered exception, as the processor records it; `error` is -1 if the exception has no error code. */
export interface DeliveredException {
  readonly vector: number;
  readonly error: number;
  readonly cs: number;
  readonly eip: number;
  readonly cr2: number;
}

/** Mnemonics of SDM vol. 3A table 6-1. */
const MNEMONICS = [
  ...[
    '#DE',
    '#DB',
    'NMI',
    '#BP',
    '#OF',
    '#BR',
    '#UD',
    '#NM',
    '#DF',
    'vector 9',
    '#TS',
    '#NP',
    '#SS',
    '#GP',
    '#PF',
  ],
  ...['vector 15', '#MF', '#AC', '#MC', '#XM'],
];
const PAGE_FAULT = 14;

function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).padStart(digits, '0');
}

/** `#PF` for 14; `vector 40` where there is no name. */
export function exceptionMnemonic(vector: number): string {
  return MNEMONICS[vector] ?? `vector ${vector}`;
}

/** One line: `#PF(0002) at 0060:c1000000, linear address 00000010`. */
export function exceptionLine({ vector, error, cs, eip, cr2 }: DeliveredException): string {
  const code = error < 0 ? '' : `(${hex(error, 4)})`;
  const address = vector === PAGE_FAULT ? `, linear address ${hex(cr2, 8)}` : '';
  return `${exceptionMnemonic(vector)}${code} at ${hex(cs, 4)}:${hex(eip, 8)}${address}`;
}

/** Registers and the last exceptions, oldest first, as lines of text. */
export function machineReport(registers: string, exceptions: readonly DeliveredException[]): string {
  const recent =
    exceptions.length > 0
      ? ['last exceptions, oldest first:', ...exceptions.map((exception) => `  ${exceptionLine(exception)}`)]
      : ['no exceptions so far'];
  return [registers.trimEnd(), ...recent].join('\n');
}

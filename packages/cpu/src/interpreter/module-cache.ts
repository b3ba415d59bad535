import { generateInterpreter, generateLateHandlers } from './generate';
import type { InterpreterOptions } from './hot-function';
import { HandlerTable } from './handlers';

/** The compiled interpreter and the handler numbers that go with it. */
export interface CompiledInterpreter {
  readonly module: WebAssembly.Module;
  readonly table: HandlerTable;
  /** The handlers that are made when the first of them is needed. */
  readonly late: () => WebAssembly.Module;
}

function compile(options: InterpreterOptions): CompiledInterpreter {
  const table = new HandlerTable();
  const late = once(() => new WebAssembly.Module(generateLateHandlers(table).bytes));
  return {
    table,
    module: new WebAssembly.Module(generateInterpreter(table, options).bytes),
    late: () => late(0),
  };
}

/** Calls `make` the first time only, for each number. */
function once<T>(make: (key: number) => T): (key: number) => T {
  const made = new Map<number, T>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}

/**
 * The interpreter that leaves after so many entries of one place (0: never). Generated and compiled once per process: it
 * holds no machine's state, so all machines share it.
 */
export const interpreterModule = once((hotAfter) => compile({ hotAfter }));

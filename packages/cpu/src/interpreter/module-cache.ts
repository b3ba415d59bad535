import { generateInterpreter, generateLateHandlers } from './generate';
import type { InterpreterOptions } from './hot-function';
import { HandlerTable } from './handlers';

/** The compiled interpreter and the handler numbers that go with it. */
export interface CompiledInterpreter {
  readonly module: WebAssembly.Module;
  readonly table: HandlerTable;
  /** The handlers that are made when the first of a module is needed; see HandlerTable. */
  readonly late: (module: 0 | 1) => WebAssembly.Module;
}

function compile(options: InterpreterOptions): CompiledInterpreter {
  const table = new HandlerTable();
  const late = once((n: 0 | 1) => new WebAssembly.Module(generateLateHandlers(table.late[n]).bytes));
  return {
    table,
    module: new WebAssembly.Module(generateInterpreter(table, options).bytes),
    late,
  };
}

/** Calls `make` the first time only, for each number. */
function once<N extends number, T>(make: (key: N) => T): (key: N) => T {
  const made = new Map<N, T>();
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
export const interpreterModule = once((hotAfter: number) => compile({ hotAfter }));

import { generateInterpreter } from './generate';
import { HandlerTable } from './handlers';

/** The compiled interpreter and the handler numbers that go with it. */
export interface CompiledInterpreter {
  readonly module: WebAssembly.Module;
  readonly table: HandlerTable;
}

function compile(): CompiledInterpreter {
  const table = new HandlerTable();
  return { table, module: new WebAssembly.Module(generateInterpreter(table).bytes as BufferSource) };
}

/** Calls `make` the first time only. */
function once<T>(make: () => T): () => T {
  const made: T[] = [];
  return () => (made[0] ??= make());
}

/** Generated and compiled once per process: it holds no machine's state, so all machines share it. */
export const interpreterModule = once(compile);

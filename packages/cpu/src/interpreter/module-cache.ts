import { generateInterpreter } from './generate';
import { HandlerTable } from './handlers';

/** The compiled interpreter and the handler numbers that go with it. */
export interface CompiledInterpreter {
  readonly module: WebAssembly.Module;
  readonly table: HandlerTable;
}

let compiled: CompiledInterpreter | undefined;

/** Generated and compiled once per process: it holds no machine's state, so all machines share it. */
export function interpreterModule(): CompiledInterpreter {
  if (!compiled) {
    const table = new HandlerTable();
    compiled = { table, module: new WebAssembly.Module(generateInterpreter(table).bytes as BufferSource) };
  }
  return compiled;
}

export { operations, type Operation, type ValueType } from './operations';
export {
  call,
  callIndirect,
  callTable,
  constantOf,
  f32Const,
  f64Const,
  getLocal,
  i32,
  i64,
  isLeaf,
  select,
  shuffle,
  v128Const,
  wasm,
  wasmLane,
  wasmLoad,
  type Expression,
  type F32,
  type F64,
  type I32,
  type I64,
  type Signature,
  type V128,
} from './expressions';
export {
  FunctionBuilder,
  type Expected,
  type FunctionRef,
  type Label,
  type Local,
  type LocalMark,
  type Statement,
} from './function';
export { ModuleBuilder } from './module';
export { printFunction } from './text';
export { printText } from './wat';
export { Layout, LayoutError, type Field, type FieldRow } from './layout';
export { ByteWriter } from './byte-writer';

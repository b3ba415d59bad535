export type {
  DroppedRegions,
  TranslatedBlock,
  TranslatedExit,
  TranslatedInstruction,
  TranslatedRegion,
} from './translated-region';
export { wasmTranslation, type TranslationStatistics, type WasmTranslationOptions } from './wasm-engine';
export {
  answerModuleRequest,
  type ModuleAnswer,
  type ModuleRequest,
  type TranslationWorker,
} from './translation-worker';

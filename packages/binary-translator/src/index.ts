export {
  wasmTranslation,
  type TranslatedRegion,
  type TranslationStatistics,
  type WasmTranslationOptions,
} from './wasm-engine';

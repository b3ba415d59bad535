export { wasmTranslation, type TranslationStatistics, type WasmTranslationOptions } from './wasm-engine';

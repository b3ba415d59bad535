export {
  FETCH_CACHE,
  FLUSH_NOTES,
  JUMP_CACHE,
  MEMORY_MAP,
  PROCESSOR_MAP,
  PROFILE,
  TLB,
  TRANSLATION_COUNTERS,
  VIDEO_WINDOW,
} from './memory-map';
export { PAGING_FIELDS, type PagingField } from './paging-fields';
export {
  MemorySizeError,
  PhysicalAddressError,
  PhysicalMemory,
  type CodeWriteObserver,
} from './physical-memory';
export { ACCESS, RIGHTS, isRam, type StateLayout } from './walk';
export {
  emitMemoryFunctions,
  MEMORY_IMPORTS,
  noteFlushed,
  tlbEntry,
  tlbTag,
  type MemoryFunctions,
  type MemoryImports,
} from './access';
export {
  inlineCommit,
  inlineLoad,
  inlineModify,
  inlinePlace,
  inlineProbe,
  inlineStore,
  type AccessSite,
} from './inline';
export { tlbEntries, type TlbEntry } from './tlb-entries';
export { loadHost, storeHost, type AccessBytes, type PhysicalImports } from './physical-access';

export { FETCH_CACHE, MEMORY_MAP, PROCESSOR_MAP, TLB, VIDEO_WINDOW } from './memory-map';
export { PAGING_FIELDS, type PagingField } from './paging-fields';
export { MemorySizeError, PhysicalAddressError, PhysicalMemory, type CodeWriteObserver } from './physical-memory';
export { ACCESS, RIGHTS, isRam, type StateLayout } from './walk';
export {
  emitMemoryFunctions, loadHost, MEMORY_IMPORTS, storeHost, tlbEntry, tlbTag,
  type AccessBytes, type MemoryFunctions, type MemoryImports,
} from './access';
export { inlineCommit, inlineLoad, inlineModify, inlineProbe, inlineStore, type AccessSite } from './inline';

import {
  importTranslatorSupport,
  MODE,
  STATUS,
  TRANSLATION,
  type Translation,
  type Translator,
  type TranslatorParts,
} from '@trapgate/cpu';
import { JUMP_CACHE, MEMORY_MAP, TRANSLATION_COUNTERS } from '@trapgate/mmu';
import { i32, ModuleBuilder } from '@trapgate/wasm-assembler';
import { discover } from './discover';
import { emitRegion } from './region';
import type { RegionFunctions } from './region-options';
import { leavesRegion } from './translated-forms';
import { OpenRegion, type DroppedRegions, type TranslatedRegion } from './translated-region';

const MAXIMUM_PAGES = 65536;
const RECORD_ROOM = 0x4000;
const TABLE_STEP = 256;
/** A region's slot is followed by that of its translation without checked stack frames, made when it is needed. */
const SLOTS = 2;
/** Freed slots before the jump cache is emptied, so that they can be used again. */
const MOST_RETIRED = 1024;
/** Guest instructions in a module, but for the last region's: they take about 20 us each, and the guest waits. */
const ENOUGH_AT_ONCE = 500;
/** How many times as often as other code what is inside a region has to be entered by itself before it gets a region of its own. */
const COVERED_HEAT = 16;

/** What a translation may be told; everything has a default. */
export interface WasmTranslationOptions {
  /** Entries of one place before it is translated. */
  readonly hotAfter?: number;
  /** Instructions of one region at most. */
  readonly regionInstructions?: number;
  /** Regions compiled together at most. */
  readonly batch?: number;
  /** Bytes of WebAssembly that may be kept; beyond them all translations are dropped. */
  readonly mostBytes?: number;
  /** Told of every region translated, before it is entered. */
  readonly translated?: (region: TranslatedRegion) => void;
  /** Told of regions that are not entered any more. */
  readonly dropped?: (regions: DroppedRegions) => void;
}

/** Counters of the translator. */
export interface TranslationStatistics {
  /** Regions translated so far. */
  regions: number;
  /** Guest instructions in them. */
  instructions: number;
  /** Of WebAssembly. */
  bytes: number;
  modules: number;
  /** Guest instructions in the largest module: for so long the guest has waited. */
  largest: number;
  /** Regions dropped because their code was written or its page given up. */
  invalidated: number;
  /** Regions dropped because all were: to make room, or at a reset. */
  evicted: number;
  /** Transfers from one region to another, calls among them, without the interpreter. */
  chained: number;
  /** Instructions executed in regions. */
  executed: number;
}

/** What stands in slots of dropped translations, and of those not made yet. */
function stubs(): Readonly<Record<'dropped' | 'unmade', unknown>> {
  const module = new ModuleBuilder();
  // rip holds the address that is not translated any more.
  module.function('dropped', TRANSLATION, { exported: true }).return(i32.const(STATUS.jump));
  module.function('unmade', TRANSLATION, { exported: true }).return(i32.const(STATUS.interpret));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish().bytes), {});
  return exports as unknown as Record<'dropped' | 'unmade', unknown>;
}

/** Whether the host's WebAssembly has tail calls. */
function hasTailCalls(): boolean {
  const module = new ModuleBuilder();
  module.importTable('env', 'table', 0);
  const fn = module.function('f', TRANSLATION);
  fn.returnCallIndirect(TRANSLATION, i32.const(0), fn.param(0), fn.param(1), fn.param(2));
  return WebAssembly.validate(module.finish().bytes);
}

interface Place {
  readonly page: number;
  readonly offset: number;
  readonly mode: number;
}
type Listeners = Pick<WasmTranslationOptions, 'translated' | 'dropped'>;
const keyOf = ({ page, offset }: Place): number => page * 4096 + offset;

/** A region whose function is in the module under construction. */
interface Made extends Place {
  readonly name: string;
  /** Of the region. */
  readonly number: number;
  readonly slot: number;
  /** Without checked stack frames: stands beside the region's first translation. */
  readonly unframed: boolean;
}

/** An installed region. */
interface Installed {
  readonly slot: number;
  readonly numbers: number[];
}

/** Translates hot code of flat 32-bit mode into WebAssembly functions, a region of one page at a time, several to a module. */
class WasmTranslator implements Translator {
  private readonly table: WebAssembly.Table;
  private readonly imports: WebAssembly.Imports;
  private readonly stubs = stubs();
  private readonly words: Int32Array;
  private readonly tailCalls = hasTailCalls();
  private readonly free: number[] = [];
  /** Slots that the jump cache may still name. */
  private retired: number[] = [];
  /** By page and offset. */
  private readonly regionsOfPage = new Map<number, Map<number, Installed>>();
  private readonly refused = new Set<number>();
  /** By page: offsets of blocks inside regions, and how often they have become hot as entries. */
  private readonly covered = new Map<number, Map<number, number>>();
  private readonly waiting = new Map<number, Place>();
  private keptBytes = 0;
  private numbered = 0;
  private readonly counts = {
    regions: 0,
    instructions: 0,
    bytes: 0,
    modules: 0,
    largest: 0,
    invalidated: 0,
    evicted: 0,
  };

  constructor(
    private readonly parts: TranslatorParts,
    private readonly options: Required<Omit<WasmTranslationOptions, keyof Listeners>> & Listeners,
  ) {
    const exports = parts.exports as unknown as Record<string, unknown>;
    this.table = exports['translations'] as WebAssembly.Table;
    this.words = new Int32Array(parts.memory.buffer);
    const memory = parts.memory.wasm;
    const env = { memory, table: this.table };
    this.imports = { env, interpreter: exports } as unknown as WebAssembly.Imports;
  }

  hot(page: number, offset: number, mode: number): void {
    const wanted = MODE.code32 | MODE.flat;
    const place = { page, offset, mode };
    if ((mode & wanted) !== wanted || this.refused.has(keyOf(place))) return;
    const key = keyOf(place);
    const covered = this.installed(place) ? undefined : this.covered.get(page);
    const heat = (covered?.get(offset) ?? COVERED_HEAT) + 1;
    covered?.set(offset, heat);
    if (heat <= COVERED_HEAT) return;
    // What has become hot a second time does not wait for others.
    const again = this.waiting.has(key);
    this.waiting.set(key, place);
    if (again || this.waiting.size >= this.options.batch) this.translateWaiting();
  }

  private installed({ page, offset }: Place): Installed | undefined {
    return this.regionsOfPage.get(page)?.get(offset);
  }

  private translateWaiting(): void {
    const { code } = this.parts;
    // If all code has been dropped, nothing is hot any more.
    if (this.keptBytes > this.options.mostBytes) code.clear();
    else code.makeRoom(RECORD_ROOM * this.waiting.size);
    if (this.waiting.size === 0) return;
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', 1, MAXIMUM_PAGES);
    module.importTable('env', 'table', 0);
    const { support, callCold, materialize } = importTranslatorSupport(module);
    const functions = { support, callCold, materialize };
    const made = this.emitWaiting(module, functions);
    if (made.length === 0) return;
    const { bytes } = module.finish();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.imports);
    const exports = instance.exports as unknown as Record<string, unknown>;
    for (const region of made) this.install(region, exports[region.name]);
    this.counts.modules++;
    this.counts.bytes += bytes.length;
    this.keptBytes += bytes.length;
  }

  /** What has become hot last comes first; what would make the guest wait too long goes on waiting, and comes when it is hot again. */
  private emitWaiting(module: ModuleBuilder, functions: RegionFunctions): Made[] {
    const before = this.counts.instructions;
    const made: Made[] = [];
    for (const place of [...this.waiting.values()].reverse()) {
      if (this.counts.instructions - before >= ENOUGH_AT_ONCE) break;
      this.waiting.delete(keyOf(place));
      made.push(...(this.emit(module, functions, place) ?? []));
    }
    this.counts.largest = Math.max(this.counts.largest, this.counts.instructions - before);
    return made;
  }

  private emit(module: ModuleBuilder, functions: RegionFunctions, place: Place): [Made] | undefined {
    const { page, offset, mode } = place;
    const { code } = this.parts;
    code.decodeRun(page, offset, mode);
    const flow = discover(code.pageBytes(page), offset, 32, {
      instructions: this.options.regionInstructions,
      known: (target) => code.isDecoded(page, target, mode),
    });
    const entry = flow.get(offset);
    if (!entry || leavesRegion(entry.instructions[0]!, mode)) {
      this.refused.add(keyOf(place));
      return undefined;
    }
    const name = `r_${page.toString(16)}_${offset.toString(16)}`;
    const before = this.installed(place);
    const slot = before?.slot ?? this.allocate();
    const unframed = before !== undefined;
    if (unframed) this.refused.add(keyOf(place));
    const fn = module.function(name, TRANSLATION, { exported: true });
    emitRegion(fn, functions, flow, {
      page,
      mode,
      entry: offset,
      unframed: unframed ? undefined : slot + 1,
      tailCalls: this.tailCalls,
      cold: ({ decoded, offset: at }) => {
        const { handler, record } = code.encodeAlone(decoded, at, mode);
        const slot = handler - this.parts.firstCold;
        return slot < 0 ? undefined : { slot, record };
      },
    });
    const number = ++this.numbered;
    this.options.translated?.(new OpenRegion(number, page, offset, flow, fn));
    module.close(fn);
    const covered = this.covered.get(page) ?? new Map<number, number>();
    this.covered.set(page, covered);
    for (const block of flow.values()) {
      for (const instruction of block.instructions) {
        code.markCode(page, instruction.offset, instruction.decoded.length);
        this.counts.instructions++;
      }
      if (!covered.has(block.start)) covered.set(block.start, 0);
    }
    return [{ ...place, name, number, slot, unframed }];
  }

  get statistics(): TranslationStatistics {
    const at = MEMORY_MAP.translationCounters >> 2;
    const counter = (offset: number): number =>
      (this.words[at + (offset >> 2)]! >>> 0) + this.words[at + (offset >> 2) + 1]! * 2 ** 32;
    return {
      ...this.counts,
      chained: counter(TRANSLATION_COUNTERS.chained),
      executed: counter(TRANSLATION_COUNTERS.instructions),
    };
  }

  private install({ page, offset, mode, number, slot, unframed }: Made, fn: unknown): void {
    this.table.set(unframed ? slot + 1 : slot, fn);
    this.counts.regions++;
    const regions = this.regionsOfPage.get(page) ?? new Map<number, Installed>();
    this.regionsOfPage.set(page, regions);
    if (unframed) return void regions.get(offset)!.numbers.push(number);
    this.table.set(slot + 1, this.stubs.unmade);
    regions.set(offset, { slot, numbers: [number] });
    this.parts.code.installTranslation(page, offset, mode, slot);
  }

  private allocate(): number {
    if (this.free.length === 0) {
      const first = this.table.length;
      this.table.grow(TABLE_STEP);
      for (let n = TABLE_STEP - SLOTS; n >= 0; n -= SLOTS) this.free.push(first + n);
    }
    return this.free.pop()!;
  }

  private release(pages: readonly number[], reason: DroppedRegions['reason']): void {
    const dropped: number[] = [];
    for (const page of pages) {
      for (const { slot, numbers } of this.regionsOfPage.get(page)?.values() ?? []) {
        dropped.push(...numbers);
        for (let n = 0; n < SLOTS; n++) this.table.set(slot + n, this.stubs.dropped);
        this.retired.push(slot);
      }
      this.regionsOfPage.delete(page);
    }
    if (dropped.length === 0) return;
    this.counts[reason === 'all' ? 'evicted' : 'invalidated'] += dropped.length;
    this.options.dropped?.({ numbers: dropped, reason });
    if (this.retired.length > MOST_RETIRED) this.reuse();
  }

  /** Empties the jump cache; then nothing names the slots of dropped translations. */
  private reuse(): void {
    const { jumpCache } = MEMORY_MAP;
    this.words.fill(0, jumpCache >> 2, (jumpCache + JUMP_CACHE.pages + JUMP_CACHE.pageMask + 1) >> 2);
    this.free.push(...this.retired);
    this.retired = [];
  }

  dropped(page: number): void {
    this.refused.clear();
    if (page >= 0) {
      this.covered.delete(page);
      for (const [key, place] of this.waiting) if (place.page === page) this.waiting.delete(key);
      return this.release([page], 'written');
    }
    this.waiting.clear();
    this.covered.clear();
    this.keptBytes = 0;
    this.release([...this.regionsOfPage.keys()], 'all');
  }
}

/** The translation to WebAssembly, for `ProcessorOptions.translation`. */
export function wasmTranslation(
  options: WasmTranslationOptions = {},
): Translation & { readonly statistics: () => TranslationStatistics | undefined } {
  const { hotAfter = 2000, regionInstructions = 300, batch = 16, mostBytes = 64 << 20 } = options;
  const { translated, dropped } = options;
  const made: WasmTranslator[] = [];
  return {
    hotAfter,
    create: (parts) => {
      const translator = new WasmTranslator(parts, {
        hotAfter,
        regionInstructions,
        batch,
        mostBytes,
        ...(translated ? { translated } : {}),
        ...(dropped ? { dropped } : {}),
      });
      made.push(translator);
      return translator;
    },
    statistics: () => made.at(-1)?.statistics,
  };
}

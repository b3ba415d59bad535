import {
  importTranslatorSupport,
  MODE,
  STATE_PLACE,
  STATUS,
  STATE,
  type SupportFunctions,
  type Translation,
  type Translator,
  type TranslatorParts,
} from '@trapgate/cpu';
import { JUMP_CACHE, MEMORY_MAP, PROCESSOR_MAP, TLB, TRANSLATION_COUNTERS } from '@trapgate/mmu';
import { i32, ModuleBuilder, type FunctionBuilder, type FunctionRef } from '@trapgate/wasm-assembler';
import { discover } from './discover';
import { emitRegion } from './region';
import type { RegionFunctions } from './region-options';
import { leavesRegion } from './translated-forms';
import { OpenRegion, type DroppedRegions, type TranslatedRegion } from './translated-region';

const MAXIMUM_PAGES = 65536;
const WINDOW = { params: ['i32', 'i32'], results: ['i32'] } as const;
const REGION = { params: ['i32', 'i32'], results: ['i32'] } as const;
const RECORD_ROOM = 0x4000;
const TABLE_STEP = 256;
/** Freed slots before the jump cache is emptied, so that they can be used again. */
const MOST_RETIRED = 1024;
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
  /** Regions dropped because their code was written or its page given up. */
  invalidated: number;
  /** Regions dropped because all were: to make room, or at a reset. */
  evicted: number;
  /** Transfers from one region to another, calls among them, without the interpreter. */
  chained: number;
  /** Instructions executed in regions. */
  executed: number;
}

/** (linear, bytes) -> place: both pages, if two, are checked for writing and adjacent in linear memory; else 0. */
function emitWindow(fn: FunctionBuilder): void {
  const [low, bytes] = [fn.param<'i32'>(0), fn.param<'i32'>(1)];
  const tlb = STATE_PLACE - PROCESSOR_MAP.state + PROCESSOR_MAP.tlb;
  const context = fn.let(STATE.load32(i32.const(STATE_PLACE), 'tlbContext'));
  const addend = (linear: I32Leaf): I32Leaf => {
    const mask = (TLB.entries - 1) << TLB.entryShift;
    const entry = fn.let(i32.and(i32.shrU(linear, i32.const(12 - TLB.entryShift)), i32.const(mask)));
    const tag = i32.or(i32.and(linear, i32.const(~0xfff)), context);
    fn.if(i32.ne(i32.load(entry, tlb + TLB.tagWrite), tag), () => fn.return(i32.const(0)));
    return fn.let(i32.load(entry, tlb + TLB.addend));
  };
  const first = addend(low);
  const second = addend(fn.let(i32.add(low, i32.sub(bytes, i32.const(1)))));
  fn.if(i32.ne(first, second), () => fn.return(i32.const(0)));
  fn.return(i32.add(low, first));
}
type I32Leaf = ReturnType<typeof i32.const>;

/** What every translator needs of its own: the window check, and what stands in the slots of dropped translations. */
function helperModule(): WebAssembly.Module {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', 1, MAXIMUM_PAGES);
  emitWindow(module.function('window', WINDOW, { exported: true }));
  // rip holds the address that is not translated any more.
  module.function('dropped', REGION, { exported: true }).return(i32.const(STATUS.jump));
  return new WebAssembly.Module(module.finish().bytes);
}

/** Whether the host's WebAssembly has tail calls. */
function hasTailCalls(): boolean {
  const module = new ModuleBuilder();
  module.importTable('env', 'table', 0);
  const fn = module.function('f', REGION);
  fn.returnCallIndirect(REGION, i32.const(0), fn.param(0), fn.param(1));
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
}

/** An installed region. */
interface Installed {
  readonly slot: number;
  readonly number: number;
}

/** Translates hot code of flat 32-bit mode into WebAssembly functions, a region of one page at a time, several to a module. */
class WasmTranslator implements Translator {
  private readonly table: WebAssembly.Table;
  private readonly imports: WebAssembly.Imports;
  private readonly droppedStub: unknown;
  private readonly words: Int32Array;
  private readonly tailCalls = hasTailCalls();
  private readonly free: number[] = [];
  /** Slots that the jump cache may still name. */
  private retired: number[] = [];
  private readonly regionsOfPage = new Map<number, Installed[]>();
  private readonly refused = new Set<number>();
  /** By page: offsets of blocks inside regions, and how often they have become hot as entries. */
  private readonly covered = new Map<number, Map<number, number>>();
  private readonly waiting = new Map<number, Place>();
  private keptBytes = 0;
  private numbered = 0;
  private readonly counts = { regions: 0, instructions: 0, bytes: 0, modules: 0, invalidated: 0, evicted: 0 };

  constructor(
    private readonly parts: TranslatorParts,
    private readonly options: Required<Omit<WasmTranslationOptions, keyof Listeners>> & Listeners,
  ) {
    const exports = parts.exports as unknown as Record<string, unknown>;
    this.table = exports['translations'] as WebAssembly.Table;
    this.words = new Int32Array(parts.memory.buffer);
    const memory = parts.memory.wasm;
    const helper = new WebAssembly.Instance(helperModule(), {
      env: { memory },
    } as unknown as WebAssembly.Imports).exports as unknown as Record<string, unknown>;
    this.droppedStub = helper['dropped'];
    const env = { memory, table: this.table, window: helper['window'] };
    this.imports = { env, interpreter: exports } as unknown as WebAssembly.Imports;
  }

  hot(page: number, offset: number, mode: number): void {
    const wanted = MODE.code32 | MODE.flat;
    const place = { page, offset, mode };
    if ((mode & wanted) !== wanted || this.refused.has(keyOf(place))) return;
    const key = keyOf(place);
    const covered = this.covered.get(page);
    const heat = (covered?.get(offset) ?? COVERED_HEAT) + 1;
    covered?.set(offset, heat);
    if (heat <= COVERED_HEAT) return;
    // What has become hot a second time does not wait for others.
    const again = this.waiting.has(key);
    this.waiting.set(key, place);
    if (again || this.waiting.size >= this.options.batch) this.translateWaiting();
  }

  private translateWaiting(): void {
    const { code } = this.parts;
    // If all code has been dropped, nothing is hot any more.
    if (this.keptBytes > this.options.mostBytes) code.clear();
    else code.makeRoom(RECORD_ROOM * this.waiting.size);
    const places = [...this.waiting.values()];
    this.waiting.clear();
    if (places.length === 0) return;
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', 1, MAXIMUM_PAGES);
    module.importTable('env', 'table', 0);
    const { support, callCold, materialize } = importTranslatorSupport(module);
    const window: FunctionRef = module.importFunction('env', 'window', WINDOW);
    const functions = { support, callCold, materialize, window };
    const made = places.flatMap((place) => this.emit(module, functions, place) ?? []);
    if (made.length === 0) return;
    const { bytes } = module.finish();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.imports);
    const exports = instance.exports as unknown as Record<string, unknown>;
    for (const region of made) this.install(region, exports[region.name]);
    this.counts.modules++;
    this.counts.bytes += bytes.length;
    this.keptBytes += bytes.length;
  }

  private emit(
    module: ModuleBuilder,
    functions: Omit<RegionFunctions, 'support'> & { support: SupportFunctions },
    place: Place,
  ): Made | undefined {
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
    const fn = module.function(name, REGION, { exported: true });
    emitRegion(fn, functions, flow, {
      page,
      mode,
      entry: offset,
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
    return { ...place, name, number };
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

  private install({ page, offset, mode, number }: Made, fn: unknown): void {
    const slot = this.allocate();
    this.table.set(slot, fn);
    const regions = this.regionsOfPage.get(page) ?? [];
    regions.push({ slot, number });
    this.regionsOfPage.set(page, regions);
    this.parts.code.installTranslation(page, offset, mode, slot);
    this.counts.regions++;
  }

  private allocate(): number {
    if (this.free.length === 0) {
      const first = this.table.length;
      this.table.grow(TABLE_STEP);
      for (let n = TABLE_STEP - 1; n >= 0; n--) this.free.push(first + n);
    }
    return this.free.pop()!;
  }

  private release(pages: readonly number[], reason: DroppedRegions['reason']): void {
    const numbers: number[] = [];
    for (const page of pages) {
      for (const { slot, number } of this.regionsOfPage.get(page) ?? []) {
        numbers.push(number);
        this.table.set(slot, this.droppedStub);
        this.retired.push(slot);
      }
      this.regionsOfPage.delete(page);
    }
    if (numbers.length === 0) return;
    this.counts[reason === 'all' ? 'evicted' : 'invalidated'] += numbers.length;
    this.options.dropped?.({ numbers, reason });
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

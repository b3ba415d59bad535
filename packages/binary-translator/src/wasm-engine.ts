import {
  importTranslatorSupport,
  MODE,
  STATUS,
  type Translation,
  type Translator,
  type TranslatorParts,
} from '@trapgate/cpu';
import { JUMP_CACHE, MEMORY_MAP, TRANSLATION_COUNTERS } from '@trapgate/mmu';
import { i32, ModuleBuilder, printFunction, printText, type FunctionBuilder } from '@trapgate/wasm-assembler';
import type { Instruction } from '@trapgate/x86-decoder';
import { discover, type ControlFlow } from './discover';
import { emitRegion } from './region';
import type { RegionFunctions } from './region-options';
import { leavesRegion } from './translated-forms';

const MAXIMUM_PAGES = 65536;
const REGION = { params: ['i32', 'i32'], results: ['i32'] } as const;
const RECORD_ROOM = 0x4000;
const TABLE_STEP = 256;
/** A region's slot is followed by that of its translation without checked stack frames, made when it is needed. */
const SLOTS = 2;
/** Freed slots before the jump cache is emptied, so that they can be used again. */
const MOST_RETIRED = 1024;
/** How many times as often as other code what is inside a region has to be entered by itself before it gets a region of its own. */
const COVERED_HEAT = 16;

export interface WasmTranslationOptions {
  /** Entries of one place before it is translated. */
  readonly hotAfter?: number;
  /** Instructions of one region at most. */
  readonly regionInstructions?: number;
  /** Regions compiled together at most. */
  readonly batch?: number;
  /** Bytes of WebAssembly that may be kept; beyond them all translations are dropped. */
  readonly mostBytes?: number;
  /** Told of every region translated. */
  readonly translated?: (region: TranslatedRegion) => void;
}

/** A region as it has been translated. */
export interface TranslatedRegion {
  /** Physical address of its first instruction. */
  readonly address: number;
  /** By physical address, in the order of the blocks found. */
  readonly instructions: readonly { readonly address: number; readonly decoded: Instruction }[];
  /** The specialized semantics as typed operations (see printFunction); to be asked for while `translated` runs. */
  readonly operations: () => string;
  /** WebAssembly's text format; to be asked for while `translated` runs. */
  readonly text: () => string;
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
  /** Regions dropped to make room. */
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
  module.function('dropped', REGION, { exported: true }).return(i32.const(STATUS.jump));
  module.function('unmade', REGION, { exported: true }).return(i32.const(STATUS.interpret));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish().bytes), {});
  return exports as unknown as Record<'dropped' | 'unmade', unknown>;
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
const keyOf = ({ page, offset }: Place): number => page * 4096 + offset;

/** A region whose function is in the module under construction. */
interface Made extends Place {
  readonly name: string;
  readonly slot: number;
  /** Without checked stack frames: stands beside the region's first translation. */
  readonly unframed: boolean;
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
  private readonly slotsOfPage = new Map<number, Map<number, number>>();
  private readonly refused = new Set<number>();
  /** By page: offsets of blocks inside regions, and how often they have become hot as entries. */
  private readonly covered = new Map<number, Map<number, number>>();
  private readonly waiting = new Map<number, Place>();
  private keptBytes = 0;
  private evicting = false;
  private readonly counts = { regions: 0, instructions: 0, bytes: 0, modules: 0, invalidated: 0, evicted: 0 };

  constructor(
    private readonly parts: TranslatorParts,
    private readonly options: Required<Omit<WasmTranslationOptions, 'translated'>> &
      Pick<WasmTranslationOptions, 'translated'>,
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
    const covered = this.slotsOfPage.get(page)?.has(offset) ? undefined : this.covered.get(page);
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
    this.evicting = true;
    if (this.keptBytes > this.options.mostBytes) code.clear();
    else code.makeRoom(RECORD_ROOM * this.waiting.size);
    this.evicting = false;
    const places = [...this.waiting.values()];
    this.waiting.clear();
    if (places.length === 0) return;
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', 1, MAXIMUM_PAGES);
    module.importTable('env', 'table', 0);
    const { support, callCold, materialize } = importTranslatorSupport(module);
    const functions = { support, callCold, materialize };
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

  private emit(module: ModuleBuilder, functions: RegionFunctions, place: Place): Made | undefined {
    const { page, offset, mode } = place;
    const { code } = this.parts;
    const before = this.slotsOfPage.get(page)?.get(offset);
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
    const slot = before ?? this.allocate();
    const unframed = before !== undefined;
    if (unframed) this.refused.add(keyOf(place));
    const fn = module.function(name, REGION, { exported: true });
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
    this.tell(place, flow, fn);
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
    return { ...place, name, slot, unframed };
  }

  private tell({ page }: Place, flow: ControlFlow, fn: FunctionBuilder): void {
    const { translated } = this.options;
    if (!translated) return;
    const base = page * 4096;
    const instructions = [...flow.values()]
      .flatMap((block) => block.instructions)
      .map(({ offset, decoded }) => ({ address: base + offset, decoded }));
    translated({
      address: instructions[0]!.address,
      instructions,
      operations: () => printFunction(fn),
      text: () => printText(fn),
    });
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

  private install({ page, offset, mode, slot, unframed }: Made, fn: unknown): void {
    this.table.set(unframed ? slot + 1 : slot, fn);
    this.counts.regions++;
    if (unframed) return;
    this.table.set(slot + 1, this.stubs.unmade);
    const slots = this.slotsOfPage.get(page) ?? new Map<number, number>();
    slots.set(offset, slot);
    this.slotsOfPage.set(page, slots);
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

  private release(page: number): void {
    for (const slot of this.slotsOfPage.get(page)?.values() ?? []) {
      this.counts[this.evicting ? 'evicted' : 'invalidated']++;
      for (let n = 0; n < SLOTS; n++) this.table.set(slot + n, this.stubs.dropped);
      this.retired.push(slot);
    }
    this.slotsOfPage.delete(page);
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
      return this.release(page);
    }
    this.waiting.clear();
    this.covered.clear();
    this.keptBytes = 0;
    for (const known of [...this.slotsOfPage.keys()]) this.release(known);
  }
}

/** The translation to WebAssembly, for `ProcessorOptions.translation`. */
export function wasmTranslation(
  options: WasmTranslationOptions = {},
): Translation & { readonly statistics: () => TranslationStatistics | undefined } {
  const { hotAfter = 2000, regionInstructions = 300, batch = 16, mostBytes = 64 << 20, translated } = options;
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
      });
      made.push(translator);
      return translator;
    },
    statistics: () => made.at(-1)?.statistics,
  };
}

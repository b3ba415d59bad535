import {
  MODE,
  STATUS,
  TRANSLATION,
  variantOf,
  meaningOf,
  type Translation,
  type Translator,
  type TranslatorParts,
} from '@trapgate/cpu';
import { MEMORY_MAP, TRANSLATION_COUNTERS } from '@trapgate/mmu';
import { i32, ModuleBuilder } from '@trapgate/wasm-assembler';
import { discover, type ControlFlow } from './discover';
import { Heats, reportedAfter } from './heats';
import { isLoop, loopOf } from './loop-of';
import { sentPlan } from './region-message';
import { emitModule, regionName, type RegionPlan } from './region-module';
import type { ColdRecord } from './region-options';
import { isInline, leavesRegion } from './translated-forms';
import { OpenRegion, type DroppedRegions, type TranslatedRegion } from './translated-region';
import type { TranslationWorker } from './translation-worker';

/** What decoding at a region's entry, when it is planned and when it is installed, may take of the room for decoded code, in bytes and instructions; and two records for each of the region's. */
const DECODING_ROOM = 0x8000;
const DECODED = 64;
const RECORDS_ROOM = 32;
const TABLE_STEP = 256;
/** A region's slot is followed by that of its translation without checked stack frames, made when it is needed. */
const SLOTS = 2;
/** Freed slots before the jump cache is emptied, so that they can be used again. */
const MOST_RETIRED = 1024;
/** Guest instructions in a module, but for the last region's: they take about 20 us each, and the guest waits. */
const ENOUGH_AT_ONCE = 500;
/** Places that have become hot together before another thread is started: a guest that idles, or is small, is not worth one. */
const THREAD_AFTER = 4;
/** How many times as many instructions as other regions a loop may have. */
const LOOP_ROOM = 3;

/** What a translation may be told; everything has a default. */
export interface WasmTranslationOptions {
  /** Entries of one place before it is translated; half of them while a thread that translates has nothing else to do. */
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
  /** Another thread that makes the modules, while the guest goes on; not with `translated`. */
  readonly worker?: TranslationWorker;
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
  /** Modules made by another thread. */
  threaded: number;
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

const instructionsOf = (flow: ControlFlow): number =>
  [...flow.values()].reduce((sum, { instructions }) => sum + instructions.length, 0);

/** What stands in slots of dropped translations (rip holds the address that is not translated any more), and of those not made yet. */
function stubs(): Readonly<Record<'dropped' | 'unmade', unknown>> {
  const module = new ModuleBuilder();
  const stub = (name: string, status: number): void => {
    const fn = module.function(name, TRANSLATION, { exported: true });
    fn.return(i32.const(status), fn.param(3));
  };
  stub('dropped', STATUS.jump);
  stub('unmade', STATUS.interpret);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish().bytes), {});
  return exports as unknown as Record<'dropped' | 'unmade', unknown>;
}

/** Whether the host's WebAssembly has tail calls. */
function hasTailCalls(): boolean {
  const module = new ModuleBuilder();
  module.importTable('env', 'table', 0);
  const fn = module.function('f', TRANSLATION);
  fn.returnCallIndirect(TRANSLATION, i32.const(0), ...fn.params.map((param) => param.get));
  return WebAssembly.validate(module.finish().bytes);
}

interface Place {
  readonly page: number;
  readonly offset: number;
  readonly mode: number;
}
type Optional = Pick<WasmTranslationOptions, 'translated' | 'dropped' | 'worker'>;
const keyOf = ({ page, offset }: Place): number => page * 4096 + offset;

/** A region that is to be installed. */
interface Made extends Place {
  /** Of the region. */
  readonly number: number;
  readonly slot: number;
  readonly plan: RegionPlan;
  /** Its code has been dropped meanwhile. */
  dead: boolean;
}

/** An installed region. */
interface Installed {
  readonly slot: number;
  readonly numbers: number[];
  /** Guest instructions. */
  readonly instructions: number;
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
  private readonly heats: Heats;
  private readonly waiting = new Map<number, Place>();
  /** What is being translated, here or by another thread. */
  private readonly ordered = new Map<number, Made>();
  private threaded = false;
  private keptBytes = 0;
  private numbered = 0;
  private readonly counts = {
    regions: 0,
    instructions: 0,
    bytes: 0,
    modules: 0,
    threaded: 0,
    largest: 0,
    invalidated: 0,
    evicted: 0,
  };

  constructor(
    private readonly parts: TranslatorParts,
    private readonly options: Required<Omit<WasmTranslationOptions, keyof Optional>> & Optional,
  ) {
    this.heats = new Heats(options.hotAfter);
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
    const key = keyOf(place);
    if ((mode & wanted) !== wanted || this.refused.has(key) || this.ordered.has(key)) return;
    const free = this.threaded && this.options.worker !== undefined && this.ordered.size === 0;
    const heat = this.heats.report(page, offset, this.installed(place) !== undefined, free);
    if (heat < 1) return;
    this.waiting.set(key, place);
    if (this.waiting.size >= Math.min(THREAD_AFTER, this.options.batch)) this.startThread();
    // What has become hot a second time does not wait for others.
    if (heat > 1 || this.waiting.size >= this.options.batch) this.translateWaiting();
  }

  private startThread(): void {
    if (this.threaded) return;
    this.threaded = true;
    this.options.worker?.start();
  }

  private installed({ page, offset }: Pick<Place, 'page' | 'offset'>): Installed | undefined {
    return this.regionsOfPage.get(page)?.get(offset);
  }

  private translateWaiting(): void {
    const { code } = this.parts;
    // If all code has been dropped, nothing is hot any more.
    if (this.keptBytes > this.options.mostBytes) code.clear();
    else this.makeRoom(this.waiting.size);
    const regions = this.planWaiting();
    if (regions.length === 0) return;
    const { tailCalls } = this;
    const worker = this.threaded ? this.options.worker : undefined;
    if (!worker) return this.translateNow(regions);
    const plans = regions.map(({ plan }) => sentPlan(plan, code.pageBytes(plan.page)));
    worker.request({ tailCalls, plans }, (answer) => {
      // Not while they are installed: what has no room for its entry is given up before.
      this.makeRoom(regions.length);
      const living = regions.filter(({ dead }) => !dead);
      if (living.length === 0) return;
      if (!answer?.module) return this.translateNow(living);
      this.installModule(living, answer.module, answer.bytes);
      this.counts.threaded++;
    });
  }

  /** Room for the plans of so many regions, and for installing them; if there is none, all decoded code is dropped. */
  private makeRoom(regions: number): void {
    const instructions = ENOUGH_AT_ONCE + LOOP_ROOM * this.options.regionInstructions;
    this.parts.code.makeRoom(
      regions * DECODING_ROOM + RECORDS_ROOM * instructions,
      regions * DECODED + instructions,
    );
  }

  private translateNow(regions: readonly Made[]): void {
    const { translated } = this.options;
    const numbers = new Map(regions.map(({ plan, number }) => [plan, number]));
    const bytes = emitModule(
      regions.map(({ plan }) => plan),
      this.tailCalls,
      (plan, fn) => translated?.(new OpenRegion(numbers.get(plan)!, plan.page, plan.entry, plan.flow, fn)),
    );
    this.installModule(regions, new WebAssembly.Module(bytes), bytes.length);
  }

  private installModule(regions: readonly Made[], module: WebAssembly.Module, bytes: number): void {
    const { exports } = new WebAssembly.Instance(module, this.imports);
    for (const region of regions) {
      if (region.dead) continue;
      this.ordered.delete(keyOf(region));
      this.install(region, (exports as unknown as Record<string, unknown>)[regionName(region.plan)]);
    }
    this.counts.modules++;
    this.counts.bytes += bytes;
    this.keptBytes += bytes;
  }

  /** What has become hot last comes first; what would make the guest wait too long goes on waiting, and comes when it is hot again. */
  private planWaiting(): Made[] {
    const before = this.counts.instructions;
    const made: Made[] = [];
    for (const place of [...this.waiting.values()].reverse()) {
      if (this.counts.instructions - before >= ENOUGH_AT_ONCE) break;
      this.waiting.delete(keyOf(place));
      const region = this.plan(place);
      if (!region) continue;
      made.push(region);
      this.ordered.set(keyOf(region), region);
    }
    this.counts.largest = Math.max(this.counts.largest, this.counts.instructions - before);
    return made.filter(({ dead }) => !dead);
  }

  private plan(place: Place): Made | undefined {
    const { page, offset, mode } = place;
    const { code } = this.parts;
    code.decodeRun(page, offset, mode);
    const flow = this.reachable(place);
    const entry = flow.get(offset);
    if (!entry || leavesRegion(entry.instructions[0]!, mode)) {
      this.refused.add(keyOf(place));
      return undefined;
    }
    const before = this.installed(place);
    const slot = before?.slot ?? this.allocate();
    if (before) this.refused.add(keyOf(place));
    const unframed = before ? undefined : slot + 1;
    const plan = { page, mode, entry: offset, flow, unframed, cold: this.coldRecords(flow, mode) };
    this.cover(page, offset, flow);
    return { ...place, number: ++this.numbered, slot, plan, dead: false };
  }

  /** A long loop is translated whole, once; other code that is too much for one region goes on in those that there are already. */
  private reachable({ page, offset, mode }: Place): ControlFlow {
    const { code } = this.parts;
    const { regionInstructions } = this.options;
    const from = (instructions: number, known: (target: number) => boolean): ControlFlow =>
      loopOf(discover(code.pageBytes(page), offset, 32, { instructions, known }), offset);
    const decoded = (target: number): boolean => code.isDecoded(page, target, mode);
    const all = from(LOOP_ROOM * regionInstructions, decoded);
    if (instructionsOf(all) <= regionInstructions) return all;
    const regions = this.regionsOfPage.get(page);
    const size = (start: number): number => {
      const ordered = this.ordered.get(keyOf({ page, offset: start, mode }));
      return regions?.get(start)?.instructions ?? (ordered ? instructionsOf(ordered.plan.flow) : 0);
    };
    const first = ![...all.keys()].some((start) => start !== offset && size(start) > regionInstructions);
    if (first && isLoop(all, offset)) return all;
    const own = (target: number): boolean => target === offset || regions?.has(target) !== true;
    return from(regionInstructions, (target) => own(target) && decoded(target));
  }

  /** Records for what the interpreter's own functions execute. */
  private coldRecords(flow: ControlFlow, mode: number): Map<number, ColdRecord> {
    const records = new Map<number, ColdRecord>();
    for (const { instructions } of flow.values()) {
      for (const instruction of instructions) {
        const { form, decoded, offset } = instruction;
        const { general } = variantOf(form, decoded, mode, meaningOf(form)?.implicit === true);
        if (isInline(form, general) || leavesRegion(instruction, mode)) continue;
        const { handler, record } = this.parts.code.encodeAlone(decoded, offset, mode);
        const slot = handler - this.parts.firstCold;
        if (slot >= 0) records.set(offset, { slot, record });
      }
    }
    return records;
  }

  /** Writes to the code of a region are noticed from now on. */
  private cover(page: number, entry: number, flow: ControlFlow): void {
    for (const block of flow.values()) {
      for (const { offset, decoded } of block.instructions)
        this.parts.code.markCode(page, offset, decoded.length);
      this.counts.instructions += block.instructions.length;
      this.heats.cover(page, block.start, entry);
    }
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

  private install({ page, offset, mode, number, slot, plan }: Made, fn: unknown): void {
    this.counts.regions++;
    if (plan.unframed === undefined) {
      this.table.set(slot + 1, fn);
      return void this.installed({ page, offset })!.numbers.push(number);
    }
    // First: other regions of the page are dropped by this if they are of another mode.
    this.parts.code.installTranslation(page, offset, mode, slot);
    this.table.set(slot, fn);
    this.table.set(slot + 1, this.stubs.unmade);
    const regions = this.regionsOfPage.get(page) ?? new Map<number, Installed>();
    this.regionsOfPage.set(page, regions);
    regions.set(offset, { slot, numbers: [number], instructions: instructionsOf(plan.flow) });
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

  /** What has been ordered of a page (-1: of all) is not installed any more. */
  private forget(page: number): void {
    for (const [key, region] of this.ordered) {
      if (page >= 0 && region.page !== page) continue;
      region.dead = true;
      this.ordered.delete(key);
      if (region.plan.unframed !== undefined) this.free.push(region.slot);
    }
  }

  /** Empties the jump cache; then nothing names the slots of dropped translations. */
  private reuse(): void {
    this.parts.clearJumpCache();
    this.free.push(...this.retired);
    this.retired = [];
  }

  cool(): void {
    this.heats.cool();
  }

  dropped(page: number): void {
    this.refused.clear();
    this.heats.drop(page);
    this.forget(page);
    if (page >= 0) {
      for (const [key, place] of this.waiting) if (place.page === page) this.waiting.delete(key);
      return this.release([page], 'written');
    }
    this.waiting.clear();
    this.keptBytes = 0;
    this.release([...this.regionsOfPage.keys()], 'all');
  }
}

/** The translation to WebAssembly, for `ProcessorOptions.translation`. */
export function wasmTranslation(
  options: WasmTranslationOptions = {},
): Translation & { readonly statistics: () => TranslationStatistics | undefined } {
  const { hotAfter = 2000, regionInstructions = 300, batch = 16, mostBytes = 64 << 20 } = options;
  const { translated, dropped, worker } = options;
  const made: WasmTranslator[] = [];
  return {
    hotAfter: reportedAfter(hotAfter),
    create: (parts) => {
      const translator = new WasmTranslator(parts, {
        hotAfter,
        regionInstructions,
        batch,
        mostBytes,
        ...(translated ? { translated } : {}),
        ...(dropped ? { dropped } : {}),
        ...(worker && !translated ? { worker } : {}),
      });
      made.push(translator);
      return translator;
    },
    statistics: () => made.at(-1)?.statistics,
  };
}

import {
  importTranslatorSupport,
  MODE,
  type Translation,
  type Translator,
  type TranslatorParts,
} from '@trapgate/cpu';
import { ModuleBuilder, type FunctionRef } from '@trapgate/wasm-assembler';
import { discover } from './discover';
import { emitMaterialize } from './lazy-flags';
import { emitRegion, leavesRegion } from './region';

const MAXIMUM_PAGES = 65536;
const MATERIALIZE = { params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] } as const;
const REGION = { params: ['i32', 'i32'], results: ['i32'] } as const;
const RECORD_ROOM = 0x4000;
const TABLE_STEP = 256;

export interface WasmTranslationOptions {
  /** Entries of one place before it is translated; default 3000: compiling a region costs about a millisecond. */
  readonly hotAfter?: number;
  /** Instructions of one region at most; default 300. */
  readonly regionInstructions?: number;
}

/** Counters of the translator. */
export interface TranslationStatistics {
  regions: number;
  instructions: number;
  /** Of WebAssembly. */
  bytes: number;
}

function materializeModule(): WebAssembly.Module {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', 1, MAXIMUM_PAGES);
  emitMaterialize(module.function('materialize', MATERIALIZE, { exported: true }));
  return new WebAssembly.Module(module.finish().bytes);
}

/** Translates hot code of flat 32-bit mode into WebAssembly functions, a region of one page at a time. */
class WasmTranslator implements Translator {
  private readonly table: WebAssembly.Table;
  private readonly interpreter: Record<string, unknown>;
  private readonly env: Record<string, unknown>;
  private readonly free: number[] = [];
  private readonly slotsOfPage = new Map<number, number[]>();
  private readonly refused = new Set<number>();
  readonly statistics: TranslationStatistics = { regions: 0, instructions: 0, bytes: 0 };

  constructor(
    private readonly parts: TranslatorParts,
    private readonly options: Required<WasmTranslationOptions>,
  ) {
    const exports = parts.exports as unknown as Record<string, unknown>;
    this.table = exports['handlers'] as WebAssembly.Table;
    this.interpreter = exports;
    const memory = parts.memory.wasm;
    const helper = new WebAssembly.Instance(materializeModule(), {
      env: { memory },
    } as unknown as WebAssembly.Imports);
    this.env = { memory, materialize: (helper.exports as unknown as Record<string, unknown>)['materialize'] };
  }

  hot(page: number, offset: number, mode: number): void {
    const wanted = MODE.code32 | MODE.flat;
    if ((mode & wanted) !== wanted || this.refused.has(page * 4096 + offset)) return;
    const { code } = this.parts;
    if (code.makeRoom(RECORD_ROOM)) return;
    const bytes = code.pageBytes(page);
    const flow = discover(bytes, offset, 32, { instructions: this.options.regionInstructions });
    const entry = flow.get(offset);
    if (!entry || leavesRegion(entry.instructions[0]!, mode)) {
      this.refused.add(page * 4096 + offset);
      return;
    }
    const module = new ModuleBuilder();
    module.importMemory('env', 'memory', 1, MAXIMUM_PAGES);
    const { support, callCold } = importTranslatorSupport(module);
    const materialize: FunctionRef = module.importFunction('env', 'materialize', MATERIALIZE);
    const fn = module.function('region', REGION, { exported: true });
    code.decodeRun(page, offset, mode);
    emitRegion(fn, { support, callCold, materialize }, flow, {
      page,
      mode,
      entry: offset,
      cold: ({ decoded, offset: at }) => {
        const { handler, record } = code.encodeAlone(decoded, at, mode);
        const slot = handler - this.parts.firstCold;
        return slot < 0 ? undefined : { slot, record };
      },
    });
    const made = module.finish();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(made.bytes), {
      env: this.env,
      interpreter: this.interpreter,
    } as unknown as WebAssembly.Imports);
    const slot = this.allocate();
    this.table.set(slot, (instance.exports as unknown as Record<string, unknown>)['region']);
    const slots = this.slotsOfPage.get(page) ?? [];
    slots.push(slot);
    this.slotsOfPage.set(page, slots);
    let count = 0;
    for (const block of flow.values()) {
      for (const instruction of block.instructions) {
        code.markCode(page, instruction.offset, instruction.decoded.length);
        count++;
      }
    }
    code.installTranslation(page, offset, mode, slot, entry.instructions.length);
    this.statistics.regions++;
    this.statistics.instructions += count;
    this.statistics.bytes += made.bytes.length;
  }

  private allocate(): number {
    if (this.free.length === 0) {
      const first = this.table.length;
      this.table.grow(TABLE_STEP);
      for (let n = TABLE_STEP - 1; n >= 0; n--) this.free.push(first + n);
    }
    return this.free.pop()!;
  }

  private release(page: number): void {
    for (const slot of this.slotsOfPage.get(page) ?? []) {
      this.table.set(slot, null);
      this.free.push(slot);
    }
    this.slotsOfPage.delete(page);
  }

  dropped(page: number): void {
    this.refused.clear();
    if (page >= 0) return this.release(page);
    for (const known of [...this.slotsOfPage.keys()]) this.release(known);
  }
}

/** The translation to WebAssembly, for `ProcessorOptions.translation`. */
export function wasmTranslation(
  options: WasmTranslationOptions = {},
): Translation & { readonly statistics: () => TranslationStatistics | undefined } {
  const { hotAfter = 3000, regionInstructions = 300 } = options;
  const made: WasmTranslator[] = [];
  return {
    hotAfter,
    create: (parts) => {
      const translator = new WasmTranslator(parts, { hotAfter, regionInstructions });
      made.push(translator);
      return translator;
    },
    statistics: () => made.at(-1)?.statistics,
  };
}

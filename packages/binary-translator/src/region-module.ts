import { importTranslatorSupport, TRANSLATION } from '@trapgate/cpu';
import { ModuleBuilder, type FunctionBuilder } from '@trapgate/wasm-assembler';
import type { ControlFlow } from './discover';
import { RegionEmitter } from './region';
import type { ColdRecord } from './region-options';

const MAXIMUM_PAGES = 65536;

/** All that a region is made from. */
export interface RegionPlan {
  /** Physical page number. */
  readonly page: number;
  readonly mode: number;
  /** Offset in the page. */
  readonly entry: number;
  readonly flow: ControlFlow;
  /** Slot of the translation to go on in when a stack frame is not in one piece of RAM; undefined: this is that one. */
  readonly unframed: number | undefined;
  /** By offset: records of instructions that the interpreter's own functions execute. */
  readonly cold: ReadonlyMap<number, ColdRecord>;
}

/** The name under which a module exports its nth region. */
export const regionName = ({ page, entry }: RegionPlan): string =>
  `r_${page.toString(16)}_${entry.toString(16)}`;

/** A module of regions, as bytes. `open` is called while the function of a region can still be looked at. */
export function emitModule(
  plans: readonly RegionPlan[],
  tailCalls: boolean,
  open: (plan: RegionPlan, fn: FunctionBuilder) => void = () => undefined,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', 1, MAXIMUM_PAGES);
  module.importTable('env', 'table', 0);
  const { support, callCold, materialize } = importTranslatorSupport(module);
  const functions = { support, callCold, materialize };
  for (const plan of plans) {
    const fn = module.function(regionName(plan), TRANSLATION, { exported: true });
    const { page, mode, entry, unframed, cold } = plan;
    const emitter = new RegionEmitter(fn, functions, plan.flow, {
      page,
      mode,
      entry,
      unframed,
      tailCalls,
      cold: ({ offset }) => cold.get(offset),
    });
    emitter.emit();
    open(plan, fn);
    module.close(fn);
  }
  return module.finish().bytes;
}

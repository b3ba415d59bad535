import { TRANSLATION, type Translation, type TranslatorParts } from '@trapgate/cpu';
import { call, i32, ModuleBuilder, type Expression, type I32 } from '@trapgate/wasm-assembler';

/** Two words of linear memory that nothing else uses: how deep translations have called each other, and the count. */
const DEPTH = 0x800;
const COUNT = 0x804;

/** Exports `counted`, which calls the imported `region` and adds what it takes off the clock's budget to COUNT, unless it is nested. */
function countingModule(): WebAssembly.Module {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', 1, 65536);
  const region = module.importFunction('env', 'region', TRANSLATION);
  const fn = module.function('counted', TRANSLATION, { exported: true });
  const zero = i32.const(0);
  const depth = fn.let(i32.load(zero, DEPTH));
  fn.store('i32.store', zero, i32.add(depth, i32.const(1)), DEPTH);
  const [status, clock] = fn.letResults(call(region, ...fn.params.map(({ get }) => get))) as [
    I32,
    Expression<'i64'>,
  ];
  fn.store('i32.store', zero, depth, DEPTH);
  fn.if(i32.eqz(depth), () => {
    const taken = i32.sub(i32.wrap(fn.param<'i64'>(3)), i32.wrap(clock));
    fn.store('i32.store', zero, i32.add(i32.load(zero, COUNT), taken), COUNT);
  });
  fn.return(status, clock);
  return new WebAssembly.Module(module.finish().bytes);
}

/** The same translation, and how many instructions it has executed: measured around it, whatever it is made of. */
export function counted(translation: Translation): Translation & { executed(): number } {
  let parts: TranslatorParts | undefined;
  const module = countingModule();
  return {
    hotAfter: translation.hotAfter,
    executed: () => new DataView(parts!.memory.buffer).getUint32(COUNT, true),
    create: (given) => {
      parts = given;
      const table = given.exports['translations'] as unknown as { set(slot: number, fn: unknown): void };
      const set = table.set.bind(table);
      table.set = (slot, region) => {
        const env = { memory: given.memory.wasm, region };
        const instance = new WebAssembly.Instance(module, { env } as unknown as WebAssembly.Imports);
        set(slot, instance.exports['counted']);
      };
      return translation.create(given);
    },
  };
}

/* node --conditions=@trapgate/source --import tsx tools/record-vectors/compare-sequences.ts RECORDER [seed] [count] [length] */
import { differences, VectorMachine, type VectorCase } from '../../packages/cpu/src/testing/hardware-vectors';
import { isForeignMemory } from './known-gaps';
import { recordOnHardware } from './record';
import { SequenceGenerator } from './sequences';
import { Random } from './random';

const [recorder, seed = '1', count = '2000', length = '12'] = process.argv.slice(2);
const hex = (value: number): string => (value >>> 0).toString(16);

function describe(vector: VectorCase): string {
  const registers = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi']
    .map((name, n) => `${name}=${hex(vector.gpr[n]!)}`)
    .join(' ');
  return `${Buffer.from(vector.code).toString('hex')}\n  at ${hex(vector.eip)} ${registers} efl=${hex(vector.eflags)} [${hex(vector.patches[0]!.address)}]=${Buffer.from(vector.patches[0]!.bytes).toString('hex')}`;
}

const random = new Random(Number(seed));
const generator = new SequenceGenerator(random);
const sequences = Array.from({ length: Number(count) }, () =>
  generator.make(1 + random.below(Number(length) * 2)),
);
const expected = recordOnHardware(
  recorder!,
  sequences.map(({ vector }) => vector),
);
const machine = new VectorMachine(process.env['CPL'] === '0' ? 0 : 3);
const ends = new Map<number, number>();
let compared = 0;
let failed = 0;
let foreign = 0;
sequences.forEach(({ vector, undefinedAt }, n) => {
  const wanted = expected[n]!;
  ends.set(wanted.vector, (ends.get(wanted.vector) ?? 0) + 1);
  const reached = wanted.vector === 17 || wanted.vector === 99;
  if (reached) return;
  compared++;
  const at = wanted.vector === 3 ? wanted.eip - 1 : wanted.eip;
  const unknown = undefinedAt.get(at);
  const flags = unknown === undefined || wanted.vector === 0 ? 0 : 0xcd5 & ~unknown;
  const actual = machine.run(vector, Number(process.env['SLICE'] ?? 100_000));
  if (isForeignMemory(wanted, actual)) {
    foreign++;
    return;
  }
  const list = differences(wanted, actual, flags);
  if (list.length === 0) return;
  if (failed++ < 12) console.log(`${describe(vector)}\n    ${list.join('\n    ')}`);
});
console.log(
  `${compared} sequences compared, ${failed} differ, ${foreign} met the recorder's own memory; ends: ${[...ends].map(([v, c]) => `${v}:${c}`).join(' ')}`,
);

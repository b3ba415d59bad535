/* node --conditions=@trapgate/source --import tsx tools/record-vectors/compare.ts RECORDER [seed] [states per form] [mnemonic pattern] */
import { definedFlags, differences, VectorMachine } from '../../packages/cpu/src/testing/hardware-vectors';
import { generateCases, type Item } from './cases';
import { knownGap } from './known-gaps';
import { recordOnHardware } from './record';
import { Random } from './random';

const [recorder, seed = '1', states = '10', pattern = '.'] = process.argv.slice(2);
const hex = (value: number): string => (value >>> 0).toString(16);

function describe({ form, vector }: Item): string {
  const registers = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi']
    .map((name, n) => `${name}=${hex(vector.gpr[n]!)}`)
    .join(' ');
  const code = [...vector.code].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const patches = vector.patches
    .map(({ address, bytes }) => `[${hex(address)}]=${Buffer.from(bytes).toString('hex')}`)
    .join(' ');
  const operands = form.operands.map(({ kind, size }) => kind + size).join(',');
  return `${form.mnemonic} ${operands} (${vector.bits}): ${code}\n    at ${hex(vector.eip)} ${registers} efl=${hex(vector.eflags)}\n    ${patches}`;
}

const wantedForms = new RegExp(pattern);
const items = generateCases(
  new Random(Number(seed)),
  () => Number(states),
  (form) => wantedForms.test(form.mnemonic),
);
const expected = recordOnHardware(
  recorder!,
  items.map(({ vector }) => vector),
);
const machine = new VectorMachine(process.env['CPL'] === '0' ? 0 : 3);
const failures = new Map<string, { count: number; first: string }>();
const gaps = new Map<string, number>();
let compared = 0;
items.forEach((item, n) => {
  const wanted = expected[n]!;
  const actual = machine.run(item.vector, Number(process.env['SLICE'] ?? 100_000));
  const gap = wanted ? knownGap(item, wanted, actual) : 'not recorded';
  if (gap) {
    gaps.set(gap, (gaps.get(gap) ?? 0) + 1);
    return;
  }
  compared++;
  const flags = definedFlags(item.form, item.vector, item.immediate);
  const list = differences(wanted, actual, wanted.vector === 0 ? 0x400 : flags);
  if (list.length === 0) return;
  const { form, vector } = item;
  const key = `${form.mnemonic}/${form.operands.map(({ kind, size }) => kind + size).join(',')}/${vector.bits}/${wanted.vector}>${actual.vector} ${list.map((l) => l.split(':')[0]).join(',')}`;
  const entry = failures.get(key) ?? { count: 0, first: `${describe(item)}\n    ${list.join('\n    ')}` };
  entry.count++;
  failures.set(key, entry);
});
for (const [gap, count] of gaps) console.log(`left out: ${count} x ${gap}`);
for (const [key, { count, first }] of failures) console.log(`${count} x ${key}\n  ${first}`);
console.log(
  `${compared} of ${items.length} cases compared, ${[...failures.values()].reduce((sum, { count }) => sum + count, 0)} differ in ${failures.size} ways`,
);

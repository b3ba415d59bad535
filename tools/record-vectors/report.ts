import {
  definedFlags,
  differences,
  type VectorMachine,
  type VectorResult,
} from '../../packages/cpu/src/testing/hardware-vectors';
import type { Item } from './cases';
import { knownGap } from './known-gaps';

const DIRECTION = 0x400;
const hex = (value: number): string => (value >>> 0).toString(16);
const operandsOf = ({ form }: Item): string => form.operands.map(({ kind, size }) => kind + size).join(',');

function describe(item: Item): string {
  const { form, vector } = item;
  const registers = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi']
    .map((name, n) => `${name}=${hex(vector.gpr[n]!)}`)
    .join(' ');
  const code = [...vector.code].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const patches = vector.patches
    .map(({ address, bytes }) => `[${hex(address)}]=${Buffer.from(bytes).toString('hex')}`)
    .join(' ');
  return `${form.mnemonic} ${operandsOf(item)} (${vector.bits}): ${code}\n    at ${hex(vector.eip)} ${registers} efl=${hex(vector.eflags)}\n    ${patches}`;
}

/** Runs the cases on the simulated processor and prints what differs, one example of each kind. */
export function report(
  items: readonly Item[],
  real: readonly VectorResult[],
  machine: VectorMachine,
  slice?: number,
): void {
  const failures = new Map<string, { count: number; first: string }>();
  const gaps = new Map<string, number>();
  let compared = 0;
  let failed = 0;
  items.forEach((item, n) => {
    const wanted = real[n]!;
    const actual = machine.run(item.vector, slice);
    const gap = knownGap(item, wanted, actual);
    if (gap) {
      gaps.set(gap, (gaps.get(gap) ?? 0) + 1);
      return;
    }
    compared++;
    // After #DE the flags are as undefined as after DIV.
    const flags = wanted.vector === 0 ? DIRECTION : definedFlags(item.form, item.vector, item.immediate);
    const list = differences(wanted, actual, flags);
    if (list.length === 0) return;
    failed++;
    const parts = list.map((line) => line.split(':')[0]).join(',');
    const key = `${item.form.mnemonic}/${operandsOf(item)}/${item.vector.bits}/${wanted.vector}>${actual.vector} ${parts}`;
    const entry = failures.get(key) ?? { count: 0, first: `${describe(item)}\n    ${list.join('\n    ')}` };
    entry.count++;
    failures.set(key, entry);
  });
  for (const [gap, count] of gaps) console.log(`left out: ${count} x ${gap}`);
  for (const [key, { count, first }] of failures) console.log(`${count} x ${key}\n  ${first}`);
  console.log(`${compared} of ${items.length} cases compared, ${failed} differ in ${failures.size} ways`);
}

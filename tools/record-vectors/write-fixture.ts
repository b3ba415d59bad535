/* node --conditions=@trapgate/source --import tsx tools/record-vectors/write-fixture.ts RECORDER FILE.gz */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { definedFlags, differences, VectorMachine } from '../../packages/cpu/src/testing/hardware-vectors';
import { formatVector, type RecordedVector } from '../../packages/cpu/src/testing/vector-text';
import { generateCases } from './cases';
import { knownGap } from './known-gaps';
import { Random } from './random';
import { recordOnHardware } from './record';

const SEED = 20;
const DIRECTION = 0x400;
const [recorder, file] = process.argv.slice(2);
const items = generateCases(new Random(SEED, 88), (bits) => (bits === 32 ? 4 : 1));
const results = recordOnHardware(
  recorder!,
  items.map(({ vector }) => vector),
);
const machine = new VectorMachine();
const recorded: RecordedVector[] = [];
items.forEach((item, n) => {
  const { form, vector, immediate } = item;
  const expected = results[n]!;
  const actual = machine.run(vector);
  if (knownGap(item, expected, actual)) return;
  const name = `${form.mnemonic} ${form.operands.map(({ kind, size }) => kind + size).join(',')}`.trim();
  // After #DE the flags are as undefined as after DIV.
  const compared = expected.vector === 0 ? DIRECTION : definedFlags(form, vector, immediate);
  const list = differences(expected, actual, compared);
  if (list.length > 0) console.log(`differs: ${name}: ${list.join('; ')}`);
  recorded.push({ name, vector, expected, compared });
});
const text = `${recorded.map(formatVector).join('\n')}\n`;
const packed = gzipSync(text, { level: 9 });
writeFileSync(file!, packed);
console.log(
  `${recorded.length} vectors of ${new Set(recorded.map(({ name }) => name)).size} forms, ${text.length} bytes, ${packed.length} packed`,
);

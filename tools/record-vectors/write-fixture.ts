/* node --conditions=@trapgate/source --import tsx tools/record-vectors/write-fixture.ts RECORDER FOLDER */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { definedFlags, differences, VectorMachine } from '../../packages/cpu/src/testing/hardware-vectors';
import { formatVector, type RecordedVector } from '../../packages/cpu/src/testing/vector-text';
import { CaseGenerator, generateCases, recordedForms, type Item } from './cases';
import { knownGap } from './known-gaps';
import { Random } from './random';
import { recordOnHardware } from './record';
import { SegmentCaseGenerator, segmentForms } from './segment-cases';

const SEED = 20;
/** Special values among 100: the fewer others, the better the file packs. */
const EDGES = 94;
/** Vectors that change more bytes are left out, for the file's size. */
const MOST_CHANGES = 48;
const DIRECTION = 0x400;
const [recorder, folder] = process.argv.slice(2);

function write(name: string, items: readonly Item[], withSelectors: boolean): void {
  const vectors = items.map(({ vector }) => vector);
  const results = recordOnHardware(recorder!, vectors);
  const machine = new VectorMachine();
  const recorded: RecordedVector[] = [];
  items.forEach(({ form, vector, immediate }, n) => {
    const { selectors, ...rest } = results[n]!;
    const expected = withSelectors ? { ...rest, selectors: selectors! } : rest;
    const actual = machine.run(vector);
    if (knownGap({ form, vector, immediate }, expected, actual)) return;
    if (expected.changes.length > MOST_CHANGES) return;
    const title = `${form.mnemonic} ${form.operands.map(({ kind, size }) => kind + size).join(',')}`.trim();
    // After #DE the flags are as undefined as after DIV.
    const compared = expected.vector === 0 ? DIRECTION : definedFlags(form, vector, immediate);
    const list = differences(expected, actual, compared);
    if (list.length > 0) console.log(`differs: ${title}: ${list.join('; ')}`);
    recorded.push({ name: title, vector, expected, compared });
  });
  const text = `${recorded.map(formatVector).join('\n')}\n`;
  const packed = gzipSync(text, { level: 9 });
  writeFileSync(join(folder!, `${name}.txt.gz`), packed);
  const forms = new Set(recorded.map((vector) => vector.name)).size;
  console.log(
    `${name}: ${recorded.length} vectors of ${forms} forms, ${text.length} bytes, ${packed.length} packed`,
  );
}

const generator = new CaseGenerator(new Random(SEED, EDGES));
write(
  'integer',
  generateCases(generator, recordedForms(), (bits) => (bits === 32 ? 4 : 1)),
  false,
);
const segments = new SegmentCaseGenerator(new Random(SEED, EDGES));
write(
  'segments',
  generateCases(segments, segmentForms(), (bits) => (bits === 32 ? 6 : 3)),
  true,
);

/* node --conditions=@trapgate/source --import tsx tools/record-vectors/compare-segments.ts RECORDER [seed] [states per form] [mnemonic pattern] */
import { VectorMachine } from '../../packages/cpu/src/testing/hardware-vectors';
import { generateCases } from './cases';
import { Random } from './random';
import { recordOnHardware } from './record';
import { report } from './report';
import { SegmentCaseGenerator, segmentForms } from './segment-cases';

const [recorder, seed = '1', states = '20', pattern = '.'] = process.argv.slice(2);
const wanted = new RegExp(pattern);
const items = generateCases(
  new SegmentCaseGenerator(new Random(Number(seed))),
  segmentForms().filter(({ mnemonic }) => wanted.test(mnemonic)),
  () => Number(states),
);
const vectors = items.map(({ vector }) => vector);
report(items, recordOnHardware(recorder!, vectors), new VectorMachine());

/* node --conditions=@trapgate/source --import tsx tools/record-vectors/compare.ts RECORDER [seed] [states per form] [mnemonic pattern] */
import { VectorMachine } from '../../packages/cpu/src/testing/hardware-vectors';
import { CaseGenerator, generateCases, recordedForms } from './cases';
import { Random } from './random';
import { recordOnHardware } from './record';
import { report } from './report';

const [recorder, seed = '1', states = '10', pattern = '.'] = process.argv.slice(2);
const wanted = new RegExp(pattern);
const items = generateCases(
  new CaseGenerator(new Random(Number(seed))),
  recordedForms().filter(({ mnemonic }) => wanted.test(mnemonic)),
  () => Number(states),
);
const vectors = items.map(({ vector }) => vector);
const machine = new VectorMachine(process.env['CPL'] === '0' ? 0 : 3);
report(items, recordOnHardware(recorder!, vectors), machine, Number(process.env['SLICE'] ?? 100_000));

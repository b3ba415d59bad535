/* node --conditions=@trapgate/source --import tsx tools/record-vectors/compare.ts RECORDERS MNEMONICS [seed] */
import { packVectors } from '../../packages/cpu/src/testing/hardware-packed';
import { implementedForms, leftOut } from '../../packages/cpu/src/testing/hardware-coverage';
import { VectorMachine } from '../../packages/cpu/src/testing/hardware-machine';
import { replay } from '../../packages/cpu/src/testing/hardware-replay';
import { plan } from './plan';
import { recordGroups } from './record';

// Records vectors of some forms anew, with states of another seed, and compares at once: nothing is stored.

const [recorders, pattern = '.', seed = '1'] = process.argv.slice(2);
const chosen = new RegExp(`^(${pattern})$`);
const wanted = implementedForms().filter((form) => chosen.test(form.mnemonic) && leftOut(form) === undefined);
const builds = ['a', 'b'].map((build) => `${recorders!}32${build}`) as [string, string];
const requests = wanted.flatMap((form) => plan(form, 32)).map(({ request }) => request);
const groups = recordGroups(builds, requests, Number(seed));
const bytes = packVectors({ processor: '', recorded: '', seed: Number(seed) }, groups);
const { failures, known, states } = replay(bytes, new VectorMachine(), { wanted: new Set(wanted) });
for (const { text, differences } of failures.slice(0, 20))
  console.log(`${text}\n    ${differences.join('\n    ')}`);
for (const [name, count] of known) console.log(`${count} x ${name}`);
const total = [...states.values()].reduce((sum, count) => sum + count, 0);
console.log(`${total} states of ${wanted.length} forms compared, ${failures.length} differ`);

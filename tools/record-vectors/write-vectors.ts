/* node --conditions=@trapgate/source --import tsx tools/record-vectors/write-vectors.ts RECORDERS FOLDER [chapter ...] */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { forms, type Form } from '../../packages/x86-decoder/src/index';
import {
  CHAPTERS,
  chapterOf,
  FEWEST_STATES,
  leftOut,
  type Chapter,
} from '../../packages/cpu/src/testing/hardware-coverage';
import { packVectors } from '../../packages/cpu/src/testing/hardware-packed';
import { plan } from './plan';
import { recordGroups } from './record';

const SEED = 4;
/** Features of the processor's table that the recording processor has and the project is interested in. */
const FEATURES =
  /^(8086|186|286|386|486|586|cpuid|cx8|cx16|cmov|fpu|fpu287|fpu387|mmx|sse|sse2|sse3|ssse3|sse4\.1|sse4\.2|sse4a|popcnt|lzcnt|bmi1|adx|movbe|aes|pclmulqdq|sha|gfni|fxsr|clfsh|clflushopt|clwb|3dnow|prefetchwt1|lm|msr|pmc|sep|smap|invpcid)$/;

function recordable(form: Form, bits: 32 | 64): boolean {
  if (form.id === 0 || form.encoding !== 'legacy' || (form.modes & (bits === 64 ? 2 : 1)) === 0) return false;
  return FEATURES.test(form.feature) && leftOut(form) === undefined;
}

function processorName(): string {
  const text = readFileSync('/proc/cpuinfo', 'utf8');
  const field = (name: string): string => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1] ?? '?';
  return `${field('vendor_id')}, ${field('model name')}`;
}

function write(folder: string, recorders: string, chapter: Chapter, bits: 32 | 64): void {
  const header = {
    processor: processorName(),
    recorded: `user mode of 64-bit Linux, ${bits}-bit process`,
    seed: SEED,
  };
  const list = forms.filter((form) => recordable(form, bits) && chapterOf(form) === chapter);
  const requests = list.flatMap((form) => plan(form, bits));
  const builds = ['a', 'b'].map((build) => `${recorders}${bits}${build}`) as [string, string];
  const groups = recordGroups(
    builds,
    requests.map(({ request }) => request),
    SEED,
  );
  const counts = new Map<number, number>();
  let skipped = 0;
  groups.forEach(({ results }, n) => {
    const good = results.filter((result) => result !== undefined).length;
    skipped += results.length - good;
    const { form, request } = requests[n]!;
    if (request.group.bits === bits) counts.set(form.id, (counts.get(form.id) ?? 0) + good);
  });
  for (const form of list) {
    const count = counts.get(form.id) ?? 0;
    if (count < FEWEST_STATES) console.log(`  ${form.mnemonic} (form ${form.id}): ${count} states`);
  }
  const bytes = packVectors(header, groups);
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
  writeFileSync(join(folder, `${chapter}-${bits}.bin.br`), packed);
  const states = groups.reduce((sum, { results }) => sum + results.length, 0);
  console.log(
    `${chapter}-${bits}: ${list.length} forms, ${groups.length} groups, ${states} states (${skipped} not the same twice), ${packed.length} bytes`,
  );
}

const [recorders, folder, ...chapters] = process.argv.slice(2);
for (const chapter of CHAPTERS)
  for (const bits of [32, 64] as const)
    if (chapters.length === 0 || chapters.includes(chapter)) write(folder!, recorders!, chapter, bits);

// `npm run bench`: measures Trapgate beside its peers, each measurement in a process of its own, the subjects in turn.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { benchmarksFolder } from './benchmarks-folder';
import { measureInChild } from './child';
import { guestFiles } from './guest-files';
import { peersCommand } from './guest-programs/peers-command';
import { nodeBinaries, type NodeBinary } from './node-binaries';
import { plan, type Measurement } from './plan';
import { medians, summarize, type Result } from './table';

const usage = `npm run bench -- [options]
  --peers             Debian's start and warm programs beside v86 and QEMU instead; --peers --help lists the options
  --only NAME,...     measurements: boot, loop, decoder, generation
  --subjects NAME,... trapgate, trapgate-wasm, v86, iced-x86
  --runs N            runs of each subject, of which the median counts (default 3)
  --nodes MAJOR,...   Node.js versions, from the npm registry (default: this one)
  --kernel FILE --initrd FILE   instead of Debian's 686 kernel with an init that speaks at once
  --json FILE         instead of benchmarks/results/DATE.json`;

function options() {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      only: text,
      subjects: text,
      runs: text,
      nodes: text,
      kernel: text,
      initrd: text,
      json: text,
      help: { type: 'boolean' },
    },
  });
  const list = (value: string | undefined) => value?.split(',').map((part) => part.trim());
  return {
    ...values,
    only: list(values.only),
    subjects: list(values.subjects),
    nodes: list(values.nodes),
    runs: Number(values.runs ?? 3),
  };
}

async function measure(measurement: Measurement, node: NodeBinary, runs: number): Promise<Result[]> {
  const results = measurement.subjects.map((subject): Result => ({
    measurement: measurement.name,
    subject: subject.name,
    node: node.version,
    runs: [],
    median: {},
  }));
  for (let run = 1; run <= runs; run++) {
    for (const [index, subject] of measurement.subjects.entries()) {
      process.stderr.write(
        `${measurement.name}: ${subject.name}, Node.js ${node.version}, run ${run} of ${runs} ... `,
      );
      const figures = await measureInChild(node.file, subject.script, subject.args, measurement.timeout);
      process.stderr.write(
        `${measurement.columns.map((column) => `${column.of(figures)} ${column.title}`).join(', ')}\n`,
      );
      results[index]!.runs.push(figures);
    }
  }
  return results.map((result) => ({ ...result, median: medians(result.runs) }));
}

function save(file: string, results: readonly Result[], runs: number): void {
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memory: totalmem() };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `${JSON.stringify({ date: new Date().toISOString(), machine, runs, results }, null, 2)}\n`,
  );
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--peers')) {
    process.exitCode = await peersCommand(args);
    return;
  }
  const chosen = options();
  if (chosen.help === true || !Number.isInteger(chosen.runs) || chosen.runs < 1) {
    console.log(usage);
    process.exitCode = chosen.help === true ? 0 : 2;
    return;
  }
  const { kernel, initramfs } = guestFiles(chosen.kernel, chosen.initrd);
  const measurements = plan(kernel, initramfs)
    .filter(({ name }) => chosen.only?.includes(name) ?? true)
    .map((each) => ({
      ...each,
      subjects: each.subjects.filter(({ name }) => chosen.subjects?.includes(name) ?? true),
    }));
  const results: Result[] = [];
  for (const node of nodeBinaries(chosen.nodes)) {
    for (const measurement of measurements) results.push(...(await measure(measurement, node, chosen.runs)));
  }
  const summaries = measurements.map((measurement) => summarize(measurement, results));
  console.log(`\n${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, medians of ${chosen.runs} runs\n`);
  for (const { text } of summaries) console.log(text);
  const file =
    chosen.json ??
    join(benchmarksFolder(), 'results', `${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
  save(file, results, chosen.runs);
  console.log(`Written: ${file}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

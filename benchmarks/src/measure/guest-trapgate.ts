// One measurement in a process of its own: Trapgate boots Debian and runs the guest programs. Argument: the job.
import { Machine, type MachineStatistics } from '@trapgate/vmm';

import { readFileSync } from 'node:fs';

import { ConsoleWatch } from '../guest-programs/console-watch';
import { commandLine, type GuestJob, receiveJob, tell } from '../guest-programs/guest-job';
import { type Figures, cpuSeconds, peakMemory } from '../report';

/** Those of the statistics that are single numbers, and the translator's. */
function counters(statistics: MachineStatistics): Figures {
  const { instructions, idleMilliseconds, mmioReads, mmioWrites, ports, interrupts, translation } =
    statistics;
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const numbers = Object.entries(translation ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return {
    instructions,
    idleMilliseconds,
    mmio: mmioReads + mmioWrites,
    ports: total(ports.map(({ reads, writes }) => reads + writes)),
    interrupts: total(interrupts.map(({ count }) => count)),
    ...Object.fromEntries(numbers.map(([name, value]) => [`translator.${name}`, value])),
  };
}

function measure(job: GuestJob): void {
  const image = {
    kind: 'auto',
    kernel: readFileSync(job.kernel),
    initrd: readFileSync(job.initramfs),
    commandLine: commandLine(job),
  } as const;
  const watch = new ConsoleWatch({
    tell,
    now: () => performance.now(),
    cpuSeconds: () => cpuSeconds(),
    counters: () => counters(machine.statistics),
    done: () => {
      tell({ kind: 'done', peakMemory: peakMemory() });
      process.exit(0);
    },
  });
  const machine = Machine.create({
    memoryMiB: job.mebibytes,
    ...(job.engine === undefined ? {} : { engine: job.engine }),
    ...(job.cpu === undefined ? {} : { cpu: job.cpu }),
    serial: { write: (byte) => watch.put(byte) },
  });
  machine.load(image);
  void machine.run().then((exit) => {
    const report = 'report' in exit ? `\n${exit.report}` : '';
    process.stderr.write(`the guest ended before its programs: ${exit.reason}${report}\n`);
    process.exit(1);
  });
}

measure(receiveJob());

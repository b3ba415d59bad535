// One measurement in a process of its own: v86 boots Debian and runs the guest programs. Argument: the job.
import { ConsoleWatch } from '../guest-programs/console-watch';
import { commandLine, type GuestJob, receiveJob, tell } from '../guest-programs/guest-job';
import { contents, createPeer, InstructionCounter } from '../peer/v86';
import { cpuSeconds, peakMemory } from '../report';

async function measure(job: GuestJob): Promise<void> {
  const kernel = contents(job.kernel);
  const initramfs = contents(job.initramfs);
  const machine: { counter?: InstructionCounter } = {};
  const watch = new ConsoleWatch({
    tell,
    now: () => performance.now(),
    cpuSeconds: () => cpuSeconds(),
    counters: () => ({ instructions: machine.counter?.read() ?? 0 }),
    done: () => {
      tell({ kind: 'done', peakMemory: peakMemory() });
      process.exit(0);
    },
  });
  const emulator = await createPeer({
    memory_size: job.mebibytes * 1024 * 1024,
    bzimage: { buffer: kernel },
    initrd: { buffer: initramfs },
    cmdline: commandLine(job),
  });
  const counter = new InstructionCounter(emulator);
  machine.counter = counter;
  setInterval(() => counter.read(), 500);
  emulator.add_listener('serial0-output-byte', (byte) => watch.put(byte));
  await emulator.run();
}

void measure(receiveJob());

// One measurement in a process of its own: QEMU boots Debian and runs the guest programs. Argument: the job.
import { spawn } from 'node:child_process';

import { ConsoleWatch } from '../guest-programs/console-watch';
import { commandLine, type GuestJob, receiveJob, tell } from '../guest-programs/guest-job';
import { qemu } from '../peer/qemu';
import { cpuSeconds, peakMemory } from '../report';

function measure(job: GuestJob): void {
  const machine = ['-accel', 'tcg', '-cpu', job.cpu ?? 'pentium3', '-m', `${job.mebibytes}M`, '-no-reboot'];
  const image = ['-kernel', job.kernel, '-initrd', job.initramfs, '-append', commandLine(job)];
  const console = ['-display', 'none', '-monitor', 'none', '-serial', 'stdio'];
  const watch = new ConsoleWatch({
    tell,
    now: () => performance.now(),
    cpuSeconds: () => cpuSeconds(child.pid),
    counters: () => ({}),
    done: () => {
      tell({ kind: 'done', peakMemory: peakMemory(child.pid) });
      process.exit(0);
    },
  });
  const child = spawn(qemu, [...machine, ...image, ...console], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.on('data', (bytes: Buffer) => bytes.forEach((byte) => watch.put(byte)));
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  child.on('close', (code) => {
    process.stderr.write(`QEMU ended before its guest's programs, with exit code ${code}\n`);
    process.exit(1);
  });
  // QEMU must not outlive this process, not even when that is killed for being late.
  process.on('exit', () => child.kill('SIGKILL'));
  process.on('SIGTERM', () => process.exit(1));
}

measure(receiveJob());

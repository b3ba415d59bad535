// One measurement in a process of its own: QEMU boots Debian and runs the guest programs. Argument: the job.
import { spawn } from 'node:child_process';

import { ConsoleWatch } from '../guest-programs/console-watch';
import { commandLine, type GuestJob, tell } from '../guest-programs/guest-job';
import { qemu } from '../peer/qemu';
import { peakMemory, cpuSeconds } from '../report';

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
      child.kill('SIGKILL');
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
  // Killed by the benchmark's time limit: QEMU must not outlive this process.
  process.on('SIGTERM', () => {
    child.kill('SIGKILL');
    process.exit(1);
  });
}

measure(JSON.parse(process.argv[2]!) as GuestJob);

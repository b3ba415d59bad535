// One measurement in a process of its own: Trapgate from making the machine until /init speaks.
// Arguments: kernel, initramfs, MiB.
import { Machine } from '@trapgate/vmm';

import { readFileSync } from 'node:fs';

import { report } from '../report';
import { bootCommandLine, initMarker, SerialWatch } from '../serial-watch';

function measure(kernel: string, initramfs: string, mebibytes: number): void {
  const image = {
    kind: 'auto',
    kernel: readFileSync(kernel),
    initrd: readFileSync(initramfs),
    commandLine: bootCommandLine,
  } as const;
  const serial = new SerialWatch();
  const start = performance.now();
  const machine = Machine.create({ memoryMiB: mebibytes, serial: { write: (byte) => serial.put(byte) } });
  serial.once(initMarker, () => {
    report({ seconds: (performance.now() - start) / 1000, instructions: machine.statistics.instructions });
  });
  machine.load(image);
  void machine.run().then((exit) => {
    const report = 'report' in exit ? `\n${exit.report}` : '';
    process.stderr.write(`the guest ended before /init: ${exit.reason}${report}\n`);
    process.exit(1);
  });
}

measure(process.argv[2]!, process.argv[3]!, Number(process.argv[4]));

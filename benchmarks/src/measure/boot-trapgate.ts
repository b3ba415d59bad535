// One measurement in a process of its own: Trapgate from making the machine until /init speaks.
// Arguments: kernel, initramfs, MiB, engine.
import { Machine, type MachineOptions } from '@trapgate/vmm';

import { readFileSync } from 'node:fs';

import { report } from '../report';
import { bootCommandLine, initMarker, SerialWatch } from '../serial-watch';

type Engine = NonNullable<MachineOptions['engine']>;

function measure(kernel: string, initramfs: string, mebibytes: number, engine: Engine): void {
  const image = {
    kind: 'auto',
    kernel: readFileSync(kernel),
    initrd: readFileSync(initramfs),
    commandLine: bootCommandLine,
  } as const;
  const serial = new SerialWatch();
  const start = performance.now();
  const machine = Machine.create({
    memoryMiB: mebibytes,
    engine,
    serial: { write: (byte) => serial.put(byte) },
  });
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

const [kernel, initramfs, mebibytes, engine = 'interp'] = process.argv.slice(2);
measure(kernel!, initramfs!, Number(mebibytes), engine as Engine);

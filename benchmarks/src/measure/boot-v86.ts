// One measurement in a process of its own: v86 from power-on until /init speaks. Arguments: kernel, initramfs, MiB.
import { contents, createPeer, InstructionCounter } from '../peer/v86';
import { report } from '../report';
import { bootCommandLine, initMarker, SerialWatch } from '../serial-watch';

async function measure(kernel: string, initramfs: string, mebibytes: number): Promise<void> {
  const emulator = await createPeer({
    memory_size: mebibytes * 1024 * 1024,
    bzimage: { buffer: contents(kernel) },
    initrd: { buffer: contents(initramfs) },
    cmdline: bootCommandLine,
  });
  const counter = new InstructionCounter(emulator);
  const serial = new SerialWatch();
  const sampling = setInterval(() => counter.read(), 500);
  emulator.add_listener('serial0-output-byte', (byte) => serial.put(byte));
  const start = performance.now();
  serial.once(initMarker, () => {
    const seconds = (performance.now() - start) / 1000;
    clearInterval(sampling);
    report({ seconds, instructions: counter.read() });
  });
  await emulator.run();
}

void measure(process.argv[2]!, process.argv[3]!, Number(process.argv[4]));

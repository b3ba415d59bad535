// One measurement in a process of its own: the integer loop on v86.
import { integerLoopImage, loopInstructions } from '../integer-loop';
import { createPeer } from '../peer/v86';
import { report } from '../report';

async function measure(): Promise<void> {
  const emulator = await createPeer({
    memory_size: 64 * 1024 * 1024,
    multiboot: { buffer: new Uint8Array(integerLoopImage()).buffer },
  });
  let start = 0;
  emulator.add_listener('serial0-output-byte', (byte) => {
    if (byte === 0x53) start = performance.now();
    if (byte === 0x45)
      report({ seconds: (performance.now() - start) / 1000, instructions: loopInstructions });
  });
  await emulator.run();
}

void measure();

// One measurement in a process of its own: the integer loop on Trapgate. Argument: the engine.
import { Machine } from '@trapgate/vmm';

import { integerLoopImage, loopInstructions } from '../integer-loop';
import { report } from '../report';

let start = 0;
const machine = Machine.create({
  memoryMiB: 64,
  engine: process.argv[2] === 'wasm' ? 'wasm' : 'interp',
  serial: {
    write(byte) {
      if (byte === 0x53) start = performance.now();
      if (byte === 0x45)
        report({ seconds: (performance.now() - start) / 1000, instructions: loopInstructions });
    },
  },
});
machine.load({ kind: 'auto', kernel: integerLoopImage() });
void machine.run();

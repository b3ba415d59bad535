// One measurement in a process of its own: iced-x86's decoder over the same code. Argument: the initramfs.
import { createRequire } from 'node:module';
import type * as Iced from 'iced-x86';

import { realCode, timeSweeps } from '../real-code';
import { report } from '../report';

const { Decoder, DecoderOptions, Instruction } = createRequire(import.meta.url)('iced-x86') as typeof Iced;
const code = realCode(process.argv[2]!);
const instruction = new Instruction();

function sweep(): number {
  const decoder = new Decoder(32, code, DecoderOptions.None);
  let count = 0;
  for (; decoder.canDecode; count++) decoder.decodeOut(instruction);
  decoder.free();
  return count;
}

report(timeSweeps(sweep, 1.5));

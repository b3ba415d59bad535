// One measurement in a process of its own: Trapgate's decoder over real code. Argument: the initramfs.
import { decode, Instruction } from '@trapgate/x86-decoder';

import { realCode, timeSweeps } from '../real-code';
import { report } from '../report';

const code = realCode(process.argv[2]!);
const instruction = new Instruction();

function sweep(): number {
  let count = 0;
  for (let at = 0; at < code.length; count++)
    at += decode(code, at, code.length, 32, instruction).length || 1;
  return count;
}

report(timeSweeps(sweep, 1.5));

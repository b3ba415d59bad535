// One measurement in a process of its own: Trapgate's decoder and formatters over real code. Argument: the initramfs.
import { decode, formatAtt, formatIntel, formById, Instruction } from '@trapgate/x86-decoder';

import { codeAddress, decoderCode, decoderRates, type Passes, type RealCode } from '../decoder-code';
import { report } from '../report';

const instruction = new Instruction();
let sum = 0;

/** Takes everything in hand that an instruction consists of. */
function readInstruction(): void {
  const { mnemonic, operands } = formById(instruction.form);
  sum += mnemonic.length + instruction.length;
  for (let i = 0; i < operands.length; i++) {
    const { kind, size } = operands[i]!;
    switch (kind) {
      case 'rm':
      case 'mmrm':
      case 'xmmrm':
      case 'm':
        sum += instruction.memory ? readMemory() + size : instruction.rm + size;
        break;
      case 'opreg':
      case 'r':
      case 'mmr':
      case 'xmmr':
      case 'sti':
        sum += instruction.rm + size;
        break;
      case 'imm':
        sum += instruction.immediate + size;
        break;
      case 'rel':
        sum += instruction.branch + instruction.length;
        break;
      case 'far':
        sum += instruction.immediate + instruction.immediate2;
        break;
      case 'moffs':
        sum += readMemory() + instruction.displacementHigh;
        break;
      case 'xmmv':
      case 'regv':
        sum += instruction.vvvv + size;
        break;
      default:
        sum += instruction.reg + size;
    }
  }
}

function readMemory(): number {
  const { segment, base, index, scale, displacement } = instruction;
  return segment + base + index + scale + displacement;
}

function passes({ bits, code }: RealCode): Passes {
  const sweep = (each: (at: number) => void) => () => {
    let count = 0;
    for (let at = 0; at < code.length; count++) {
      decode(code, at, code.length, bits, instruction);
      each(at);
      at += instruction.length || 1;
    }
    return count;
  };
  const use = (text: string) => {
    sum += text.charCodeAt(text.length - 1); // makes one piece of a text in parts
  };
  return {
    decode: sweep(() => (sum += instruction.length)),
    read: sweep(readInstruction),
    intel: sweep((at) => use(formatIntel(instruction, codeAddress + at))),
    att: sweep((at) => use(formatAtt(instruction, codeAddress + at))),
  };
}

report(decoderRates(decoderCode(process.argv[2]!), passes));

// One measurement in a process of its own: iced-x86's decoder and formatters over the same code. Argument: the initramfs.
import { createRequire } from 'node:module';
import type * as Iced from 'iced-x86';

import { codeAddress, decoderCode, decoderRates, type Passes, type RealCode } from '../decoder-code';
import { report } from '../report';

const { Decoder, DecoderOptions, Formatter, FormatterSyntax, Instruction, OpKind } = createRequire(
  import.meta.url,
)('iced-x86') as typeof Iced;
const instruction = new Instruction();
let sum = 0;

/** Takes everything in hand that an instruction consists of. */
function readInstruction(): void {
  sum += instruction.mnemonic + instruction.length;
  const count = instruction.opCount;
  for (let i = 0; i < count; i++) {
    const kind = instruction.opKind(i);
    switch (kind) {
      case OpKind.Register:
        sum += instruction.opRegister(i);
        break;
      case OpKind.Memory:
        sum += readMemory();
        break;
      case OpKind.NearBranch16:
        sum += instruction.nearBranch16;
        break;
      case OpKind.NearBranch32:
        sum += instruction.nearBranch32;
        break;
      case OpKind.NearBranch64:
        sum += Number(instruction.nearBranch64);
        break;
      case OpKind.FarBranch16:
      case OpKind.FarBranch32:
        sum += instruction.farBranch32 + instruction.farBranchSelector;
        break;
      case OpKind.Immediate8:
        sum += instruction.immediate8;
        break;
      case OpKind.Immediate16:
        sum += instruction.immediate16;
        break;
      case OpKind.Immediate32:
        sum += instruction.immediate32;
        break;
      case OpKind.Immediate8to32:
        sum += instruction.immediate8to32;
        break;
      case OpKind.Immediate64:
      case OpKind.Immediate8to16:
      case OpKind.Immediate8to64:
      case OpKind.Immediate32to64:
        sum += Number(instruction.immediate(i));
        break;
      default:
        sum += kind; // the memory operands of string instructions
    }
  }
}

function readMemory(): number {
  const { memorySegment, memoryBase, memoryIndex, memoryIndexScale, memoryDisplacement, memorySize } =
    instruction;
  return (
    memorySegment + memoryBase + memoryIndex + memoryIndexScale + Number(memoryDisplacement) + memorySize
  );
}

function passes({ bits, code }: RealCode): Passes {
  const sweep = (each: () => void) => () => {
    const decoder = new Decoder(bits, code, DecoderOptions.None);
    decoder.ip = BigInt(codeAddress);
    let count = 0;
    for (; decoder.canDecode; count++) {
      decoder.decodeOut(instruction);
      each();
    }
    decoder.free();
    return count;
  };
  const text = (syntax: Iced.FormatterSyntax) => {
    const formatter = new Formatter(syntax);
    return () => {
      const formatted = formatter.format(instruction);
      sum += formatted.charCodeAt(formatted.length - 1);
    };
  };
  return {
    decode: sweep(() => (sum += 1)),
    read: sweep(readInstruction),
    intel: sweep(text(FormatterSyntax.Intel)),
    att: sweep(text(FormatterSyntax.Gas)),
  };
}

report(decoderRates(decoderCode(process.argv[2]!), passes));

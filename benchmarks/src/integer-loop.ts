// The integer loop, as a multiboot image that both machines load: six instructions with a load, the flags of which
// only the last branch reads. It says S on COM1 when it begins to count and E when it has ended.
import { assemble } from '@trapgate/x86-assembler';

const warmUpIterations = 2_000_000;
const iterations = 50_000_000;

/** What is executed between S and E, without the handful of instructions that say so. */
export const loopInstructions = iterations * 6;

const source = `
bits 32
org 0x100000
start:
header:                       ; Multiboot 0.6.96, 3.1.1: magic, flags, checksum, then where to load
  dd 0x1badb002, 0x00010000, -(0x1badb002 + 0x00010000)
  dd header, start, end, end, entry
entry:
  mov esp, 0x9000
  mov ecx, ${warmUpIterations}
  call work
  mov al, 'S'
  call say
  mov ecx, ${iterations}
  call work
  mov al, 'E'
  call say
hang:
  cli
  hlt
  jmp hang
say:
  mov dx, 0x3f8
  out dx, al
  ret
work:
  mov esi, value
again:
  add eax, [esi]
  rol eax, 3
  xor edx, eax
  lea ebx, [ebx + edx]
  dec ecx
  jnz again
  ret
align 4
value:
  dd 0x9e3779b9
end:
`;

export function integerLoopImage(): Uint8Array {
  return assemble(source).bytes;
}

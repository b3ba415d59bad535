import { expect, it } from 'vitest';
import { discover } from './discover';
import { lockstep } from './testing/lockstep';

it('lines that begin in the middle of instructions of each other share a block from where they meet', () => {
  // 0: jz 3; 2: mov eax, imm32, whose bytes from 3 on are inc eax, four times; 7: inc ecx; 8: ret
  const code = [0x74, 0x01, 0xb8, 0x40, 0x40, 0x40, 0x40, 0x41, 0xc3];
  const bytes = Uint8Array.from({ length: 0x1000 }, (_, n) => code[n] ?? 0);
  const flow = discover(bytes, 0, 32, { instructions: 20 });
  expect([...flow.keys()].sort((a, b) => a - b)).toEqual([0, 2, 3, 7]);
  const offsets = [...flow.values()].flatMap(({ instructions }) => instructions.map(({ offset }) => offset));
  expect(new Set(offsets).size).toBe(offsets.length);
});

// What was known of ESP at an instruction of two blocks was that of one of them.
it('stack accesses behind such a place use the stack pointer of their own path', () => {
  const program = `
      mov esp, 0x30000
      mov ecx, 60
      mov edx, 0x31000
again:
      test ecx, 1
      jz inside
      db 0xB8             ; mov eax, imm32, whose bytes are the following four
inside:
      mov ebp, esp        ; 2 bytes
      mov esp, edx        ; 2 bytes
      pop edi
      pop esi
      mov edx, esp
      push edi
      push ecx
      sub edx, 4
      mov esp, 0x30000
      push dword 7
      pop ebx
      dec ecx
      jnz again
      hlt`;
  expect(lockstep(program)).toBeGreaterThan(0);
});

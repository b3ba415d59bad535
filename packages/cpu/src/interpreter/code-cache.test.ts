import { MEMORY_MAP } from '@trapgate/mmu';
import { describe, expect, it } from 'vitest';
import { code, GuestMachine, SELECTOR } from '../testing/guest-machine';

const CODE = 0x1_0000;

describe('the arena of decoded code', () => {
  it.each([0, 16, 0x200, 0x4400, 0x4800, 0x8000])('starts anew when only %i bytes are left', (left) => {
    const machine = new GuestMachine();
    const cache = (machine.processor as unknown as { interpreter: { code: { next: number } } }).interpreter
      .code;
    // mov ecx, 50; L: inc dword [1000Ch]; mov eax, 0; add ebx, eax; call 11FFEh; loop L
    machine.load(
      CODE,
      'b9 32 00 00 00',
      'ff 05 0c 00 01 00',
      'b8 00 00 00 00',
      '03 d8',
      'e8 e7 1f 00 00',
      'e2 ec',
      'e6 f4',
    );
    machine.memory.writeBytes(CODE + 0x1ffe, code('8d b6 01 00 00 00', 'c3')); // lea esi, [esi + 1], in two pages; ret
    machine.set({ ebx: 0, esi: 0 });
    machine.run(4);
    cache.next = MEMORY_MAP.codeArenaEnd - left;
    while (machine.run(3).reason === 'budget') {
      if (machine.registers.ecx === 20) cache.next = MEMORY_MAP.codeArenaEnd - left;
      expect(cache.next).toBeLessThanOrEqual(MEMORY_MAP.codeArenaEnd);
    }
    expect(machine.registers).toMatchObject({ ecx: 0, eax: 50, ebx: 1275, esi: 50 });
  });

  it('starts anew when it holds very many instructions for the host, most of them dropped', () => {
    const machine = new GuestMachine();
    // L: inc dword [10007h]; mov eax, 0; loop L; and 30 times in al, 80h, which are decoded ahead
    machine.load(
      CODE,
      'ff 05 07 00 01 00',
      'b8 00 00 00 00',
      'e2 f3',
      ...new Array<string>(30).fill('e4 80'),
      'e6 f4',
    );
    machine.set({ ecx: 5_000 });
    machine.run(20_000);
    expect(machine.registers).toMatchObject({ ecx: 0, eip: CODE + 13 + 62 });
    expect(machine.processor.statistics.invalidations).toBe(5_000);
  });
});

describe('one page as 16-bit and as 32-bit code', () => {
  it('is decoded for the mode in force', () => {
    const machine = new GuestMachine();
    // 16-bit code: mov ax, 1; mov cx, 2. 32-bit code: mov eax, B90001h | add al, [eax]...
    machine.memory.writeBytes(CODE + 0x100, code('b8 01 00 b9 02', '00 e6 f4 f4'));
    for (let n = 0; n < 3; n++) {
      machine.set({ eip: CODE + 0x100, eax: 0, ecx: 0 });
      machine.registers.setSegment('cs', {
        selector: SELECTOR.code,
        base: 0,
        limit: 0xffff_ffff,
        attributes: 0xc09b,
      });
      machine.memory.write8(CODE + 0x105, 0x90);
      expect(machine.run().reason).toBe('requested');
      expect(machine.registers).toMatchObject({ eax: 0x02b9_0001, ecx: 0 });
      machine.memory.write8(CODE + 0x105, 0);
      machine.set({ eip: 0x100, eax: 0, ecx: 0 });
      machine.registers.setSegment('cs', {
        selector: SELECTOR.code16,
        base: CODE,
        limit: 0xffff,
        attributes: 0x009b,
      });
      expect(machine.run().reason).toBe('requested');
      expect(machine.registers).toMatchObject({ eax: 1, ecx: 2 });
    }
  });

  it('switched by far jumps within it', () => {
    const machine = new GuestMachine();
    // jmp 30h:0107h (16-bit segment, base 0); inc eax as 16-bit: inc ax; jmp dword 8:20000h... back
    machine.setDescriptor(0x30, 0x00009b010000ffffn);
    machine.load(CODE, '40', 'ea 08 00 00 00 30 00', '40', '66 ea 00 00 01 00 08 00');
    machine.registers.eax = 0xfffe;
    machine.run(4 * 5);
    // 32-bit and 16-bit increments alternate: FFFEh, FFFFh, 0 (AX), 1, 2, ...
    expect(machine.registers.eax).toBe(8);
    machine.registers.eax = 0xffff;
    machine.run(4);
    expect(machine.registers.eax).toBe(0x1_0001);
  });
});

import { describe, expect, it } from 'vitest';
import { code, GuestMachine } from './testing/guest-machine';

const ORIGIN = 0x7c00;
/** Handlers of interrupts, 16 bytes each: OUT 0F4h, AL. */
const HANDLERS = 0x600;

function realMode(...instructions: string[]): GuestMachine {
  const machine = new GuestMachine();
  for (let vector = 0; vector < 16; vector++) {
    machine.memory.write32(4 * vector, HANDLERS + 16 * vector);
    machine.memory.writeBytes(HANDLERS + 16 * vector, code('e6 f4'));
  }
  machine.enterRealMode();
  machine.load(ORIGIN, ...instructions);
  machine.registers.esp = 0x7000;
  return machine;
}

/** The vector whose handler ended the run, and the IP and CS that it found. */
function interrupted(machine: GuestMachine): { vector: number; ip: number; cs: number } {
  expect(machine.run().reason).toBe('requested');
  const { eip, esp } = machine.registers;
  return {
    vector: (eip - 2 - HANDLERS) / 16,
    ip: machine.memory.read16(esp),
    cs: machine.memory.read16(esp + 2),
  };
}

describe('real-address mode', () => {
  it('a program: the sum of an array, through segments', () => {
    const machine = realMode(
      'b8 00 20',
      '8e d8', // mov ax, 2000h; mov ds, ax
      '31 f6',
      '31 db',
      'b9 08 00', // xor si, si; xor bx, bx; mov cx, 8
      'ad',
      '01 c3',
      'e2 fb', // L: lodsw; add bx, ax; loop L
      '89 1c',
      'e6 f4', // mov [si], bx; out
    );
    machine.memory.writeBytes(0x2_0000, new Uint8Array(Uint16Array.of(1, 2, 3, 4, 5, 6, 7, 0xffff).buffer));
    expect(machine.run().reason).toBe('requested');
    expect(machine.memory.read16(0x2_0010)).toBe(27);
    expect(machine.processor.instructions).toBe(5 + 24 + 2);
  });

  it('CALL FAR, RETF, INT and IRET', () => {
    const machine = realMode('9a 05 00 00 30', 'cd 05', 'e6 f4'); // call 3000h:5
    machine.memory.writeBytes(0x3_0005, code('43', 'cb'));
    machine.memory.writeBytes(HANDLERS + 0x50, code('41', 'cf'));
    machine.set({ ebx: 0, ecx: 0, eflags: 0x202 });
    machine.run();
    expect(machine.registers).toMatchObject({ ebx: 1, ecx: 1, esp: 0x7000, eip: ORIGIN + 9, eflags: 0x202 });
  });

  it('segments may lie anywhere: the same page at other offsets', () => {
    // jmp 07B0h:0105h, which is ORIGIN + 5; inc bx; jmp 0:7C0Bh
    const machine = realMode('ea 05 01 b0 07', '43', 'ea 0b 7c 00 00', '43', 'e6 f4');
    machine.registers.ebx = 0;
    machine.run();
    expect(machine.registers).toMatchObject({ ebx: 2, eip: ORIGIN + 14 });
    expect(machine.registers.segment('cs').base).toBe(0);
  });

  it('an address that wraps at 64 KB, and one beyond', () => {
    const machine = realMode('be ff ff', 'bb 02 00', '8a 00', 'e6 f4'); // mov al, [bx + si]
    machine.memory.write8(1, 0x5a);
    machine.run();
    expect(machine.registers.eax & 0xff).toBe(0x5a);
    // mov ax, [FFFFh]: the second byte lies beyond the limit
    expect(interrupted(realMode('a1 ff ff'))).toEqual({ vector: 13, ip: ORIGIN, cs: 0 });
  });

  it('a push that wraps SP', () => {
    const machine = realMode('bc 00 00', '68 34 12', 'e6 f4'); // mov sp, 0; push 1234h
    machine.registers.setSegment('ss', { selector: 0x3000, base: 0x3_0000, limit: 0xffff, attributes: 0x93 });
    machine.run();
    expect(machine.memory.read16(0x3_fffe)).toBe(0x1234);
    expect(machine.registers.esp).toBe(0xfffe);
  });

  it('IP does not run on past FFFFh', () => {
    const machine = realMode('ea fe ff 00 20'); // jmp 2000h:FFFEh
    machine.memory.writeBytes(0x2_fffe, code('43 43 43 43'));
    machine.registers.ebx = 0;
    expect(interrupted(machine)).toEqual({ vector: 13, ip: 0, cs: 0x2000 });
    expect(machine.registers.ebx).toBe(2);
  });

  it('divide error and #UD save the faulting IP', () => {
    expect(interrupted(realMode('31 c9', 'f7 f1'))).toEqual({ vector: 0, ip: ORIGIN + 2, cs: 0 });
    expect(interrupted(realMode('90', '0f 0b'))).toEqual({ vector: 6, ip: ORIGIN + 1, cs: 0 });
  });

  it('addresses above 1 MB through FFFFh, with A20 on and off', () => {
    for (const enabled of [true, false]) {
      const machine = new GuestMachine({}, { ramBytes: 2 << 20 });
      machine.enterRealMode();
      machine.memory.write8(0x600, 0x11);
      machine.memory.write8(0x10_0600, 0x22);
      machine.processor.setA20(enabled);
      machine.load(ORIGIN, 'b8 ff ff', '8e d8', 'a0 10 06', 'e6 f4'); // mov al, [FFFFh:0610h]
      machine.run();
      expect(machine.registers.eax & 0xff).toBe(enabled ? 0x22 : 0x11);
    }
  });

  it('enters protected mode and comes back', () => {
    const machine = realMode(
      '0f 20 c0',
      '0c 01',
      '0f 22 c0', // mov eax, cr0; or al, 1; mov cr0, eax
      '66 ea 20 7c 00 00 08 00', // jmp dword 8:7C20h
    );
    machine.registers.setTable('gdtr', { base: 0x800, limit: 0x3f });
    machine.memory.writeBytes(
      0x7c20,
      code('b8 10 00 00 00', '8e d8', 'c6 05 00 00 02 00 77', 'ea 36 7c 00 00 30 00'), // mov ds, eax; mov byte [20000h], 77h; jmp 30h:7C36h
    );
    // 16-bit protected mode: mov eax, cr0; and al, 0FEh; mov cr0, eax; jmp 0:7C43h; out
    machine.memory.writeBytes(0x7c36, code('0f 20 c0', '24 fe', '0f 22 c0', 'ea 43 7c 00 00', 'e6 f4'));
    expect(machine.run().reason).toBe('requested');
    expect(machine.memory.read8(0x2_0000)).toBe(0x77);
    expect(machine.registers.cr0 & 1).toBe(0);
    expect(machine.registers.eip).toBe(0x7c45);
  });
});

import { describe, expect, it } from 'vitest';
import { code, GuestMachine } from '../testing/guest-machine';

const CODE = 0x1_0000;

/** Runs to HLT and gives EAX. */
function eaxAfter(machine: GuestMachine): number {
  expect(machine.run(10_000).reason).toBe('halted-forever');
  return machine.registers.eax;
}

describe('a store to the next instruction of the same run', () => {
  it('of a byte', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'c6 05 08 00 01 00 05', 'b8 01 00 00 00', 'f4'); // mov byte [10008h], 5; mov eax, 1; hlt
    expect(eaxAfter(machine)).toBe(5);
  });

  it('of a doubleword that ends in it', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'c7 05 08 00 01 00 b8 05 b8 05', 'b8 01 00 00 00', 'f4'); // mov dword [10008h], 05B805B8h
    expect(eaxAfter(machine)).toBe(5);
  });

  it('by a read-modify-write', () => {
    const machine = new GuestMachine();
    machine.load(CODE, '80 35 08 00 01 00 06', 'b8 01 00 00 00', 'f4'); // xor byte [10008h], 6; mov eax, 1
    expect(eaxAfter(machine)).toBe(7);
  });

  it('by PUSH', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'bc 0e 00 01 00', '68 b8 2a 00 00', 'b8 01 00 00 00', 'f4'); // mov esp, 1000Eh; push 2AB8h
    // The push covers 1000Ah..1000Dh: B8 2A 00 00, the first bytes of MOV EAX.
    expect(eaxAfter(machine)).toBe(0x2a);
  });

  it('by a string instruction', () => {
    const machine = new GuestMachine();
    // mov edi, 1000Fh; mov al, 7; mov ecx, 1; rep stosb; mov eax, 1
    machine.load(CODE, 'bf 0f 00 01 00', 'b0 07', 'b9 01 00 00 00', 'f3 aa', 'b8 01 00 00 00', 'f4');
    expect(eaxAfter(machine)).toBe(7);
  });

  it('by an instruction that the host executes', () => {
    const machine = new GuestMachine();
    machine.load(CODE, '8c 1d 07 00 01 00', 'b8 01 00 00 00', 'f4'); // mov [10007h], ds
    expect(eaxAfter(machine)).toBe(0x10);
  });

  it('across the end of a page, one byte of it code', () => {
    const machine = new GuestMachine();
    machine.load(CODE + 0xfe0, 'c7 05 fc 0f 01 00 90 90 90 05', 'eb 10'); // mov dword [10FFCh], 05909090h; jmp 10FFCh
    // MOV EAX, 1 begins in the page's last byte; the store makes it ADD EAX, 1.
    machine.memory.writeBytes(CODE + 0xffc, code('90 90 90 b8 01 00 00 00', 'f4'));
    machine.registers.eax = 0x10;
    expect(eaxAfter(machine)).toBe(0x11);
  });
});

it('a store to the instruction before is seen when it is reached again', () => {
  const machine = new GuestMachine();
  // inc ebx; mov byte [10000h], 90h; loop 10000h
  machine.load(CODE, '43', 'c6 05 00 00 01 00 90', 'e2 f6', 'f4');
  machine.set({ ebx: 0, ecx: 5 });
  machine.run();
  expect(machine.registers.ebx).toBe(1);
});

describe('REP that writes over itself', () => {
  // rep stosb; inc edx; hlt - the first byte of REP becomes the fill byte.
  it.each([
    ['NOP', 0x90, 9, 1], // 90 AA: NOP and one STOSB, then on
    ['HLT', 0xf4, 9, 0],
  ])('goes on with the new bytes: %s', (_name, fill, count, edx) => {
    const machine = new GuestMachine();
    machine.load(CODE, 'f3 aa', '42', 'f4');
    machine.set({ edi: CODE - 4, ecx: count, eax: fill, edx: 0 });
    expect(machine.run().reason).toBe('halted-forever');
    // Five iterations reach CODE; the byte behind is AAh still.
    expect(machine.registers.ecx).toBe(count - 5);
    expect(machine.registers.edx).toBe(edx);
  });

  it('does the same one instruction at a time', () => {
    const states = [1, 1000].map((step) => {
      const machine = new GuestMachine();
      machine.load(CODE, 'f3 ab', '42', 'f4');
      machine.set({ edi: CODE - 0x10, ecx: 9, eax: 0x42424242, edx: 0 });
      while (machine.run(step).reason === 'budget');
      return { ...machine.snapshot(), instructions: machine.processor.instructions };
    });
    expect(states[0]).toEqual(states[1]);
  });

  it('INS does the same one instruction at a time', () => {
    const states = [1, 1000].map((step) => {
      const machine = new GuestMachine({ readPort: () => 0x42 });
      machine.load(CODE, 'f3 6c', '42', 'f4');
      machine.set({ edi: CODE - 0x10, ecx: 0x18, edx: 0x10 });
      while (machine.run(step).reason === 'budget');
      return { ...machine.snapshot(), instructions: machine.processor.instructions };
    });
    expect(states[0]).toEqual(states[1]);
  });
});

it('a store to another page of code', () => {
  const machine = new GuestMachine();
  machine.load(CODE, 'e8 fb 0f 00 00', 'c6 05 01 10 01 00 09', 'e8 ef 0f 00 00', 'f4'); // call 11000h; mov byte [11001h], 9; call 11000h
  machine.memory.writeBytes(CODE + 0x1000, code('b8 01 00 00 00', 'c3'));
  expect(eaxAfter(machine)).toBe(9);
});

it('a store through another linear address of the page', () => {
  const machine = new GuestMachine();
  machine.enablePaging();
  machine.map(CODE, CODE);
  machine.map(0x2_0000, CODE);
  machine.load(CODE, 'c6 05 08 00 02 00 05', 'b8 01 00 00 00', 'f4');
  expect(eaxAfter(machine)).toBe(5);
});

describe('code and data in one page', () => {
  it('writes to lines without code drop nothing', () => {
    const machine = new GuestMachine();
    // mov ecx, 50; mov [10800h], ecx; push ecx; pop ecx; loop
    machine.load(CODE, 'b9 32 00 00 00', '89 0d 00 08 01 00', '51', '59', 'e2 f6', 'f4');
    machine.registers.esp = CODE + 0x400;
    machine.run();
    expect(machine.memory.read32(CODE + 0x800)).toBe(1);
    expect(machine.memory.read32(CODE + 0x3fc)).toBe(1);
    expect(machine.processor.statistics.invalidations).toBe(0);
  });

  it('an interrupt that pushes into such a line drops nothing', () => {
    const machine = new GuestMachine();
    machine.handle(0x30, 'cf');
    machine.load(CODE, 'cd 30', 'cd 30', 'f4');
    machine.registers.esp = CODE + 0x400;
    expect(machine.run().reason).toBe('halted-forever');
    expect(machine.processor.statistics.invalidations).toBe(0);
  });

  it('after it was dropped the page is decoded anew, as often as need be', () => {
    const machine = new GuestMachine();
    // mov ecx, 20; L: inc byte [10010h]; add al, 0; loop L   (10010h is the immediate)
    machine.load(CODE, 'b9 14 00 00 00', 'fe 05 0c 00 01 00', '04 00', 'e2 f6', 'f4');
    machine.registers.eax = 0;
    expect(eaxAfter(machine)).toBe(210);
    expect(machine.processor.statistics.invalidations).toBe(20);
  });
});

describe('DMA', () => {
  it('between two runs', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'b8 01 00 00 00', 'eb f9');
    machine.run(4);
    machine.memory.writeBytes(CODE, code('b8 02 00 00 00', 'f4'));
    expect(eaxAfter(machine)).toBe(2);
  });

  it('by a device, to the next instruction, during OUT', () => {
    const machine: GuestMachine = new GuestMachine({
      writePort: () => machine.memory.writeBytes(CODE + 3, code('07')),
    });
    machine.load(CODE, 'e6 10', 'b8 01 00 00 00', 'f4');
    expect(eaxAfter(machine)).toBe(7);
  });

  it('over many pages at once', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'e9 fb 0f 00 00');
    machine.memory.writeBytes(CODE + 0x1000, code('40', 'eb fd'));
    machine.run(10);
    const pages = new Uint8Array(0x3000).fill(0xf4);
    machine.memory.writeBytes(CODE - 0x1000, pages);
    const { eip } = machine.registers;
    expect(machine.run().reason).toBe('halted-forever');
    expect(machine.registers.eip).toBe(eip + 1);
  });
});

import { describe, expect, it } from 'vitest';
import { code, GuestMachine, PAGE } from '../testing/guest-machine';

/** The instruction under test, MOV EAX, imm32, begins two bytes before this page. */
const SECOND = 0x1_1000;
const START = SECOND - 2;
const OTHER = 0x2_0000;

function machineWithPages(): GuestMachine {
  const machine = new GuestMachine();
  machine.enablePaging();
  machine.map(SECOND - 0x1000, SECOND - 0x1000);
  machine.map(SECOND, SECOND);
  machine.load(START, 'b8 11 22 33 44', '43', 'c3'); // mov eax, 44332211h; inc ebx; ret
  machine.memory.writeBytes(OTHER, code('aa bb cc', '43 43', 'c3'));
  // call START; out 0F4h, al
  machine.memory.writeBytes(SECOND - 0x1000, code('e8 f9 0f 00 00', 'e6 f4'));
  machine.set({ ebx: 0, eip: SECOND - 0x1000 });
  return machine;
}

function runAgain(machine: GuestMachine): number {
  machine.registers.eip = SECOND - 0x1000;
  expect(machine.run().reason).toBe('requested');
  return machine.registers.eax;
}

describe('an instruction in two pages', () => {
  it('is executed, and again', () => {
    const machine = machineWithPages();
    expect(runAgain(machine)).toBe(0x44332211);
    machine.registers.eax = 0;
    const { decoded } = machine.processor.statistics;
    expect(runAgain(machine)).toBe(0x44332211);
    expect(machine.registers.ebx).toBe(2);
    expect(machine.processor.statistics.decoded).toBe(decoded);
  });

  it.each(Array.from({ length: 14 }, (_, n) => n + 1))(
    'of 15 bytes, %i of them in the first page',
    (first) => {
      const machine = machineWithPages();
      // mov dword [20000h], 12345678h behind five DS prefixes
      machine.load(SECOND - first, '3e 3e 3e 3e 3e c7 05 00 00 02 00 78 56 34 12', 'e6 f4');
      machine.map(OTHER, OTHER);
      expect(machine.run().reason).toBe('requested');
      expect(machine.memory.read32(OTHER)).toBe(0x12345678);
      expect(machine.registers.eip).toBe(SECOND - first + 17);
    },
  );

  it('of more than 15 bytes raises #GP(0)', () => {
    const machine = machineWithPages();
    machine.load(SECOND - 5, '3e 3e 3e 3e 3e 3e c7 05 00 00 02 00 78 56 34 12', 'e6 f4');
    expect(machine.runToException()).toMatchObject({ vector: 13, error: 0, eip: SECOND - 5 });
  });

  it('follows the second page when that is mapped elsewhere', () => {
    const machine = machineWithPages();
    runAgain(machine);
    machine.map(SECOND, OTHER);
    machine.processor.registers.cr0 = machine.registers.cr0; // drops the TLB
    expect(runAgain(machine)).toBe(0xccbbaa11);
    expect(machine.registers.ebx).toBe(3);
    machine.map(SECOND, SECOND);
    machine.processor.registers.cr0 = machine.registers.cr0;
    expect(runAgain(machine)).toBe(0x44332211);
  });

  it('follows the first page when that is mapped elsewhere', () => {
    const machine = machineWithPages();
    runAgain(machine);
    machine.memory.writeBytes(OTHER, machine.memory.readBytes(SECOND - 0x1000, 0x1000));
    machine.memory.writeBytes(OTHER + 0xffe, code('b9')); // mov ecx
    machine.map(SECOND - 0x1000, OTHER);
    machine.processor.registers.cr0 = machine.registers.cr0;
    machine.registers.eax = 0;
    expect(runAgain(machine)).toBe(0);
    expect(machine.registers.ecx).toBe(0x44332211);
  });

  it('is decoded anew when its first or its second part is written', () => {
    const machine = machineWithPages();
    runAgain(machine);
    machine.memory.write8(SECOND + 2, 0x55);
    expect(runAgain(machine)).toBe(0x55332211);
    machine.memory.write8(START + 1, 0x66);
    expect(runAgain(machine)).toBe(0x55332266);
    machine.memory.write8(SECOND, 0x77);
    expect(runAgain(machine)).toBe(0x55337766);
  });

  it('that writes over its own second part has been fetched already', () => {
    const machine = machineWithPages();
    machine.load(SECOND - 4, 'c7 05 00 10 01 00 90 90 90 90', '43', 'e6 f4'); // mov dword [11000h], ...
    machine.registers.ebx = 0;
    expect(machine.run().reason).toBe('requested');
    expect(machine.registers.ebx).toBe(1);
    machine.registers.eip = SECOND;
    expect(machine.run().reason).toBe('requested');
    expect(machine.registers.ebx).toBe(2);
  });

  it('is counted once', () => {
    const machine = machineWithPages();
    runAgain(machine);
    expect(machine.processor.instructions).toBe(5);
  });
});

describe('an instruction whose second page is not present', () => {
  it('raises #PF at the second page and is restarted', () => {
    const machine = machineWithPages();
    machine.unmap(SECOND);
    machine.set({ eip: START, eax: 0 });
    expect(machine.runToException()).toMatchObject({ vector: 14, error: 0, eip: START });
    expect(machine.registers.cr2).toBe(SECOND);
    expect(machine.registers.eax).toBe(0);
    expect(machine.processor.instructions).toBe(1); // the handler's OUT
    machine.map(SECOND, SECOND);
    expect(runAgain(machine)).toBe(0x44332211);
  });

  it('does so also when it was executed before', () => {
    const machine = machineWithPages();
    runAgain(machine);
    machine.unmap(SECOND);
    machine.processor.registers.cr0 = machine.registers.cr0;
    machine.registers.eip = START;
    expect(machine.runToException()).toMatchObject({ vector: 14, eip: START });
    expect(machine.registers.cr2).toBe(SECOND);
  });

  it('goes on where an exception handler maps the page', () => {
    const machine = machineWithPages();
    machine.unmap(SECOND);
    // The handler writes the page-table entry: mov dword [3044h], 11007h; add esp, 4; iretd
    machine.handle(14, 'c7 05 44 30 00 00 07 10 01 00', '83 c4 04', 'cf');
    machine.registers.eip = SECOND - 0x1000;
    expect(machine.run().reason).toBe('requested');
    expect(machine.registers.eax).toBe(0x44332211);
    expect(machine.processor.instructions).toBe(8);
  });

  it("at CPL 3 says so when the second page is the supervisor's", () => {
    const machine = machineWithPages();
    machine.setPrivilege(3);
    machine.map(SECOND, SECOND, PAGE.present | PAGE.writable);
    machine.registers.eip = START;
    expect(machine.runToException()).toMatchObject({ vector: 14, error: 5, eip: START });
    expect(machine.registers.cr2).toBe(SECOND);
  });
});

describe('page tables changed without telling the TLB', () => {
  it('do not confuse what is decoded', () => {
    const machine = machineWithPages();
    // In the other first page, the place where the long instruction begins has a short one.
    machine.memory.writeBytes(OTHER + 0xff7, code('43', 'eb 04')); // inc ebx; jmp FFEh
    machine.memory.writeBytes(OTHER + 0xffe, code('e2 f7')); // loop FF7h
    machine.map(OTHER, OTHER);
    machine.map(OTHER + 0x1000, SECOND);
    const loopThere = (): number => {
      machine.set({ eip: OTHER + 0xffe, ecx: 3, ebx: 0 });
      machine.run(6);
      return machine.registers.ebx;
    };
    const before = loopThere();
    machine.set({ eip: START, eax: 0 });
    machine.run(1);
    expect(machine.registers.eax).toBe(0x44332211);
    // The first page is remapped behind the TLB's back, the second with INVLPG.
    machine.map(SECOND - 0x1000, OTHER);
    machine.map(SECOND, OTHER + 0x1000);
    machine.set({ eip: 0x8000 });
    machine.memory.writeBytes(0x8000, code('0f 01 3d 00 10 01 00', 'e9 f2 8f 00 00')); // invlpg [11000h]; jmp START
    machine.set({ esp: 0x7000, ecx: 3 });
    machine.run(2);
    expect(machine.registers.eip).toBe(START);
    machine.run(1);
    expect(loopThere()).toBe(before);
    expect(loopThere()).toBe(before);
  });
});

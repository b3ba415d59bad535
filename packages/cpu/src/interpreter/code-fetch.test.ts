import { describe, expect, it } from 'vitest';
import { code, GuestMachine, PAGE } from '../testing/guest-machine';
import { AT } from '../state/layout';
import { CR4, EFER } from '../state/mode';

const CODE = 0x1_0000;
const OTHER = 0x2_0000;

function paged(): GuestMachine {
  const machine = new GuestMachine();
  machine.enablePaging();
  machine.map(CODE, CODE);
  return machine;
}

describe('the running code page', () => {
  it('remapped and INVLPG: the next instruction comes from the new page', () => {
    const machine = paged();
    // mov dword [3040h], 20007h; invlpg [10000h]; mov eax, 1
    machine.load(CODE, 'c7 05 40 30 00 00 07 00 02 00', '0f 01 3d 00 00 01 00', 'b8 01 00 00 00', 'e6 f4');
    machine.memory.writeBytes(OTHER + 17, code('b8 02 00 00 00', 'e6 f4'));
    machine.run();
    expect(machine.registers.eax).toBe(2);
  });

  it('remapped and CR3 loaded', () => {
    const machine = paged();
    machine.load(CODE, 'c7 05 40 30 00 00 07 00 02 00', '0f 20 d8', '0f 22 d8', 'b8 01 00 00 00', 'e6 f4');
    machine.memory.writeBytes(OTHER + 16, code('b8 02 00 00 00', 'e6 f4'));
    machine.run();
    expect(machine.registers.eax).toBe(2);
  });

  it('another page table by CR3', () => {
    const machine = paged();
    machine.memory.writeBytes(0x4000, machine.memory.readBytes(0x2000, 0x1000));
    machine.memory.writeBytes(0x5000, machine.memory.readBytes(0x3000, 0x1000));
    machine.memory.write32(0x4000, 0x5007);
    machine.memory.write32(0x5040, OTHER | 7);
    // L: mov eax, 4000h / 2000h; mov cr3, eax; inc ebx / ecx; jmp L
    machine.load(CODE, 'b8 00 40 00 00', '0f 22 d8', '43', 'eb f5');
    machine.memory.writeBytes(OTHER, code('b8 00 20 00 00', '0f 22 d8', '41', 'eb f5'));
    machine.set({ ebx: 0, ecx: 0 });
    machine.run(4 * 20);
    expect(machine.registers).toMatchObject({ ebx: 10, ecx: 10 });
  });

  it('unmapped and INVLPG: #PF at the next instruction', () => {
    const machine = paged();
    machine.load(CODE, 'c7 05 40 30 00 00 00 00 00 00', '0f 01 3d 00 00 01 00', '40');
    expect(machine.runToException()).toMatchObject({ vector: 14, error: 0, eip: CODE + 17 });
    expect(machine.registers.cr2).toBe(CODE + 17);
  });

  it('paging turned on and off under it', () => {
    const machine = paged();
    machine.map(CODE, OTHER);
    machine.registers.cr0 = (machine.registers.cr0 & 0x7fff_ffff) >>> 0;
    // mov eax, cr0; or eax, 80000000h; mov cr0, eax; inc ebx
    machine.load(CODE, '0f 20 c0', '0d 00 00 00 80', '0f 22 c0', '43', 'e6 f4');
    machine.memory.writeBytes(OTHER + 11, code('41', '25 ff ff ff 7f', '0f 22 c0'));
    machine.memory.writeBytes(CODE + 20, code('42', 'e6 f4'));
    machine.set({ ebx: 0, ecx: 0, edx: 0 });
    machine.run();
    expect(machine.registers).toMatchObject({ ebx: 0, ecx: 1, edx: 1 });
  });
});

describe('a page that may not be fetched from', () => {
  it("straight on from the page before, at CPL 3: the supervisor's", () => {
    const machine = paged();
    machine.map(CODE + 0x1000, CODE + 0x1000, PAGE.present | PAGE.writable);
    machine.memory.writeBytes(CODE + 0xffe, code('40 40 40'));
    // At CPL 0 it runs.
    machine.memory.writeBytes(CODE + 0x1001, code('e6 f4'));
    machine.registers.eip = CODE + 0xffe;
    expect(machine.run().reason).toBe('requested');
    machine.setPrivilege(3);
    machine.registers.eip = CODE + 0xffe;
    expect(machine.runToException()).toMatchObject({ vector: 14, error: 5, eip: CODE + 0x1000 });
    expect(machine.registers.cr2).toBe(CODE + 0x1000);
  });

  it('after IRET to CPL 3 in the same page', () => {
    const machine = paged();
    machine.map(CODE, CODE, PAGE.present | PAGE.writable);
    // push 23h; push 7000h; push 2; push 1Bh; push 10011h; iretd; inc eax
    machine.load(CODE, '6a 23', '68 00 70 00 00', '6a 02', '6a 1b', '68 11 00 01 00', 'cf', '40');
    expect(machine.runToException()).toMatchObject({ vector: 14, error: 5, eip: CODE + 17, cs: 0x1b });
  });

  it('execute-disable, before and after it was executed at another privilege', () => {
    const machine = new GuestMachine();
    // PAE: PDPT 4000h, directory 5000h, table 6000h; 10000h is NX through 30000h.
    machine.memory.write32(0x4000, 0x5001);
    machine.memory.write32(0x5000, 0x6007);
    for (let page = 0; page < 0x40; page++) machine.memory.write32(0x6000 + 8 * page, (page << 12) | 7);
    machine.memory.write32(0x6000 + 8 * 0x30, CODE | 7);
    machine.memory.write32(0x6000 + 8 * 0x30 + 4, 0x8000_0000);
    machine.state.set32(AT.cr4, machine.state.i32(AT.cr4) | CR4.pae);
    machine.state.set32(AT.efer, EFER.nxe);
    machine.state.set32(AT.cr3, 0x4000);
    for (let n = 0; n < 4; n++) machine.state.set32(AT.pdpte + 8 * n, n === 0 ? 0x5001 : 0);
    machine.registers.cr0 = (machine.registers.cr0 | 0x8000_0000) >>> 0;
    machine.load(CODE, 'ff e0', 'e6 f4');
    for (let n = 0; n < 2; n++) {
      machine.set({ eip: CODE, eax: CODE + 2, esp: 0x8000 });
      expect(machine.run().reason).toBe('requested');
      machine.set({ eip: CODE, eax: 0x3_0002 });
      expect(machine.runToException()).toMatchObject({ vector: 14, error: 0x11, eip: 0x3_0002 });
    }
  });
});

describe('address line 20', () => {
  it('masked: code at 1 MB is that at 0', () => {
    const machine = new GuestMachine({}, { ramBytes: 2 << 20 });
    machine.memory.writeBytes(CODE, code('b8 01 00 00 00', 'e6 f4'));
    machine.memory.writeBytes(CODE + 0x10_0000, code('b8 02 00 00 00', 'e6 f4'));
    for (const [enabled, value] of [
      [true, 2],
      [false, 1],
      [true, 2],
      [false, 1],
    ] as const) {
      machine.processor.setA20(enabled);
      machine.registers.eip = CODE + 0x10_0000;
      machine.run();
      expect(machine.registers.eax).toBe(value);
    }
  });

  it('switched by a port under the running code', () => {
    const machine: GuestMachine = new GuestMachine(
      { writePort: () => machine.processor.setA20(false) },
      { ramBytes: 2 << 20 },
    );
    machine.load(CODE + 0x10_0000, 'e6 92', 'b8 02 00 00 00', 'e6 f4');
    machine.memory.writeBytes(CODE + 2, code('b8 01 00 00 00', 'e6 f4'));
    machine.run();
    expect(machine.registers.eax).toBe(1);
  });

  it('a write through the masked address drops the code it changes', () => {
    const machine = new GuestMachine({}, { ramBytes: 2 << 20 });
    machine.processor.setA20(false);
    machine.load(CODE, 'c6 05 08 00 11 00 05', 'b8 01 00 00 00', 'e6 f4');
    machine.run();
    expect(machine.registers.eax).toBe(5);
  });
});

describe('where there is no RAM', () => {
  it.each([
    ['the video window', 0xa_0000],
    ['behind RAM', 0x10_0000],
    ['the top', 0xffff_f000],
  ])('%s: #UD', (_name, address) => {
    const machine = new GuestMachine();
    machine.load(CODE, 'ff e0');
    machine.registers.eax = address;
    expect(machine.runToException()).toMatchObject({ vector: 6, eip: address });
  });

  it('straight on from RAM, and in the middle of an instruction', () => {
    const machine = new GuestMachine();
    machine.load(0x9_fffe, '40 40');
    expect(machine.runToException()).toMatchObject({ vector: 6, eip: 0xa_0000 });
    machine.load(0x9_fffe, 'b8 01');
    expect(machine.runToException()).toMatchObject({ vector: 6, eip: 0x9_fffe });
  });

  it('a page table that lies there maps nothing', () => {
    const machine = paged();
    machine.memory.write32(0x2000 + 4 * 5, 0xf000_0007);
    machine.load(CODE, 'ff e0');
    machine.registers.eax = 5 << 22;
    expect(machine.runToException()).toMatchObject({ vector: 14, eip: 5 << 22 });
  });
});

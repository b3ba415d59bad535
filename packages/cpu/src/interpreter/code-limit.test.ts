import { describe, expect, it } from 'vitest';
import { code, GuestMachine, SELECTOR } from '../testing/guest-machine';

/** Code segments with this base: offset 0 is linear 10000h. */
const BASE = 0x1_0000;

function machineWithLimit(limit: number, options: { base?: number; bits?: 16 | 32 } = {}): GuestMachine {
  const { base = BASE, bits = 32 } = options;
  const machine = new GuestMachine();
  machine.memory.writeBytes(BASE, new Uint8Array(0x4000).fill(0x43)); // inc ebx
  machine.registers.setSegment('cs', {
    selector: SELECTOR.code,
    base,
    limit,
    attributes: bits === 32 ? 0x409b : 0x009b,
  });
  machine.set({ ebx: 0, ecx: 1 });
  return machine;
}

describe('straight-line code', () => {
  it.each([
    ['in the middle of a page', 0x1804, 0x17f0],
    ['at the end of a page', 0x1fff, 0x1ff0],
    ['in the first byte of a page', 0x2000, 0x1ff8],
    ['one byte', 0, 0],
  ])('stops at a limit %s', (_name, limit, eip) => {
    const machine = machineWithLimit(limit);
    machine.registers.eip = eip;
    expect(machine.runToException()).toMatchObject({ vector: 13, error: 0, eip: limit + 1 });
    expect(machine.registers.ebx).toBe(limit + 1 - eip);
    expect(machine.processor.instructions).toBe(limit + 2 - eip);
  });

  it.each([0x1ff0, 0x1fff, 0x2001])('an instruction that ends beyond limit %i is not executed', (limit) => {
    const machine = machineWithLimit(limit);
    machine.memory.writeBytes(BASE + limit - 3, code('b8 11 22 33 44')); // mov eax: its last byte lies beyond
    machine.set({ eip: limit - 6, eax: 0 });
    expect(machine.runToException()).toMatchObject({ vector: 13, error: 0, eip: limit - 3 });
    expect(machine.registers.eax).toBe(0);
    expect(machine.registers.ebx).toBe(3);
  });

  it.each([0x1ff0, 0x1fff, 0x2001])('an instruction that ends at limit %i is', (limit) => {
    const machine = machineWithLimit(limit);
    machine.memory.writeBytes(BASE + limit - 4, code('b8 11 22 33 44'));
    machine.set({ eip: limit - 6, eax: 0 });
    expect(machine.runToException()).toMatchObject({ vector: 13, eip: limit + 1 });
    expect(machine.registers.eax).toBe(0x44332211);
  });

  it('may be decoded: the limit still holds when the segment is made smaller', () => {
    const machine = machineWithLimit(0x3fff);
    machine.memory.writeBytes(BASE + 0x2ffe, code('b8 11 22 33 44', 'e6 f4'));
    machine.registers.eip = 0x2ff0;
    expect(machine.run().reason).toBe('requested');
    for (const limit of [0x3001, 0x2fff, 0x2ff8]) {
      machine.registers.setSegment('cs', { ...machine.registers.segment('cs'), limit, base: BASE });
      machine.set({ eip: 0x2ff0, ebx: 0, esp: 0x8000 });
      expect(machine.runToException()).toMatchObject({ vector: 13, eip: Math.min(limit + 1, 0x2ffe) });
      machine.registers.setSegment('cs', { selector: SELECTOR.code, base: BASE, limit, attributes: 0x409b });
    }
  });

  it('with a base that is not page-aligned', () => {
    const machine = machineWithLimit(0x17ff, { base: BASE + 0x123 });
    machine.registers.eip = 0x1700;
    expect(machine.runToException()).toMatchObject({ vector: 13, eip: 0x1800 });
    expect(machine.registers.ebx).toBe(0x100);
  });

  it('REP near the limit counts its iterations', () => {
    const machine = machineWithLimit(0x1804);
    machine.memory.writeBytes(BASE + 0x1800, code('f3 aa', '43 43 43'));
    machine.set({ eip: 0x1800, ecx: 100, edi: 0x3_0000, eax: 7 });
    expect(machine.runToException()).toMatchObject({ vector: 13, eip: 0x1805 });
    expect(machine.processor.instructions).toBe(104);
    expect(machine.registers.ecx).toBe(0);
  });

  it('a page-granular limit of a flat base', () => {
    const machine = machineWithLimit(BASE + 0x1fff, { base: 0 });
    machine.registers.eip = BASE + 0x1ffc;
    expect(machine.runToException()).toMatchObject({ vector: 13, eip: BASE + 0x2000 });
    expect(machine.registers.ebx).toBe(4);
  });
});

// A branch beyond the limit faults itself: EIP, ESP and ECX are those before it (SDM vol. 2, JMP, CALL, RET, LOOP).
describe('a branch beyond the limit raises #GP(0) at the branch', () => {
  it.each([
    ['jmp rel8', 'eb 70'],
    ['jmp rel32', 'e9 00 20 00 00'],
    ['jmp rel32, backwards', 'e9 00 00 ff ff'],
    ['jz', '74 70'],
    ['jz rel32', '0f 84 00 20 00 00'],
    ['jmp eax', 'ff e0'],
    ['jmp [esp]', 'ff 24 24'],
    ['call rel32', 'e8 00 20 00 00'],
    ['call eax', 'ff d0'],
    ['ret', 'c3'],
    ['ret 8', 'c2 08 00'],
    ['loop', 'e2 70'],
    ['loop with 16-bit CX', '67 e2 70'],
    ['jecxz', 'e3 70'],
  ])('%s', (name, bytes) => {
    const machine = machineWithLimit(0x1023);
    machine.load(BASE + 0x1000, bytes);
    const ecx = name === 'jecxz' ? 0 : 5;
    machine.set({ eip: 0x1000, eax: 0x1024, ecx, esp: 0x7000, eflags: 0x42 });
    machine.memory.write32(0x7000, 0x1024);
    expect(machine.runToException()).toMatchObject({ vector: 13, error: 0, eip: 0x1000 });
    expect(machine.registers.esp).toBe(0x7000 - 16);
    expect(machine.registers.ecx).toBe(ecx);
  });

  it('but not one that is not taken, nor one to the last byte', () => {
    const machine = machineWithLimit(0x1023);
    machine.load(BASE + 0x1000, '75 70', 'e8 1c 00 00 00'); // jnz beyond; call 1023h
    machine.memory.write8(BASE + 0x1023, 0xc3);
    machine.memory.writeBytes(BASE + 0x1007, code('e6 f4'));
    machine.set({ eip: 0x1000, eflags: 0x42 });
    expect(machine.run().reason).toBe('requested');
    expect(machine.registers.eip).toBe(0x1009);
    expect(machine.processor.instructions).toBe(4);
  });
});

describe('16-bit code', () => {
  it('wraps IP in branches', () => {
    const machine = machineWithLimit(0xffff, { bits: 16, base: 0x1_0000 });
    machine.memory.writeBytes(0x1_0010, code('e9 ea ff')); // jmp to FFFDh
    machine.memory.writeBytes(0x1_fffd, code('e9 23 00')); // ends at 10000h; jmp to 23h
    machine.memory.writeBytes(0x1_0023, code('e6 f4'));
    machine.registers.eip = 0x10;
    expect(machine.run().reason).toBe('requested');
    expect(machine.registers.eip).toBe(0x25);
    expect(machine.processor.instructions).toBe(3);
  });

  it('does not wrap IP from one instruction to the next', () => {
    const machine = machineWithLimit(0xffff, { bits: 16 });
    machine.memory.writeBytes(0x1_fffe, code('43 43'));
    machine.registers.eip = 0xfffe;
    expect(machine.runToException()).toMatchObject({ vector: 13, eip: 0x10000 });
    expect(machine.registers.ebx).toBe(2);
  });

  it('an operand-size prefix gives a branch 32 bits', () => {
    const machine = machineWithLimit(0xffff, { bits: 16 });
    machine.memory.writeBytes(BASE + 0x1000, code('66 e9 00 00 01 00'));
    machine.registers.eip = 0x1000;
    expect(machine.runToException()).toMatchObject({ vector: 13, error: 0, eip: 0x1000 });
  });
});

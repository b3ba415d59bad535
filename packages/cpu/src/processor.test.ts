import { describe, expect, it } from 'vitest';
import { GuestMachine, SELECTOR } from './testing/guest-machine';

const CODE = 0x1_0000;

describe('shutdown', () => {
  it('by a triple fault; nothing runs afterwards until reset', () => {
    const machine = new GuestMachine();
    machine.registers.setTable('idtr', { base: 0, limit: 0 });
    machine.load(CODE, '40', '0f 0b', '40');
    expect(machine.run()).toEqual({ reason: 'shutdown' });
    expect(machine.registers.eip).toBe(CODE + 1);
    expect(machine.processor.instructions).toBe(1);
    machine.processor.raiseNmi();
    machine.processor.setInterruptLine(true);
    expect(machine.run()).toEqual({ reason: 'shutdown' });
    expect(machine.processor.instructions).toBe(1);
    expect(machine.processor.recentExceptions().map(({ vector }) => vector)).toEqual([6, 13, 8]);
    machine.processor.setInterruptLine(false);
    machine.processor.reset();
    expect(machine.registers.eip).toBe(0xfff0);
    expect(machine.run(1)).not.toEqual({ reason: 'shutdown' });
  });

  it.each(['interrupt', 'NMI'])('while an %s is delivered, before another instruction', (kind) => {
    const machine = new GuestMachine();
    machine.registers.setTable('idtr', { base: 0, limit: 0 });
    machine.load(CODE, '40', '40');
    machine.set({ eflags: 0x202, eax: 0 });
    if (kind === 'NMI') machine.processor.raiseNmi();
    else machine.processor.setInterruptLine(true);
    expect(machine.run()).toEqual({ reason: 'shutdown' });
    expect(machine.processor.instructions).toBe(0);
    expect(machine.registers.eax).toBe(0);
  });

  it('by a stack that cannot be written', () => {
    const machine = new GuestMachine();
    machine.enablePaging();
    machine.map(CODE, CODE);
    machine.load(CODE, '0f 0b');
    machine.registers.esp = 0x20_0000;
    expect(machine.run()).toEqual({ reason: 'shutdown' });
  });
});

it('a handler that faults at its first instruction does not keep run from returning', () => {
  const machine = new GuestMachine();
  machine.handle(6, '0f 0b');
  machine.load(CODE, '0f 0b');
  machine.registers.esp = 0x9_0000;
  for (let n = 0; n < 5; n++) expect(machine.run(1e6)).toEqual({ reason: 'budget' });
  expect(machine.processor.instructions).toBe(0);
  // Mended from outside, it goes on.
  machine.handle(6, 'e6 f4');
  expect(machine.run().reason).toBe('requested');
});

it('a second reset has the same effect as the first', () => {
  const machine = new GuestMachine();
  machine.processor.reset();
  const first = machine.processor.dumpRegisters();
  machine.memory.writeBytes(0xf_fff0, Uint8Array.of(0x40, 0xf4));
  machine.run();
  machine.processor.reset();
  expect(machine.processor.dumpRegisters()).toBe(first);
  expect(machine.processor.instructions).toBe(0);
});

describe('two processors on two memories', () => {
  function program(seed: number): GuestMachine {
    const seen: number[] = [];
    const machine: GuestMachine = new GuestMachine({
      readPort: () => seed + seen.length,
      writePort: (_port, _size, value) => seen.push(value),
    });
    machine.handle(6, '83 04 24 02', 'cf');
    // L: in al, 80h; add ebx, eax; push ebx; ud2; inc byte [1000Eh], which is the immediate of mov edx; out 80h, al; loop L
    machine.load(
      CODE,
      'e4 80',
      '01 c3',
      '53',
      '0f 0b',
      'fe 05 0e 00 01 00',
      'ba 00 00 00 00',
      'e6 80',
      'e2 ea',
      'f4',
    );
    machine.set({ ebx: seed, ecx: 200, eax: 0x10 });
    return machine;
  }

  it('interleaved do what each does alone', () => {
    const alone = [3, 77].map((seed) => {
      const machine = program(seed);
      machine.run(100_000);
      return { ...machine.snapshot(), instructions: machine.processor.instructions };
    });
    const machines = [3, 77].map(program);
    for (let n = 0; n < 2000; n++) machines[n % 2]!.run(1 + (n % 7));
    for (const machine of machines) machine.run(100_000);
    expect(
      machines.map((machine) => ({ ...machine.snapshot(), instructions: machine.processor.instructions })),
    ).toEqual(alone);
    expect(alone[0]!.instructions).toBeGreaterThan(1000);
    expect(alone[0]!.registers).not.toBe(alone[1]!.registers);
    expect(alone[0]!.registers).toContain('ECX=00000000');
  });

  it("may run from inside each other's callbacks", () => {
    const inner = new GuestMachine();
    inner.load(CODE, '40', 'eb fd');
    inner.registers.eax = 0;
    const outer = new GuestMachine({ readPort: () => (inner.run(10), inner.registers.eax) });
    outer.load(CODE, 'e4 80', 'e4 80', '40', 'e6 f4');
    expect(outer.run().reason).toBe('requested');
    expect(outer.registers.eax & 0xff).toBe(11);
    expect(outer.processor.instructions).toBe(4);
    expect(inner.processor.instructions).toBe(20);
  });
});

describe('virtual-8086 mode', () => {
  /** Enters it by IRETD at 2000h:10h (linear 20010h) with the given flags. */
  function v86(flags: number, ...instructions: string[]): GuestMachine {
    const machine = new GuestMachine();
    const bytes = Uint8Array.from(instructions.join(' ').split(' '), (byte) => parseInt(byte, 16));
    machine.memory.writeBytes(0x2_0010, bytes);
    const frame = [0x10, 0x2000, flags, 0x100, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000];
    frame.forEach((value, n) => machine.memory.write32(0x7f00 + 4 * n, value));
    machine.load(CODE, 'cf');
    machine.registers.esp = 0x7f00;
    return machine;
  }

  it('addresses by segment * 16 and returns through an exception', () => {
    // mov ax, 1234h; mov [0020h], ax; push ax; hlt
    const machine = v86(0x2_0002, 'b8 34 12', 'a3 20 00', '50', 'f4');
    expect(machine.runToException()).toMatchObject({ vector: 13, error: 0, eip: 0x17, cs: 0x2000 });
    expect(machine.memory.read16(0x5_0020)).toBe(0x1234);
    expect(machine.memory.read16(0x3_00fe)).toBe(0x1234);
    const { esp } = machine.registers;
    const saved = [4, 5, 6, 7, 8, 9].map((n) => machine.memory.read32(esp + 4 * n));
    expect(saved).toEqual([0xfe, 0x3000, 0x4000, 0x5000, 0x6000, 0x7000]);
    expect(machine.registers.segment('ds').selector).toBe(0);
  });

  it('CLI, STI, PUSHF, POPF, INT n and IRET fault with IOPL below 3', () => {
    for (const bytes of ['fa', 'fb', '9c', '9d', 'cd 30', 'cf']) {
      expect(v86(0x2_0002, bytes).runToException()).toMatchObject({
        vector: 13,
        error: 0,
        eip: 0x10,
        cs: 0x2000,
      });
    }
  });

  it('with IOPL 3 PUSHF and CLI work', () => {
    const machine = v86(0x2_3202, 'fa', '9c', '58', 'f4');
    expect(machine.runToException()).toMatchObject({ vector: 13, eip: 0x13 });
    expect(machine.registers.eax & 0xffff).toBe(0x3002);
  });

  it('an interrupt leaves it and IRETD returns to it', () => {
    const machine = v86(0x2_0202, '40', '40', 'f4');
    machine.handle(0x20, 'cf');
    machine.run(2);
    machine.processor.setInterruptLine(true);
    machine.run(1);
    machine.processor.setInterruptLine(false);
    expect(machine.runToException()).toMatchObject({ vector: 13, eip: 0x12, cs: 0x2000 });
    expect(machine.registers.eax & 0xffff).toBe(2);
  });
});

it('the GDT of tests has the selectors that it names', () => {
  const machine = new GuestMachine();
  machine.load(CODE, '66 b8 38 00', '8e d8', 'e6 f4'); // mov ax, 38h; mov ds, ax
  machine.run();
  expect(machine.registers.segment('ds')).toMatchObject({ selector: SELECTOR.data16, limit: 0xffff });
});

import { describe, expect, it } from 'vitest';
import { GuestMachine } from '../testing/guest-machine';

const CODE = 0x1_0000;

/**
 * Loops, calls, string instructions, faults (UD2, skipped by its handler), port I/O, segment loads, a page crossing, and
 * self-modification.
 */
function busyMachine(): GuestMachine {
  const machine = new GuestMachine();
  machine.handle(6, '83 04 24 02', 'cf'); // add dword [esp], 2; iretd
  machine.load(
    CODE + 0xfcb,
    'b9 06 00 00 00', // mov ecx, 6
    '51', // L: push ecx
    'bf 00 00 02 00', // mov edi, 20000h
    'be 00 00 03 00', // mov esi, 30000h
    'b9 15 00 00 00', // mov ecx, 21
    'f3 a5', // rep movsd
    'b9 09 00 00 00', // mov ecx, 9
    'f3 aa', // rep stosb
    'b9 03 00 00 00', // mov ecx, 3
    'f3 6e', // rep outsb
    '0f 0b', // ud2
    'e6 80', // out 80h, al
    '8e d0', // mov ss, eax
    'fe 05 ff 0f 01 00', // inc byte [10FFFh]: the immediate's second byte
    '81 c3 01 00 00 00', // add ebx, imm32, in two pages
    'fb fa', // sti; cli
    '9c 9d', // pushfd; popfd
    '59', // pop ecx
    '49', // dec ecx
    '75 c6', // jnz L
    'f4',
  );
  machine.set({ eax: 0x10, ebx: 0, edx: 0x80 });
  return machine;
}

function outcome(machine: GuestMachine, step: (n: number) => number): unknown {
  let stop;
  let n = 0;
  do stop = machine.run(step(n++));
  while (stop.reason === 'budget' && n < 10_000);
  return {
    stop,
    ...machine.snapshot(),
    instructions: machine.processor.instructions,
    exceptions: machine.processor.recentExceptions().length,
  };
}

describe('run(n)', () => {
  it('does the same in steps of any size', () => {
    const whole = outcome(busyMachine(), () => 10_000);
    expect(whole).toMatchObject({ stop: { reason: 'halted-forever' }, exceptions: 6 });
    for (const size of [1, 2, 3, 7, 50]) expect(outcome(busyMachine(), () => size)).toEqual(whole);
    expect(outcome(busyMachine(), (n) => (n * 7) % 11)).toEqual(whole);
  });

  it('executes exactly n instructions', () => {
    const machine = busyMachine();
    for (let n = 1; n <= 100; n++) {
      expect(machine.run(n % 5)).toEqual({ reason: 'budget' });
    }
    expect(machine.processor.instructions).toBe(200);
  });

  it('counts each iteration of REP, and a REP of none as one', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'f3 a4', 'f3 a6', 'f3 aa');
    machine.set({ esi: 0x2_0000, edi: 0x3_0000, ecx: 100 });
    machine.run(40);
    expect(machine.registers).toMatchObject({ ecx: 60, esi: 0x2_0028, edi: 0x3_0028, eip: CODE });
    machine.run(60);
    expect(machine.registers).toMatchObject({ ecx: 0, eip: CODE + 2 });
    machine.run(2);
    expect(machine.registers).toMatchObject({ ecx: 0, eip: CODE + 6 });
    expect(machine.processor.instructions).toBe(102);
  });

  it('takes budgets of any size', () => {
    for (const budget of [2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, Infinity, 12.5]) {
      const machine = new GuestMachine();
      machine.load(CODE, '40', '40', 'f4');
      expect(machine.run(budget).reason).toBe('halted-forever');
      expect(machine.processor.instructions).toBe(3);
    }
    const machine = new GuestMachine();
    machine.load(CODE, 'eb fe');
    machine.run(2.5);
    machine.run(0);
    machine.run(-1);
    expect(machine.processor.instructions).toBe(2);
  });

  it('does not count an instruction that faults, nor the iteration of REP that does', () => {
    const machine = new GuestMachine();
    machine.enablePaging();
    machine.map(CODE, CODE);
    machine.map(0x2_0000, 0x2_0000);
    machine.load(CODE, '40', 'f3 aa');
    machine.set({ edi: 0x2_0ff0, ecx: 100 });
    expect(machine.runToException()).toMatchObject({ vector: 14, error: 2, eip: CODE + 1 });
    expect(machine.registers).toMatchObject({ ecx: 84, edi: 0x2_1000, cr2: 0x2_1000 });
    expect(machine.processor.instructions).toBe(1 + 16 + 1);
  });

  it("a fault behind the last instruction is the next run's", () => {
    const machine = new GuestMachine();
    machine.enablePaging();
    machine.map(CODE, CODE);
    machine.load(CODE, 'e9 fb 0f 00 00'); // jmp 11000h, which is not mapped
    expect(machine.run(1).reason).toBe('budget');
    expect(machine.registers.eip).toBe(CODE + 0x1000);
    expect(machine.processor.recentExceptions()).toEqual([]);
    expect(machine.runToException()).toMatchObject({ vector: 14, eip: CODE + 0x1000 });
  });
});

describe('the instruction count inside callbacks', () => {
  it('includes what ran before code was decoded in the same run', () => {
    const seen: number[] = [];
    const machine: GuestMachine = new GuestMachine({
      writePort: () => seen.push(machine.processor.instructions),
    });
    // inc eax; out; jmp to another page: inc eax; out; hlt
    machine.load(CODE, '40', 'e6 80', 'e9 f8 0f 00 00');
    machine.memory.writeBytes(CODE + 0x1000, Uint8Array.of(0x40, 0xe6, 0x80, 0xf4));
    machine.run();
    expect(seen).toEqual([2, 5]);
    expect(machine.processor.instructions).toBe(6);
  });

  it('includes the iterations of REP', () => {
    const seen: number[] = [];
    const machine: GuestMachine = new GuestMachine({
      writePort: () => seen.push(machine.processor.instructions),
    });
    machine.load(CODE, '40', 'f3 6e', 'e6 80', 'f4');
    machine.set({ ecx: 3, esi: 0x2_0000, edx: 0x80 });
    machine.run();
    expect(seen).toEqual([2, 3, 4, 5]);
  });

  it('is the same in every division into runs', () => {
    const counts = [1, 4, 1000].map((step) => {
      const seen: number[] = [];
      const machine: GuestMachine = new GuestMachine({
        writePort: () => seen.push(machine.processor.instructions),
      });
      machine.load(CODE, 'b9 05 00 00 00', 'e6 80', '51', 'b9 04 00 00 00', 'f3 6e', '59', 'e2 f3', 'f4');
      machine.set({ esi: 0x2_0000, edx: 0x80 });
      while (machine.run(step).reason === 'budget');
      return seen;
    });
    expect(counts[0]).toHaveLength(25);
    expect(counts[1]).toEqual(counts[0]);
    expect(counts[2]).toEqual(counts[0]);
  });
});

describe('a port callback', () => {
  it('that asks to stop ends run after the instruction', () => {
    const machine: GuestMachine = new GuestMachine({ writePort: () => machine.processor.requestStop() });
    machine.load(CODE, '40', 'e6 80', '40', '40');
    machine.registers.eax = 0;
    expect(machine.run()).toEqual({ reason: 'requested' });
    expect(machine.registers).toMatchObject({ eax: 1, eip: CODE + 3 });
    expect(machine.processor.instructions).toBe(2);
    machine.run(1);
    expect(machine.registers.eax).toBe(2);
  });

  it('that asks to stop ends REP after the iteration', () => {
    const machine: GuestMachine = new GuestMachine({ writePort: () => machine.processor.requestStop() });
    machine.load(CODE, 'f3 6e');
    machine.set({ ecx: 3, esi: 0x2_0000, edx: 0x80 });
    expect(machine.run()).toEqual({ reason: 'requested' });
    expect(machine.registers).toMatchObject({ ecx: 2, eip: CODE });
    expect(machine.processor.instructions).toBe(1);
  });

  it('that raises the interrupt line is followed by the interrupt', () => {
    const machine: GuestMachine = new GuestMachine({
      writePort: () => machine.processor.setInterruptLine(true),
    });
    machine.load(CODE, '40', 'e6 80', '40', '40');
    machine.set({ eax: 0, eflags: 0x202 });
    expect(machine.runToException()).toMatchObject({ vector: 0x20, eip: CODE + 3 });
    expect(machine.processor.instructions).toBe(3);
  });

  it('that faults afterwards gives its count back', () => {
    // insd into a page that is read-only: probed first, so the port is not read.
    let reads = 0;
    const machine = new GuestMachine({ readPort: () => reads++ });
    machine.enablePaging();
    machine.map(CODE, CODE);
    machine.map(0x2_0000, 0x2_0000, 5);
    machine.load(CODE, '6d');
    machine.set({ edi: 0x2_0000, edx: 0x80 });
    expect(machine.runToException()).toMatchObject({ vector: 14, error: 3, eip: CODE });
    expect(reads).toBe(0);
    expect(machine.processor.instructions).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import { GuestMachine } from './testing/guest-machine';

const CODE = 0x1_0000;
const TF = 0x100;
const IF = 0x200;

/** EIPs (from CODE) at which single steps were reported until the run's end. */
function stepsOf(machine: GuestMachine): number[] {
  const steps: number[] = [];
  machine.run();
  for (const { vector, eip } of machine.processor.recentExceptions())
    if (vector === 1) steps.push(eip - CODE);
  return steps;
}

describe('the interrupt shadow', () => {
  it('of STI lasts for one instruction', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'fb', '40', '40');
    machine.processor.setInterruptLine(true);
    expect(machine.runToException()).toMatchObject({ vector: 0x20, eip: CODE + 2 });
  });

  it('of STI holds when the line is raised between two runs', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'fb', '40', '40');
    machine.run(1);
    machine.processor.setInterruptLine(true);
    expect(machine.runToException()).toMatchObject({ vector: 0x20, eip: CODE + 2 });
  });

  it('of STI does not exist when IF was set', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'fb', '40', '40');
    machine.registers.eflags = IF | 2;
    machine.run(1);
    machine.processor.setInterruptLine(true);
    expect(machine.runToException()).toMatchObject({ eip: CODE + 1 });
  });

  it('of STI is not prolonged by a second STI', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'fb', 'fb', '40');
    machine.processor.setInterruptLine(true);
    expect(machine.runToException()).toMatchObject({ eip: CODE + 2 });
  });

  it('of STI at CPL 3 with IOPL 3 lasts for one instruction', () => {
    const machine = new GuestMachine();
    machine.setPrivilege(3);
    machine.load(CODE, 'fb', '40', '40');
    machine.registers.eflags = 0x3002;
    machine.processor.setInterruptLine(true);
    expect(machine.runToException()).toMatchObject({ vector: 0x20, eip: CODE + 2 });
  });

  it('STI; CLI lets nothing in', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'fb', 'fa', '40', 'e6 f4');
    machine.processor.setInterruptLine(true);
    machine.run();
    expect(machine.registers.eip).toBe(CODE + 5);
  });

  it.each([
    ['MOV SS', '8e d0', []],
    ['POP SS', '17', [0x10]],
    ['LSS', '0f b2 25 00 00 03 00', undefined],
  ])('of %s', (name, bytes, stack) => {
    const machine = new GuestMachine();
    machine.load(CODE, bytes, '40', '40');
    machine.set({ eax: 0x10, eflags: IF | 2, esp: 0x7ff0 });
    machine.memory.write32(0x7ff0, stack?.[0] ?? 0);
    machine.memory.write32(0x3_0000, 0x8000);
    machine.memory.write16(0x3_0004, 0x10);
    const length = bytes.split(' ').length;
    machine.run(1);
    machine.processor.setInterruptLine(true);
    // LSS sets the stack pointer itself and inhibits nothing.
    expect(machine.runToException()).toMatchObject({
      vector: 0x20,
      eip: CODE + length + (name === 'LSS' ? 0 : 1),
    });
  });

  it('of MOV SS ends with the next instruction, whatever ends the run', () => {
    const machine = new GuestMachine();
    machine.load(CODE, '8e d0', '40', '40', '40', '40');
    machine.set({ eax: 0x10, eflags: IF | 2 });
    machine.run(4);
    machine.processor.setInterruptLine(true);
    expect(machine.runToException()).toMatchObject({ eip: CODE + 5 });
  });

  it('ends when the next instruction faults', () => {
    const machine = new GuestMachine();
    machine.useTrapGate(6);
    machine.handle(6, '40', '40');
    machine.load(CODE, 'fb', '0f 0b');
    machine.processor.setInterruptLine(true);
    expect(machine.runToException()).toMatchObject({ vector: 0x20, eip: 0x1060 });
  });

  it('also inhibits NMI after MOV SS', () => {
    const machine = new GuestMachine();
    machine.load(CODE, '8e d0', '40', '40');
    machine.registers.eax = 0x10;
    machine.run(1);
    machine.processor.raiseNmi();
    expect(machine.runToException()).toMatchObject({ vector: 2, eip: CODE + 3 });
  });
});

describe('single steps', () => {
  it('after every instruction that began with TF set', () => {
    const machine = new GuestMachine();
    machine.handle(1, 'cf');
    // push 102h; popfd; inc eax; inc eax; push 2; popfd; inc eax; out
    machine.load(CODE, '68 02 01 00 00', '9d', '40', '40', '6a 02', '9d', '40', 'e6 f4');
    machine.registers.eax = 0;
    expect(stepsOf(machine)).toEqual([7, 8, 10, 11]);
    expect(machine.registers.eax).toBe(3);
  });

  it('sets DR6.BS and clears TF for the handler', () => {
    const machine = new GuestMachine();
    machine.load(CODE, '40', '40');
    machine.registers.eflags = TF | 2;
    expect(machine.runToException()).toMatchObject({ vector: 1, eip: CODE + 1 });
    expect(machine.registers.eflags & TF).toBe(0);
    machine.load(CODE, '0f 21 f0', 'e6 f4'); // mov eax, dr6
    machine.run();
    expect(machine.registers.eax & 0x4000).toBe(0x4000);
  });

  it('IRET that sets TF: first after the instruction it returns to', () => {
    const machine = new GuestMachine();
    machine.handle(1, 'c7 44 24 08 02 00 00 00', 'cf'); // mov dword [esp+8], 2; iretd
    machine.load(CODE, '68 02 01 00 00', '6a 08', '68 0d 00 01 00', 'cf', '40', '40', 'e6 f4');
    expect(stepsOf(machine)).toEqual([14]);
  });

  it('after every iteration of REP', () => {
    const machine = new GuestMachine();
    machine.handle(1, 'cf');
    machine.load(CODE, 'f3 aa', '40');
    machine.set({ edi: 0x2_0000, ecx: 3, eflags: TF | 2 });
    machine.run(2 * 4);
    expect(machine.processor.recentExceptions().map(({ eip }) => eip - CODE)).toEqual([0, 0, 2, 3]);
  });

  it('after every iteration of REP OUTS', () => {
    const machine = new GuestMachine();
    machine.handle(1, 'cf');
    machine.load(CODE, 'f3 6e', '40');
    machine.set({ esi: 0x2_0000, ecx: 3, edx: 0x80, eflags: TF | 2 });
    machine.run(2 * 4);
    expect(machine.processor.recentExceptions().map(({ eip }) => eip - CODE)).toEqual([0, 0, 2, 3]);
  });

  it('not behind MOV SS, but behind the instruction after it', () => {
    const machine = new GuestMachine();
    machine.handle(1, 'cf');
    machine.load(CODE, '8e d0', '40', '40', 'f4');
    machine.set({ eax: 0x10, eflags: TF | 2 });
    machine.run(3 + 2);
    expect(machine.processor.recentExceptions().map(({ eip }) => eip - CODE)).toEqual([3, 4]);
  });

  it('not for an instruction that faults, nor for INT n', () => {
    const machine = new GuestMachine();
    machine.handle(0x30, 'cf');
    machine.load(CODE, 'cd 30', '0f 0b');
    machine.registers.eflags = TF | 2;
    machine.run(2);
    expect(machine.processor.recentExceptions()).toEqual([]);
    machine.run(1);
    // IRET restores TF: UD2 begins with it, and faults.
    expect(machine.processor.recentExceptions().map(({ vector }) => vector)).toEqual([6]);
  });

  it('comes before an interrupt that is pending at the same time', () => {
    const machine: GuestMachine = new GuestMachine({
      writePort: () => machine.processor.setInterruptLine(true),
    });
    machine.load(CODE, 'e6 80', '40');
    machine.registers.eflags = TF | IF | 2;
    expect(machine.runToException()).toMatchObject({ vector: 1, eip: CODE + 2 });
  });

  it('ends HLT', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'f4', '40');
    machine.registers.eflags = TF | 2;
    expect(machine.runToException()).toMatchObject({ vector: 1, eip: CODE + 1 });
  });
});

describe('HLT', () => {
  it('waits for the interrupt line, with IF set', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'fb', 'f4', '40');
    expect(machine.run()).toEqual({ reason: 'halted' });
    expect(machine.run()).toEqual({ reason: 'halted' });
    expect(machine.processor.instructions).toBe(2);
    machine.processor.setInterruptLine(true);
    expect(machine.runToException()).toMatchObject({ vector: 0x20, eip: CODE + 2 });
  });

  it('STI; HLT with an interrupt pending is woken at once', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'fb', 'f4', '40');
    machine.processor.setInterruptLine(true);
    expect(machine.runToException()).toMatchObject({ vector: 0x20, eip: CODE + 2 });
  });

  it('with IF clear only NMI ends it', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'f4', '40');
    expect(machine.run()).toEqual({ reason: 'halted-forever' });
    machine.processor.setInterruptLine(true);
    expect(machine.run()).toEqual({ reason: 'halted-forever' });
    machine.processor.raiseNmi();
    expect(machine.runToException()).toMatchObject({ vector: 2, eip: CODE + 1 });
  });

  it('a stop asked for while halted does not cut the next run short', () => {
    const machine = new GuestMachine();
    machine.load(CODE, 'fb', 'f4', '40', 'e6 f4');
    machine.handle(0x20, 'cf');
    expect(machine.run().reason).toBe('halted');
    machine.processor.requestStop();
    expect(machine.run().reason).toBe('requested');
    expect(machine.run().reason).toBe('halted');
  });

  it('at CPL 3 raises #GP(0)', () => {
    const machine = new GuestMachine();
    machine.setPrivilege(3);
    machine.load(CODE, 'f4');
    expect(machine.runToException()).toMatchObject({ vector: 13, error: 0, eip: CODE });
  });
});

describe('NMI', () => {
  it('is delivered whatever IF is, and before INTR', () => {
    const machine = new GuestMachine();
    machine.load(CODE, '40');
    machine.registers.eflags = IF | 2;
    machine.processor.setInterruptLine(true);
    machine.processor.raiseNmi();
    expect(machine.runToException()).toMatchObject({ vector: 2, eip: CODE });
  });

  it('is blocked from its delivery until IRET, and then taken at once', () => {
    const machine = new GuestMachine();
    machine.handle(2, '41', '41', 'cf'); // inc ecx; inc ecx; iretd
    machine.load(CODE, '40', '40', '40');
    machine.set({ ecx: 0, eax: 0 });
    machine.processor.raiseNmi();
    machine.run(1);
    machine.processor.raiseNmi();
    machine.run(1);
    expect(machine.registers).toMatchObject({ ecx: 2, eip: 0x1022 });
    machine.run(2); // iretd; the first instruction of the second delivery
    expect(machine.registers).toMatchObject({ ecx: 3, eax: 0 });
    machine.run(3);
    expect(machine.registers).toMatchObject({ ecx: 4, eax: 1 });
  });

  it('while pending is remembered once', () => {
    const machine = new GuestMachine();
    machine.handle(2, '41', 'cf');
    machine.load(CODE, '40', '40', 'e6 f4');
    machine.registers.ecx = 0;
    for (let n = 0; n < 3; n++) machine.processor.raiseNmi();
    machine.run();
    expect(machine.registers.ecx).toBe(1);
  });
});

describe('the interrupt line', () => {
  it.each([
    ['STI', 'fb 40', 2],
    ['POPFD', '68 02 02 00 00 9d 40', 6],
    ['IRETD', '68 02 02 00 00 6a 08 68 0d 00 01 00 cf 40', 13],
  ])('is looked at after %s', (_name, bytes, at) => {
    const machine = new GuestMachine();
    machine.load(CODE, bytes, '40 40 40 40 e6 f4');
    machine.processor.setInterruptLine(true);
    expect(machine.runToException()).toMatchObject({ vector: 0x20, eip: CODE + at });
  });

  it('lowered again before IF is set, it was nothing', () => {
    const machine = new GuestMachine();
    machine.load(CODE, '40', 'fb', '40', 'e6 f4');
    machine.processor.setInterruptLine(true);
    machine.run(1);
    machine.processor.setInterruptLine(false);
    machine.run();
    expect(machine.registers.eip).toBe(CODE + 5);
  });

  it('interrupts REP between iterations', () => {
    let outs = 0;
    const machine: GuestMachine = new GuestMachine({
      writePort: () => machine.processor.setInterruptLine(++outs === 2),
    });
    machine.load(CODE, 'f3 6e', '40');
    machine.set({ esi: 0x2_0000, ecx: 5, edx: 0x80, eflags: IF | 2 });
    expect(machine.runToException()).toMatchObject({ vector: 0x20, eip: CODE });
    expect(machine.registers.ecx).toBe(3);
  });
});

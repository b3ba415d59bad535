import { describe, expect, test } from 'vitest';
import type { MachineExit } from '../machine-exit';
import { checkOptions, type MachineOptions } from '../machine-options';
import type { ProcessorStop } from '../run-loop';
import type { HostScheduler } from '../time/host-scheduler';
import { Board, type BoardProcessor } from './board';

/** A processor whose program is a function, called once a slice. */
class ScriptedProcessor implements BoardProcessor {
  instructions = 0;
  line = false;
  a20 = false;
  script: (budget: number) => ProcessorStop['reason'] = () => 'halted';
  run(budget: number): ProcessorStop {
    const reason = this.script(budget);
    if (reason === 'budget') this.instructions += budget;
    return { reason };
  }
  requestStop(): void {}
  setInterruptLine(asserted: boolean): void {
    this.line = asserted;
  }
  raiseNmi(): void {}
  setA20(enabled: boolean): void {
    this.a20 = enabled;
  }
  dumpRegisters(): string {
    return '';
  }
}

function board(options: MachineOptions = {}) {
  const processor = new ScriptedProcessor();
  const host = { now: () => performance.now(), date: () => Date.UTC(2026, 4, 6, 7, 8, 9) };
  const settings = checkOptions(options);
  return { processor, board: new Board({ processor, options, settings, host, report: () => '' }) };
}

/** Sleeps of no time: only for machines that count instructions. */
const impatient: HostScheduler = {
  yield: async () => {},
  sleep: async () => {},
  wake: () => {},
  close: () => {},
};

/** Runs `script` as one slice of the guest. */
async function runOnce(made: ReturnType<typeof board>, script: (b: Board) => void): Promise<MachineExit> {
  made.processor.script = () => {
    script(made.board);
    return 'requested';
  };
  return made.board.loop.run(impatient);
}

describe('as firmware leaves it', () => {
  const { processor, board: pc } = board({ memoryMiB: 64 });

  test('A20 is on and all interrupts are masked', () => {
    expect(processor.a20).toBe(true);
    expect([pc.readPort(0x21, 1), pc.readPort(0xa1, 1)]).toEqual([0xff, 0xff]);
    expect(pc.readPort(0x4d0, 2)).toBe(0x0e00);
  });

  test('a PCI scan finds the chip set, with power management at 600h', () => {
    const config = (place: number, register: number): number => {
      pc.writePort(0xcf8, 4, (0x80000000 | (place << 8) | register) >>> 0);
      return pc.readPort(0xcfc, 4);
    };
    const found = Array.from({ length: 256 }, (_, place) => config(place, 0)).filter(
      (id) => id !== 0xffffffff,
    );
    expect(found.map((id) => id.toString(16))).toEqual(['12378086', '70008086', '71138086']);
    expect(config(0x0b, 0x40)).toBe(0x601);
    expect(config(0x08, 0x60)).toBe(0x0b0b0a0a);
  });

  test('CMOS tells the memory size', () => {
    const cmos = (index: number): number => {
      pc.writePort(0x70, 1, index);
      return pc.readPort(0x71, 1);
    };
    expect(cmos(0x34) + 256 * cmos(0x35)).toBe((64 - 16) * 16);
  });

  test('nothing answers where nothing is', () => {
    expect([pc.readPort(0x300, 4), pc.readMmio(0xc0000000, 4)]).toEqual([0xffffffff, 0xffffffff]);
  });

  test('the power-management ports moved onto others are nowhere, and come back', () => {
    pc.writePort(0xcf8, 4, 0x80000b40);
    pc.writePort(0xcfc, 4, 0x3c1);
    expect(pc.ports.nameOf(0x3f8)).toBe('COM1');
    expect(pc.ports.nameOf(0x604)).toBeUndefined();
    pc.writePort(0xcfc, 4, 0x601);
    expect(pc.ports.nameOf(0x604)).toBe('ACPI power management');
  });
});

describe('the guest ends the run', () => {
  const debugExit = { iobase: 0xf4, iosize: 4 };
  test.each<[string, MachineExit, (pc: Board) => void]>([
    ['power off', { reason: 'power-off' }, (pc) => pc.writePort(0x604, 2, 0x2000)],
    ['debug exit', { reason: 'debug-exit', code: 33 }, (pc) => pc.writePort(0xf4, 1, 0x10)],
    ['keyboard controller', { reason: 'reset' }, (pc) => pc.writePort(0x64, 1, 0xfe)],
    ['port 92h', { reason: 'reset' }, (pc) => pc.writePort(0x92, 1, 0x03)],
    ['port CF9h', { reason: 'reset' }, (pc) => pc.writePort(0xcf9, 1, 0x06)],
  ])('%s', async (_, exit, write) => {
    expect(await runOnce(board({ debugExit }), write)).toEqual(exit);
  });
});

describe('interrupts', () => {
  test('a tick of the 8254 reaches the processor through the 8259', async () => {
    const made = board({ icount: { nanosecondsPerInstruction: 1000, sleep: false } });
    const { processor, board: pc } = made;
    pc.writePort(0x21, 1, 0xfe);
    pc.writePort(0x43, 1, 0x34);
    pc.writePort(0x40, 1, 0xa9);
    pc.writePort(0x40, 1, 0x04); // 1193 pulses: 1 ms
    processor.script = () => {
      if (!processor.line) return 'halted';
      pc.acknowledgeInterrupt();
      pc.writePort(0x20, 1, 0x20);
      if (pc.counters.interrupts[8] === 10) pc.end({ reason: 'stopped' });
      return 'requested';
    };
    await pc.loop.run(impatient);
    expect(pc.statistics().interrupts).toEqual([{ vector: 8, count: 10 }]);
    // The first edge comes when the mode is set: OUT goes high.
    expect(pc.statistics().guestNanoseconds / 1e6).toBeCloseTo(9, 1);
  });

  test('serial input waits for the guest and arrives complete', async () => {
    const received: number[] = [];
    const made = board({ icount: { sleep: false } });
    const { board: pc } = made;
    pc.writePort(0x3fa, 1, 0x01);
    pc.sendSerial('x'.repeat(40) + 'é');
    await runOnce(made, () => {
      while (pc.readPort(0x3fd, 1) & 1) received.push(pc.readPort(0x3f8, 1));
      if (received.length === 42) pc.end({ reason: 'stopped' });
    });
    expect(received.slice(39)).toEqual([0x78, 0xc3, 0xa9]);
    expect(pc.serialInput.backlog).toBe(0);
  });

  test('output reaches the embedder; every access is counted', () => {
    const bytes: number[] = [];
    const { board: pc } = board({ serial: { write: (byte) => bytes.push(byte) } });
    for (const byte of [72, 105]) pc.writePort(0x3f8, 1, byte);
    expect(bytes).toEqual([72, 105]);
    expect(pc.statistics().ports[0]).toEqual({ port: 0x3f8, device: 'COM1', reads: 0, writes: 2 });
  });
});

describe('dates', () => {
  const year = (options: MachineOptions): number => {
    const { board: pc } = board(options);
    pc.writePort(0x70, 1, 0x09);
    return pc.readPort(0x71, 1);
  };
  test.each<[string, MachineOptions, number]>([
    ["the host's by default", {}, 0x26],
    ['a fixed one with icount', { icount: true }, 0x00],
    ["the host's with icount, if asked for", { icount: true, rtc: 'host' }, 0x26],
    ['a given one', { rtc: new Date(Date.UTC(1999, 11, 31)) }, 0x99],
  ])('%s', (_, options, bcd) => expect(year(options)).toBe(bcd));
});

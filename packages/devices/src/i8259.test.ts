import { beforeEach, describe, expect, it } from 'vitest';
import { I8259Pair, InterruptInputError } from './i8259';
import { PortBus } from './port-bus';
import { RecordedLine } from './recorded-line.testing';

const MASTER = 0x20;
const SLAVE = 0xa0;
const EOI = 0x20;
const SMM_ON = 0x68;
const READ_IRR = 0x0a;
const READ_ISR = 0x0b;
const POLL = 0x0c;

let bus: PortBus;
let pair: I8259Pair;
let intr: RecordedLine;

const out = (port: number, ...values: number[]): void => values.forEach((value) => bus.write(port, 1, value));
const raise = (...irqs: number[]): void => irqs.forEach((irq) => pair.line(irq).set(true));
const lower = (...irqs: number[]): void => irqs.forEach((irq) => pair.line(irq).set(false));
const isr = (port: number): number => (out(port, READ_ISR), bus.read(port, 1));
const irr = (port: number): number => (out(port, READ_IRR), bus.read(port, 1));
/** Takes interrupts until INTR is low, without any EOI. */
const takeAll = (): number[] => {
  const vectors: number[] = [];
  while (intr.level && vectors.length < 20) vectors.push(pair.acknowledge());
  return vectors;
};

function initialize(masterIcw4 = 0x01, slaveIcw4 = 0x01): void {
  out(MASTER, 0x11);
  out(MASTER + 1, 0x20, 0x04, masterIcw4, 0x00);
  out(SLAVE, 0x11);
  out(SLAVE + 1, 0x28, 0x02, slaveIcw4, 0x00);
}

beforeEach(() => {
  bus = new PortBus();
  intr = new RecordedLine();
  pair = new I8259Pair(intr);
  pair.attach(bus);
  initialize();
});

describe('priorities', () => {
  it('delivers the highest request, and only higher ones until EOI', () => {
    raise(5, 3);
    expect(takeAll()).toEqual([0x23]);
    raise(1);
    expect(takeAll()).toEqual([0x21]);
    expect(isr(MASTER)).toBe(0x0a);
    out(MASTER, EOI); // of 1
    expect(takeAll()).toEqual([]);
    out(MASTER, EOI); // of 3
    expect(takeAll()).toEqual([0x25]);
  });

  it('puts the slave between 1 and 3', () => {
    raise(3, 12, 8);
    expect(takeAll()).toEqual([0x28]);
    expect([isr(MASTER), isr(SLAVE)]).toEqual([0x04, 0x01]);
    out(SLAVE, EOI);
    out(MASTER, EOI);
    expect(takeAll()).toEqual([0x2c]);
    out(SLAVE, EOI);
    out(MASTER, EOI);
    expect(takeAll()).toEqual([0x23]);
  });

  it('lets a slave interrupt itself only under special fully nested mode', () => {
    raise(12);
    takeAll();
    raise(8);
    expect(takeAll()).toEqual([]);
    lower(8, 12);
    initialize(0x11);
    raise(12);
    takeAll();
    raise(8);
    expect(takeAll()).toEqual([0x28]);
    raise(3);
    expect(takeAll()).toEqual([]);
  });

  it('masks', () => {
    out(MASTER + 1, 0x10);
    raise(4);
    expect(intr.level).toBe(false);
    expect([bus.read(MASTER + 1, 1), irr(MASTER)]).toEqual([0x10, 0x10]);
    out(MASTER + 1, 0);
    expect(takeAll()).toEqual([0x24]);
  });

  it('can be read and masked before any initialization', () => {
    const fresh = new I8259Pair(intr);
    fresh.master.write(1, 0xfb);
    expect(fresh.master.read(1)).toBe(0xfb);
  });
});

describe('triggering', () => {
  it('wants a new edge after each acknowledge', () => {
    raise(4);
    takeAll();
    out(MASTER, EOI);
    expect(takeAll()).toEqual([]);
    lower(4);
    raise(4);
    expect(takeAll()).toEqual([0x24]);
  });

  it('forgets a request that falls before it is acknowledged', () => {
    raise(4);
    lower(4);
    expect([intr.level, irr(MASTER)]).toEqual([false, 0]);
  });

  it('repeats a level until it falls', () => {
    out(0x4d1, 0x02);
    raise(9);
    expect(takeAll()).toEqual([0x29]);
    out(SLAVE, EOI);
    out(MASTER, EOI);
    expect(takeAll()).toEqual([0x29]);
    lower(9);
    out(SLAVE, EOI);
    out(MASTER, EOI);
    expect(takeAll()).toEqual([]);
  });

  it('keeps the reserved bits of the edge/level registers clear', () => {
    bus.write(0x4d0, 2, 0xffff);
    expect(bus.read(0x4d0, 2)).toBe(0xdef8);
  });

  it('takes ICW1.LTIM for all inputs', () => {
    out(MASTER, 0x19);
    out(MASTER + 1, 0x20, 0x04, 0x01);
    raise(4);
    takeAll();
    out(MASTER, EOI);
    expect(takeAll()).toEqual([0x24]);
  });

  it('wants a new edge after an initialization', () => {
    raise(4);
    initialize();
    expect(takeAll()).toEqual([]);
  });
});

describe('spurious interrupts', () => {
  it('gives level 7 of the master, without an in-service bit', () => {
    expect(pair.acknowledge()).toBe(0x27);
    expect(isr(MASTER)).toBe(0);
  });

  it('gives IRQ 15 when the slave finds nothing, with the cascade in service', () => {
    pair.master.setInput(2, true);
    expect(pair.acknowledge()).toBe(0x2f);
    expect([isr(MASTER), isr(SLAVE)]).toEqual([0x04, 0x00]);
  });
});

describe('commands', () => {
  it('specific EOI clears what it names', () => {
    raise(5);
    takeAll();
    raise(1);
    takeAll();
    out(MASTER, 0x65);
    expect(isr(MASTER)).toBe(0x02);
  });

  it('automatic EOI leaves nothing in service', () => {
    initialize(0x03, 0x03);
    raise(4, 1, 10, 9);
    expect(takeAll()).toEqual([0x21, 0x29, 0x2a, 0x24]);
    expect([isr(MASTER), isr(SLAVE)]).toEqual([0, 0]);
  });

  it('automatic EOI with rotation serves in turn', () => {
    initialize(0x03);
    out(MASTER, 0x80);
    raise(1);
    takeAll();
    lower(1);
    raise(0, 1, 3);
    expect(takeAll()).toEqual([0x23, 0x20, 0x21]);
  });

  it('rotation on EOI makes the served level the lowest', () => {
    raise(3);
    takeAll();
    lower(3);
    out(MASTER, 0xa0);
    raise(3, 4);
    expect(takeAll()).toEqual([0x24]);
  });

  it('set priority names the lowest level', () => {
    out(MASTER, 0xc4);
    raise(0, 4, 6);
    expect(takeAll()).toEqual([0x26]);
  });

  it('special mask mode lets lower levels through while a masked one is in service', () => {
    raise(1);
    takeAll();
    raise(5);
    out(MASTER + 1, 0x02);
    expect(takeAll()).toEqual([]);
    out(MASTER, SMM_ON);
    expect(takeAll()).toEqual([0x25]);
    out(MASTER, EOI); // not of the masked level 1
    expect(isr(MASTER)).toBe(0x02);
  });

  it('poll acknowledges by a read', () => {
    raise(6);
    out(MASTER, POLL);
    expect(bus.read(MASTER, 1)).toBe(0x86);
    expect(isr(MASTER)).toBe(0x40);
    out(MASTER, POLL);
    expect(bus.read(MASTER, 1)).toBe(0);
  });

  it('needs no ICW3 when single, and no ICW4 when not announced', () => {
    out(MASTER, 0x12);
    out(MASTER + 1, 0x40, 0xf0);
    expect(bus.read(MASTER + 1, 1)).toBe(0xf0);
    out(MASTER, 0x10);
    out(MASTER + 1, 0x40, 0x04, 0x0f);
    expect(bus.read(MASTER + 1, 1)).toBe(0x0f);
  });
});

it.each([2, 16, -1, 1.5])('has no input %d', (irq) => {
  expect(() => pair.line(irq)).toThrow(InterruptInputError);
});

it('restores a saved state, in service and pending', () => {
  raise(3);
  takeAll();
  raise(1, 4);
  const other = new RecordedLine();
  const copy = new I8259Pair(other);
  copy.restoreState(pair.saveState());
  expect(other.level).toBe(true);
  expect(copy.acknowledge()).toBe(0x21);
  copy.master.write(0, EOI);
  copy.master.write(0, EOI);
  expect(copy.acknowledge()).toBe(0x24);
  expect(() => copy.restoreState({ ...pair.saveState(), version: 9 as 1 })).toThrow('version 9');
});

import { beforeEach, describe, expect, it } from 'vitest';
import { I8042 } from './i8042';
import { PortBus } from './port-bus';
import { RecordedLine } from './recorded-line.testing';

let bus: PortBus;
let controller: I8042;
let irq1: RecordedLine;
let a20: RecordedLine;
let resets: number;

const command = (...values: number[]): void => values.forEach((value) => bus.write(0x64, 1, value));
const data = (...values: number[]): void => values.forEach((value) => bus.write(0x60, 1, value));
const status = (): number => bus.read(0x64, 1);
/** All that can be read from port 60h now. */
const readAll = (): number[] => {
  const bytes: number[] = [];
  while (status() & 1) bytes.push(bus.read(0x60, 1));
  return bytes;
};

beforeEach(() => {
  bus = new PortBus();
  irq1 = new RecordedLine();
  a20 = new RecordedLine();
  resets = 0;
  controller = new I8042({ irq1, a20, reset: () => resets++ });
  controller.attach(bus);
});

describe('controller commands', () => {
  it.each<[string, number[], number[], number[]]>([
    ['self test', [0xaa], [], [0x55]],
    ['keyboard test', [0xab], [], [0x00]],
    ['auxiliary test fails', [0xa9], [], [0x02]],
    ['command byte', [0x20], [], [0x65]],
    ['no password', [0xa4], [], [0xf1]],
    ['input port', [0xc0], [], [0x80]],
    ['output port', [0xd0], [], [0xcd]],
    ['write output buffer', [0xd2], [0x42], [0x42]],
    ['auxiliary loop', [0xd3], [0x5a], [0x5a]],
    ['nothing', [0xb0], [], []],
  ])('%s', (_name, commands, parameters, replies) => {
    command(...commands);
    data(...parameters);
    expect(readAll()).toEqual(replies);
  });

  it('writes and reads its memory', () => {
    command(0x60);
    data(0x47);
    command(0x20);
    expect(readAll()).toEqual([0x47]);
    command(0x7f);
    data(0x99);
    command(0x3f);
    expect(readAll()).toEqual([0x99]);
  });

  it('keeps the auxiliary bit of the command byte, though nothing is there', () => {
    command(0xa8, 0x20);
    expect(readAll()).toEqual([0x45]);
    command(0xa7, 0x20);
    expect(readAll()).toEqual([0x65]);
  });

  it('does not mark the auxiliary loop as auxiliary data, so that probing ends there', () => {
    command(0xd3);
    data(0x5a);
    expect(status() & 0x21).toBe(0x01);
  });

  it('answers for the missing auxiliary device with a timeout', () => {
    command(0xd4);
    data(0xff);
    expect([status() & 0x61, irq1.level]).toEqual([0x61, false]);
    expect(readAll()).toEqual([0xfe]);
    expect(status() & 0x60).toBe(0);
  });

  it('tells commands from data in its status', () => {
    command(0xae);
    expect(status() & 0x08).toBe(0x08);
    data(0xee);
    expect(status() & 0x08).toBe(0);
  });
});

describe('output port', () => {
  it('gates A20', () => {
    command(0xd1);
    data(0xdf);
    expect([a20.level, resets]).toEqual([true, 0]);
    command(0xd0);
    expect(readAll()[0]! & 0x02).toBe(0x02);
    command(0xdd);
    expect(a20.level).toBe(false);
    command(0xdf);
    expect(a20.level).toBe(true);
  });

  it.each([
    ['pulse', [0xfe], [], 1],
    ['pulse of other lines', [0xff], [], 0],
    ['write', [0xd1], [0xfe], 1],
  ])('resets by %s', (_name, commands, parameters, count) => {
    command(...commands);
    data(...parameters);
    expect(resets).toBe(count);
  });
});

describe('keyboard', () => {
  it('sends set 1 through the translation, a byte and an edge at a time', () => {
    controller.pressKey([0x1e]);
    controller.pressKey([0x9e]);
    expect([irq1.level, irq1.rises]).toEqual([true, 1]);
    expect(readAll()).toEqual([0x1e, 0x9e]);
    expect([irq1.level, irq1.rises]).toEqual([false, 2]);
  });

  it('sends set 2 without the translation', () => {
    command(0x60);
    data(0x25);
    controller.pressKey([0xe0, 0xc8]);
    expect(readAll()).toEqual([0xe0, 0xf0, 0x75]);
  });

  it('gives its last byte again when nothing is new', () => {
    controller.pressKey([0x1e]);
    bus.read(0x60, 1);
    expect(bus.read(0x60, 1)).toBe(0x1e);
  });

  it('is identified as translated', () => {
    data(0xf2);
    expect(readAll()).toEqual([0xfa, 0xab, 0x41]);
    data(0xff);
    expect(readAll()).toEqual([0xfa, 0xaa]);
  });

  it('does not interrupt when the command byte forbids', () => {
    command(0x60);
    data(0x64);
    controller.pressKey([0x1e]);
    expect([irq1.level, status() & 1]).toEqual([false, 1]);
    command(0x60);
    data(0x65);
    expect(irq1.level).toBe(true);
  });

  it('waits while disabled; a byte for it enables it', () => {
    command(0xad);
    controller.pressKey([0x1e]);
    expect(readAll()).toEqual([]);
    command(0x20);
    expect(readAll()).toEqual([0x75]);
    command(0xae);
    expect(readAll()).toEqual([0x1e]);
    command(0xad);
    data(0xee);
    expect(readAll()).toEqual([0xee]);
  });

  it('restores a saved state in the middle of a key', () => {
    controller.pressKey([0x1e, 0x9e, 0x1f]);
    bus.read(0x60, 1);
    const saved = controller.saveState();
    const line = new RecordedLine();
    const copy = new I8042({ irq1: line, a20, reset: () => undefined });
    copy.restoreState(saved);
    expect([line.level, copy.read(0), copy.read(0)]).toEqual([true, 0x9e, 0x1f]);
    expect(saved.version).toBe(1);
  });
});

it('does not grow when a guest never reads', () => {
  for (let i = 0; i < 1000; i++) {
    command(0xaa, 0xd2);
    data(i & 0xff, 0xff);
  }
  expect(readAll().length).toBeLessThan(8);
});

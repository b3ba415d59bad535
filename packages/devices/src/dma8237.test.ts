import { beforeEach, expect, it } from 'vitest';
import { DmaPair } from './dma8237';
import { PortBus } from './port-bus';

let bus: PortBus;
let dma: DmaPair;

beforeEach(() => {
  bus = new PortBus();
  dma = new DmaPair();
  dma.attach(bus);
});

it('takes addresses and counts low byte first', () => {
  bus.write(0x0c, 1, 0);
  bus.write(0x04, 1, 0x34);
  bus.write(0x04, 1, 0x12);
  bus.write(0x05, 1, 0xff);
  bus.write(0x05, 1, 0x01);
  bus.write(0x81, 1, 0x0a);
  expect([dma.low.channels[2]!.count, dma.physicalAddress(2)]).toEqual([0x1ff, 0xa1234]);
  expect([bus.read(0x04, 1), bus.read(0x04, 1)]).toEqual([0x34, 0x12]);
});

it('addresses words on the high channels', () => {
  bus.write(0xd8, 1, 0);
  bus.write(0xc4, 1, 0x00);
  bus.write(0xc4, 1, 0x80);
  bus.write(0x8b, 1, 0x13);
  expect(dma.physicalAddress(5)).toBe(0x13_0000);
});

it.each<[string, [number, number][], number]>([
  ['at first all', [], 0x0f],
  ['one cleared', [[0x0a, 0x02]], 0x0b],
  [
    'one set',
    [
      [0x0e, 0],
      [0x0a, 0x05],
    ],
    0x02,
  ],
  ['all written', [[0x0f, 0x05]], 0x05],
  [
    'master clear',
    [
      [0x0e, 0],
      [0x0d, 0],
    ],
    0x0f,
  ],
])('masks: %s', (_name, writes, masks) => {
  for (const [port, value] of writes) bus.write(port, 1, value);
  expect(bus.read(0x0f, 1) & 0x0f).toBe(masks);
});

it('keeps unused page registers as memory, and leaves port 80h alone', () => {
  bus.write(0x84, 1, 0x55);
  expect([bus.read(0x84, 1), bus.read(0x80, 1)]).toEqual([0x55, 0xff]);
});

it('restores a saved state', () => {
  bus.write(0x0b, 1, 0x46);
  bus.write(0x83, 1, 0x12);
  bus.write(0x02, 1, 0x34);
  const copy = new DmaPair();
  copy.restoreState(dma.saveState());
  expect(copy.saveState()).toEqual(dma.saveState());
  expect(copy.physicalAddress(1)).toBe(0x12_0034);
});

import { expect, it } from 'vitest';
import { DebugConsole } from './debug-console';
import { DebugExit } from './debug-exit';
import { Port92 } from './port92';
import { PortBus } from './port-bus';
import { Post } from './post';
import { RecordedLine } from './recorded-line.testing';
import { ResetControl } from './reset-control';

it.each<[1 | 2 | 4, number, number]>([
  [1, 0x00, 0x01],
  [1, 0x10, 0x21],
  [1, 0xff, 0x1ff],
  [2, 0x1234, 0x2469],
  [4, 0xffff_ffff, 0xffff_ffff],
])('debug exit: %i bytes of %x end with code %x', (size, value, code) => {
  const codes: number[] = [];
  const bus = new PortBus();
  new DebugExit((exit) => codes.push(exit)).attach(bus, 0xf4, 4);
  bus.write(0xf4, size, value);
  expect(codes).toEqual([code]);
});

it('debug console: shows text and can be found', () => {
  let text = '';
  const bus = new PortBus();
  const console = new DebugConsole((byte) => (text += String.fromCharCode(byte)));
  console.attach(bus);
  console.attach(bus, 0x402);
  for (const character of 'hi') bus.write(0xe9, 1, character.charCodeAt(0));
  bus.write(0x402, 1, 0x21);
  expect([text, bus.read(0xe9, 1)]).toEqual(['hi!', 0xe9]);
});

it('POST: keeps the last code', () => {
  const bus = new PortBus();
  const codes: number[] = [];
  const post = new Post((code) => codes.push(code));
  post.attach(bus);
  bus.write(0x80, 1, 0x31);
  bus.write(0x80, 1, 0x32);
  expect([codes, bus.read(0x80, 1), post.saveState()]).toEqual([
    [0x31, 0x32],
    0x32,
    { version: 1, code: 0x32 },
  ]);
});

it('port 92h: gates A20, and resets on the rise of bit 0', () => {
  const bus = new PortBus();
  const a20 = new RecordedLine();
  let resets = 0;
  const port = new Port92({ a20, reset: () => resets++ });
  port.attach(bus);
  bus.write(0x92, 1, 0x02);
  expect([a20.level, resets, bus.read(0x92, 1)]).toEqual([true, 0, 0x02]);
  bus.write(0x92, 1, 0xff);
  bus.write(0x92, 1, 0x01);
  expect([a20.level, resets]).toEqual([false, 1]);
  port.restoreState({ version: 1, value: 2 });
  expect(a20.level).toBe(true);
});

it('reset control: resets on the rise of bit 2', () => {
  const kinds: string[] = [];
  const bus = new PortBus();
  new ResetControl((kind) => kinds.push(kind)).attach(bus);
  for (const value of [0x02, 0x06, 0x06, 0x00, 0x04]) bus.write(0xcf9, 1, value);
  expect([kinds, bus.read(0xcf9, 1)]).toEqual([['hard', 'soft'], 0x04]);
});

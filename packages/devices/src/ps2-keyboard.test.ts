import { expect, it } from 'vitest';
import { Ps2Keyboard } from './ps2-keyboard';

const sentBy = (keyboard: Ps2Keyboard): number[] => {
  const bytes: number[] = [];
  for (let byte = keyboard.send(); byte !== undefined; byte = keyboard.send()) bytes.push(byte);
  return bytes;
};

it.each<[string, number[], number[]]>([
  ['LEDs', [0xed, 0x05], [0xfa, 0xfa]],
  ['echo', [0xee], [0xee]],
  ['which set', [0xf0, 0x00], [0xfa, 0xfa, 0x02]],
  ['set 1', [0xf0, 0x01, 0xf0, 0x00], [0xfa, 0xfa, 0xfa, 0xfa, 0x01]],
  ['no set 3', [0xf0, 0x03], [0xfa, 0xfe]],
  ['identification', [0xf2], [0xfa, 0xab, 0x83]],
  ['typematic rate', [0xf3, 0x20], [0xfa, 0xfa]],
  ['enable', [0xf4], [0xfa]],
  ['disable', [0xf5], [0xfa]],
  ['defaults', [0xf6], [0xfa]],
  ['all keys typematic', [0xf7], [0xfa]],
  ['resend', [0xee, 0xfe], [0xee, 0xee]],
  ['reset', [0xff], [0xfa, 0xaa]],
  ['a command instead of a parameter', [0xed, 0xee], [0xfa, 0xee]],
  ['nonsense', [0x12], [0xfe]],
])('%s', (_name, commands, replies) => {
  const keyboard = new Ps2Keyboard();
  expect(commands.flatMap((byte) => (keyboard.command(byte), sentBy(keyboard)))).toEqual(replies);
});

it('shows its LEDs', () => {
  const keyboard = new Ps2Keyboard();
  keyboard.command(0xed);
  keyboard.command(0x07);
  expect(keyboard.leds).toBe(7);
});

it('sends replies before keys, and keys in its set', () => {
  const keyboard = new Ps2Keyboard();
  keyboard.press([0x1e, 0x9e]);
  keyboard.command(0xee);
  expect(sentBy(keyboard)).toEqual([0xee, 0x1c, 0xf0, 0x1c]);
  keyboard.command(0xf0);
  keyboard.command(0x01);
  sentBy(keyboard);
  keyboard.press([0xe0, 0x48]);
  expect(sentBy(keyboard)).toEqual([0xe0, 0x48]);
});

it('takes whole keys only, and none while disabled', () => {
  const keyboard = new Ps2Keyboard();
  for (let i = 0; i < 7; i++) expect(keyboard.press([0xe0, 0x48])).toBe(true);
  expect([keyboard.press([0xe0, 0xc8]), keyboard.press([0x1e])]).toEqual([false, true]);
  keyboard.command(0xf5);
  expect([sentBy(keyboard), keyboard.press([0x1e])]).toEqual([[0xfa], false]);
});

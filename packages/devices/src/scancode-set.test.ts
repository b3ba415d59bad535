import { describe, expect, it } from 'vitest';
import { set2FromSet1, translateToSet1 } from './scancode-set';

describe('scan codes', () => {
  it.each<[string, number, number]>([
    ['Escape', 0x76, 0x01],
    ['A', 0x1c, 0x1e],
    ['Enter', 0x5a, 0x1c],
    ['Space', 0x29, 0x39],
    ['left Shift', 0x12, 0x2a],
    ['left Ctrl', 0x14, 0x1d],
    ['left Alt', 0x11, 0x38],
    ['Backspace', 0x66, 0x0e],
    ['F1', 0x05, 0x3b],
    ['F7', 0x83, 0x41],
    ['F12', 0x07, 0x58],
    ['SysRq', 0x84, 0x54],
    ['Num Lock', 0x77, 0x45],
    ['Up', 0x75, 0x48],
    ['Delete', 0x71, 0x53],
  ])('%s: %x is %x', (_key, set2, set1) => {
    expect(translateToSet1(set2)).toBe(set1);
    expect(set2FromSet1([set1])).toEqual([set2]);
  });

  it.each([0xaa, 0xab, 0xe0, 0xe1, 0xee, 0xfa, 0xfe, 0xff])('%x is no key and stays', (byte) => {
    expect(translateToSet1(byte)).toBe(byte);
  });

  it('has a set 2 code for every code of set 1', () => {
    for (let code = 1; code < 0x80; code++) {
      const [set2] = set2FromSet1([code]);
      expect(translateToSet1(set2!)).toBe(code);
    }
  });

  it.each([
    ['release', [0x9e], [0xf0, 0x1c]],
    ['extended', [0xe0, 0x48, 0xe0, 0xc8], [0xe0, 0x75, 0xe0, 0xf0, 0x75]],
    ['Pause', [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5], [0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77]],
  ])('%s', (_name, set1, set2) => expect(set2FromSet1(set1)).toEqual(set2));
});

import { describe, expect, it } from 'vitest';
import { readFlags, writeFlags } from '../state/flags';
import { AT } from '../state/layout';
import { STATUS } from './context';
import { TestProcessor } from './test-processor';

const GP = { fault: 13, error: 0 };

describe('CLI, STI, PUSHF, POPF', () => {
  it.each([
    [0, 0, true],
    [3, 0, false],
    [3, 3, true],
  ] as const)('CPL %i, IOPL %i: CLI allowed %s', (cpl, iopl, allowed) => {
    const cpu = new TestProcessor().enterProtectedMode(cpl);
    writeFlags(cpu.state, 0x202 | (iopl << 12));
    expect(cpu.execute('fa')).toEqual(allowed ? STATUS.next : GP);
    expect((readFlags(cpu.state) & 0x200) === 0).toBe(allowed);
  });

  it('STI inhibits interrupts for one instruction', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.state.set32(AT.interruptPending, 1);
    expect(cpu.execute('fb')).toBe(STATUS.exit);
    expect([cpu.get('interruptShadow'), cpu.get('eflags') & 0x200]).toEqual([1, 0x200]);
  });

  it.each([
    ['CPL 0 changes IOPL and IF', 0, 0x0002, 0x27_7fd7, 0x24_7fd7],
    ['CPL 3 changes neither', 3, 0x0002, 0x27_7fd7, 0x24_4dd7],
    ['CPL 3 with IOPL 3 changes IF', 3, 0x3002, 0x0000_0202, 0x3202],
    ['RF is cleared', 0, 0x1_0002, 0x1_0002, 0x0002],
  ] as const)('POPFD: %s', (_what, cpl, before, image, after) => {
    const cpu = new TestProcessor().enterProtectedMode(cpl);
    writeFlags(cpu.state, before);
    cpu.write32(cpu.gpr(4), image);
    cpu.execute('9d');
    expect(readFlags(cpu.state)).toBe(after);
  });

  it('PUSHFD hides RF and VM', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    writeFlags(cpu.state, 0x1_0246);
    cpu.execute('9c');
    expect(cpu.stack(1)).toEqual([0x246]);
  });
});

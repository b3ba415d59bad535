import { describe, expect, it } from 'vitest';
import { readFlags } from '../state/flags';
import { AT } from '../state/layout';
import { STATUS } from './context';
import { TestProcessor } from './test-processor';

describe('reset', () => {
  it('is as table 9-1 says', () => {
    const cpu = new TestProcessor();
    expect([
      cpu.get('rip'),
      cpu.selector('cs'),
      cpu.base('cs'),
      cpu.get('cr0'),
      readFlags(cpu.state),
      cpu.gpr(2),
    ]).toEqual([0xfff0, 0xf000, 0xffff_0000, 0x6000_0010, 2, 0x00a6_0f12]);
    expect([
      cpu.limit('ds'),
      cpu.state.u32(AT.idtrLimit),
      cpu.state.u32(AT.dr + 48),
      cpu.state.u32(AT.dr + 56),
    ]).toEqual([0xffff, 0xffff, 0xffff_0ff0, 0x400]);
  });

  it('HLT stops behind itself', () => {
    const cpu = new TestProcessor();
    expect(cpu.execute('f4')).toBe(STATUS.exit);
    expect([cpu.halted, cpu.get('rip')]).toEqual([true, 0xfff1]);
  });
});

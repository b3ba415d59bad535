import { describe, expect, it } from 'vitest';
import { AT } from '../state/layout';
import { SELECTOR, TestProcessor } from './test-processor';

const GP = { fault: 13, error: 0 };

describe('SYSENTER and SYSEXIT, SYSCALL and SYSRET', () => {
  function user(): TestProcessor {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.state.set32(AT.sysenterCs, SELECTOR.code0);
    cpu.state.set32(AT.sysenterEsp, 0x8000);
    cpu.state.set32(AT.sysenterEip, 0x1_2340);
    return cpu;
  }

  it('SYSENTER enters level 0, SYSEXIT leaves it', () => {
    const cpu = user();
    cpu.state.set32(AT.eflags, 0x200);
    cpu.setGpr(0, 4);
    cpu.execute('0f 34');
    expect(cpu.systemCalls).toEqual([
      { kind: 'sysenter', vector: -1, eax: 4, cs: SELECTOR.code3, eip: cpu.ip },
    ]);
    expect([
      cpu.get('cpl'),
      cpu.selector('cs'),
      cpu.selector('ss'),
      cpu.gpr(4),
      cpu.get('rip'),
      cpu.get('eflags'),
    ]).toEqual([0, SELECTOR.code0, SELECTOR.data0, 0x8000, 0x1_2340, 0]);
    cpu.setGpr(1, 0x9000);
    cpu.setGpr(2, 0x1_0002);
    cpu.execute('0f 35');
    expect([cpu.get('cpl'), cpu.selector('cs'), cpu.selector('ss'), cpu.gpr(4), cpu.get('rip')]).toEqual([
      3,
      SELECTOR.code0 + 16 + 3,
      SELECTOR.code0 + 24 + 3,
      0x9000,
      0x1_0002,
    ]);
  });

  it('without a code segment #GP(0); SYSEXIT at CPL 3 #GP(0)', () => {
    const cpu = user();
    expect(cpu.execute('0f 35')).toEqual(GP);
    cpu.state.set32(AT.sysenterCs, 3);
    expect(cpu.execute('0f 34')).toEqual(GP);
  });

  it('SYSCALL and SYSRET need EFER.SCE', () => {
    const cpu = user();
    expect(cpu.execute('0f 05')).toEqual({ fault: 6, error: -1 });
    cpu.state.set64(AT.efer, 1n);
    cpu.state.set64(AT.star, 0x0018_0008_0001_2340n);
    cpu.execute('0f 05');
    expect([cpu.get('cpl'), cpu.gpr(1), cpu.get('rip'), cpu.selector('ss')]).toEqual([
      0,
      0x1_0002,
      0x1_2340,
      SELECTOR.data0,
    ]);
    cpu.execute('0f 07');
    expect([cpu.get('cpl'), cpu.get('rip'), cpu.selector('cs'), cpu.selector('ss')]).toEqual([
      3, 0x1_0002, 0x1b, 0x23,
    ]);
  });
});

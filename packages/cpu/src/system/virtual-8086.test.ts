import { describe, expect, it } from 'vitest';
import { readFlags } from '../state/flags';
import { AT } from '../state/layout';
import { deliverInterrupt } from './interrupts';
import { SELECTOR, TABLES, TestProcessor } from './test-processor';

const HANDLER = 0x1_2340;

describe('virtual-8086 mode', () => {
  it('an interrupt saves the data segments, loads null ones, and IRETD restores everything', () => {
    const cpu = new TestProcessor().enterVirtual8086(3);
    cpu.idtGate(0x20, SELECTOR.code0, HANDLER, 0x8e);
    expect(deliverInterrupt(cpu, 0x20, 'external')).toEqual({ kind: 'delivered' });
    expect(cpu.stack(9)).toEqual([0, 0x1000, 0x2_3202, 0x1000, 0x800, 0x600, 0x700, 0x500, 0x400]);
    expect([cpu.get('cpl'), cpu.selector('ds'), cpu.attributes('gs'), readFlags(cpu.state)]).toEqual([
      0, 0, 0, 0x3002,
    ]);

    cpu.execute('cf');
    expect([cpu.get('cpl'), readFlags(cpu.state), cpu.get('rip'), cpu.gpr(4)]).toEqual([
      3, 0x2_3202, 0, 0x1000,
    ]);
    expect([cpu.base('cs'), cpu.base('ss'), cpu.base('es'), cpu.base('gs')]).toEqual([
      0x1_0000, 0x8000, 0x6000, 0x4000,
    ]);
    expect([cpu.limit('ds'), cpu.attributes('ds')]).toEqual([0xffff, 0xf3]);
  });

  it.each([
    ['a handler at level 3', SELECTOR.code3],
    ['a conforming handler', SELECTOR.conforming],
  ])('%s is #GP', (_what, selector) => {
    const cpu = new TestProcessor().enterVirtual8086(3);
    cpu.idtGate(0x21, selector, HANDLER, 0xee);
    expect(cpu.execute('cd 21')).toEqual({ fault: 13, error: selector & 0xfffc });
  });

  it.each(['cd 21', 'cf', '9c', '9d', 'fa', 'fb'])('with IOPL 0 %s is #GP(0)', (code) => {
    const cpu = new TestProcessor().enterVirtual8086(0);
    expect(cpu.execute(code)).toEqual({ fault: 13, error: 0 });
  });

  it('INT3 and INTO do not look at IOPL', () => {
    const cpu = new TestProcessor().enterVirtual8086(0);
    cpu.idtGate(3, SELECTOR.code0, HANDLER, 0xee);
    cpu.execute('cc');
    expect(cpu.get('rip')).toBe(HANDLER);
  });

  it('with IOPL 3 POPF changes IF but not IOPL', () => {
    const cpu = new TestProcessor().enterVirtual8086(3);
    cpu.write16(0x8000 + 0x1000, 0x0044);
    cpu.execute('9d');
    expect(readFlags(cpu.state)).toBe(0x2_3046);
  });

  it.each(['0f 00 d8', '0f 00 c8', '0f 02 c0', '0f 03 c0', '0f 00 e0', '63 c0'])('%s is #UD', (code) => {
    expect(new TestProcessor().enterVirtual8086(3).execute(code)).toMatchObject({ fault: 6 });
  });

  it('loads of segment registers need no descriptors', () => {
    const cpu = new TestProcessor().enterVirtual8086(3);
    cpu.setGpr(0, 0xb800);
    cpu.execute('8e c0');
    expect([cpu.selector('es'), cpu.base('es'), cpu.limit('es')]).toEqual([0xb800, 0xb8000, 0xffff]);
  });

  it('ports are checked in the bitmap even with IOPL 3', () => {
    const cpu = new TestProcessor().enterVirtual8086(3);
    cpu.setGpr(2, 0x60);
    cpu.write16(TABLES.tss + 0x66, 0x68);
    expect(cpu.execute('ec')).toEqual({ fault: 13, error: 0 });
    cpu.state.set32(AT.segmentLimit + 28, 0x100);
    expect(cpu.execute('ec')).toBe(0);
  });

  it('a far jump beyond 64 KB is #GP(0)', () => {
    const cpu = new TestProcessor().enterVirtual8086(3);
    expect(cpu.execute('66 ea 00 00 01 00 00 20')).toEqual({ fault: 13, error: 0 });
    cpu.execute('ea 34 12 00 20');
    expect([cpu.get('rip'), cpu.base('cs'), cpu.get('cpl')]).toEqual([0x1234, 0x2_0000, 3]);
  });
});

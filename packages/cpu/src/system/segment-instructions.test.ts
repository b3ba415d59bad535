import { describe, expect, it } from 'vitest';
import { AT } from '../state/layout';
import { SELECTOR, TABLES, TestProcessor } from './test-processor';

describe('other segment instructions', () => {
  it.each([
    ['MOV CS', '8e c8'],
    ['MOV to register 6', '8e f0'],
    ['MOV from register 7', '8c f8'],
  ])('%s is #UD', (_what, code) => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    expect(cpu.execute(code)).toEqual({ fault: 6, error: -1 });
  });

  it('MOV from a segment register zero-extends into a 32-bit register', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.setGpr(0, 0xffff_ffff);
    cpu.execute('8c d8');
    expect(cpu.gpr(0)).toBe(SELECTOR.data0);
    cpu.setGpr(0, 0xffff_ffff);
    cpu.execute('66 8c d8');
    expect(cpu.gpr(0)).toBe(0xffff_0000 + SELECTOR.data0);
  });

  it('PUSH and POP', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.execute('0e');
    expect([cpu.gpr(4), cpu.stack(1)]).toEqual([TABLES.stack0 - 4, [SELECTOR.code0]]);
    cpu.write32(TABLES.stack0 - 4, 0xabcd_0000 + SELECTOR.data0);
    cpu.execute('17');
    expect([cpu.gpr(4), cpu.selector('ss'), cpu.get('interruptShadow')]).toEqual([
      TABLES.stack0,
      SELECTOR.data0,
      2,
    ]);
  });

  it('POP of a bad selector leaves the stack pointer', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.write32(TABLES.stack0, SELECTOR.ldt);
    expect(cpu.execute('1f')).toEqual({ fault: 13, error: SELECTOR.ldt });
    expect(cpu.gpr(4)).toBe(TABLES.stack0);
  });

  it('LES loads both or neither', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.write32(0x7000, 0x1234_5678);
    cpu.write16(0x7004, SELECTOR.data16);
    cpu.execute('c4 1d 00 70 00 00');
    expect([cpu.gpr(3), cpu.selector('es')]).toEqual([0x1234_5678, SELECTOR.data16]);
    cpu.write16(0x7004, SELECTOR.ldt);
    expect(cpu.execute('c4 0d 00 70 00 00')).toEqual({ fault: 13, error: SELECTOR.ldt });
    expect(cpu.gpr(1)).toBe(0);
  });

  it('real-address mode keeps the limit', () => {
    const cpu = new TestProcessor();
    cpu.setGpr(0, 0x1234);
    cpu.state.set32(AT.segmentLimit + 12, -1);
    cpu.execute('8e d8');
    expect([cpu.base('ds'), cpu.limit('ds'), cpu.attributes('ds')]).toEqual([0x1_2340, 0xffff_ffff, 0x93]);
  });
});

describe('ENTER', () => {
  it('level 0', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.setGpr(5, 0x1234);
    cpu.execute('c8 10 00 00');
    expect([cpu.gpr(5), cpu.gpr(4), cpu.read32(TABLES.stack0 - 4)]).toEqual([
      TABLES.stack0 - 4,
      TABLES.stack0 - 20,
      0x1234,
    ]);
  });

  it('level 3 copies two frame pointers and pushes its own', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.setGpr(5, 0x7100);
    cpu.write32(0x70fc, 0xa);
    cpu.write32(0x70f8, 0xb);
    cpu.execute('c8 08 00 03');
    const frame = TABLES.stack0 - 4;
    expect([cpu.gpr(5), cpu.gpr(4)]).toEqual([frame, frame - 12 - 8]);
    expect([0, 4, 8, 12].map((n) => cpu.read32(frame - n))).toEqual([0x7100, 0xa, 0xb, frame]);
  });

  it('changes nothing if the new stack pointer cannot be written through', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.absentPages.add(0x7);
    expect(cpu.execute('c8 00 08 00')).toEqual({ fault: 14, error: 2 });
    expect([cpu.gpr(4), cpu.gpr(5)]).toEqual([TABLES.stack0, 0]);
  });
});

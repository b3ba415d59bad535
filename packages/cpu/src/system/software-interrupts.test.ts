import { describe, expect, it } from 'vitest';
import { writeFlags } from '../state/flags';
import { STATUS } from './context';
import { SELECTOR, TABLES, TestProcessor } from './test-processor';

describe('INTO, BOUND, INT1', () => {
  it('INTO does nothing without OF', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.idtGate(4, SELECTOR.code0, 0x1_4000, 0x8e);
    expect(cpu.execute('ce')).toBe(STATUS.next);
    writeFlags(cpu.state, 0x802);
    cpu.execute('ce');
    expect([cpu.get('rip'), cpu.stack(1)]).toEqual([0x1_4000, [TABLES.code + 2]]);
  });

  it.each([
    [-5, true],
    [-6, false],
    [7, true],
    [8, false],
  ])('BOUND %i in -5..7: %s', (index, inside) => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.write32(0x7000, -5);
    cpu.write32(0x7004, 7);
    cpu.setGpr(0, index);
    expect(cpu.execute('62 05 00 70 00 00')).toEqual(inside ? STATUS.next : { fault: 5, error: -1 });
  });

  it('INT1 checks no DPL', () => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.idtGate(1, SELECTOR.code0, 0x1_4000, 0x8e);
    cpu.execute('f1');
    expect([cpu.get('rip'), cpu.get('cpl')]).toEqual([0x1_4000, 0]);
    expect(new TestProcessor().enterProtectedMode(3).execute('f1')).toEqual({ fault: 13, error: 8 + 3 });
  });
});

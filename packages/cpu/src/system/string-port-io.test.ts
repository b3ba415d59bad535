import { describe, expect, it } from 'vitest';
import { writeFlags } from '../state/flags';
import { AT } from '../state/layout';
import { STATUS } from './context';
import { TABLES, TestProcessor } from './test-processor';

describe('INS and OUTS', () => {
  it('REP INSB fills memory and counts', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.portValue = 0x5a;
    cpu.setGpr(1, 3);
    cpu.setGpr(7, 0x7000);
    expect(cpu.execute('f3 6c')).toBe(STATUS.next);
    expect([...cpu.bytes.subarray(0x7000, 0x7004), cpu.gpr(1), cpu.gpr(7)]).toEqual([
      0x5a, 0x5a, 0x5a, 0, 0, 0x7003,
    ]);
  });

  it('does not read the port if the destination cannot be written; finished iterations stay', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.absentPages.add(8);
    cpu.setGpr(1, 4);
    cpu.setGpr(7, 0x7fff);
    expect(cpu.execute('f3 6c')).toEqual({ fault: 14, error: 2 });
    expect([cpu.ports.length, cpu.gpr(1), cpu.gpr(7), cpu.get('rip')]).toEqual([1, 3, 0x8000, TABLES.code]);
  });

  it('resumes after a slice', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.setGpr(1, 5000);
    cpu.setGpr(6, 0x7000);
    expect(cpu.execute('f3 6e')).toBe(STATUS.jump);
    expect([cpu.gpr(1), cpu.get('rip')]).toEqual([5000 - 4096, TABLES.code]);
    expect(cpu.execute('f3 6e')).toBe(STATUS.next);
    expect([cpu.gpr(1), cpu.ports.length]).toEqual([0, 5000]);
  });

  it('an interrupt stops it between iterations', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    writeFlags(cpu.state, 0x602);
    cpu.state.set32(AT.interruptPending, 1);
    cpu.setGpr(1, 5);
    cpu.setGpr(6, 0x7000);
    expect(cpu.execute('f3 6f')).toBe(STATUS.exit);
    expect([cpu.gpr(1), cpu.gpr(6), cpu.get('rip')]).toEqual([4, 0x6ffc, TABLES.code]);
  });

  it('counts iterations in the budget and stops when it is spent', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.state.set32(AT.budget, 2);
    cpu.setGpr(1, 10);
    cpu.setGpr(6, 0x7000);
    expect(cpu.execute('f3 6e')).toBe(STATUS.jump);
    expect([cpu.gpr(1), cpu.state.i32(AT.budget), cpu.get('rip')]).toEqual([7, 0, TABLES.code]);
  });
});

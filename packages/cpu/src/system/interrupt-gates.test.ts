import { describe, expect, it } from 'vitest';
import { AT } from '../state/layout';
import { readFlags, writeFlags } from '../state/flags';
import { STATUS } from './context';
import { deliverInterrupt } from './interrupts';
import { SELECTOR, TABLES, TestProcessor } from './test-processor';

const HANDLER = 0x1_2340;
const INTERRUPT_GATE = 0x8e;
const TRAP_GATE = 0x8f;
const USER_GATE = 0xef;

describe('interrupt and trap gates at the same level', () => {
  it('pushes EFLAGS, CS, EIP and clears IF', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    writeFlags(cpu.state, 0x246);
    cpu.idtGate(0x20, SELECTOR.code0, HANDLER, INTERRUPT_GATE);
    expect(deliverInterrupt(cpu, 0x20, 'external')).toEqual({ kind: 'delivered' });
    expect(cpu.gpr(4)).toBe(TABLES.stack0 - 12);
    expect(cpu.stack(3)).toEqual([TABLES.code, SELECTOR.code0, 0x246]);
    expect(cpu.get('rip')).toBe(HANDLER);
    expect(readFlags(cpu.state)).toBe(0x46);
  });

  it('a trap gate leaves IF set, pushes an error code, and sets RF in the image of a fault', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    writeFlags(cpu.state, 0x202);
    cpu.idtGate(13, SELECTOR.code0, HANDLER, TRAP_GATE);
    expect(deliverInterrupt(cpu, 13, 'exception', 0x18)).toEqual({ kind: 'delivered' });
    expect(cpu.stack(4)).toEqual([0x18, TABLES.code, SELECTOR.code0, 0x1_0202]);
    expect(readFlags(cpu.state)).toBe(0x202);
  });
});

describe('INT n from CPL 3 and IRETD back', () => {
  it('switches to the stack of the TSS and returns', () => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    writeFlags(cpu.state, 0x202);
    cpu.idtGate(0x30, SELECTOR.code0, HANDLER, USER_GATE);
    expect(cpu.execute('cd 30')).toBe(STATUS.jump);
    expect(cpu.stack(5)).toEqual([TABLES.code + 2, SELECTOR.code3, 0x202, TABLES.stack3, SELECTOR.data3]);
    expect([cpu.get('cpl'), cpu.selector('cs'), cpu.selector('ss')]).toEqual([
      0,
      SELECTOR.code0,
      SELECTOR.data0,
    ]);
    expect(cpu.selector('ds')).toBe(SELECTOR.data3);

    expect(cpu.execute('cf')).toBe(STATUS.jump);
    expect([cpu.get('cpl'), cpu.selector('cs'), cpu.selector('ss')]).toEqual([
      3,
      SELECTOR.code3,
      SELECTOR.data3,
    ]);
    expect([cpu.get('rip'), cpu.gpr(4)]).toEqual([TABLES.code + 2, TABLES.stack3]);
    expect(cpu.nmiUnblocked).toBe(1);
  });

  it.each([
    ['a gate of DPL 0', 0x8e, SELECTOR.code0, 13, 0x30 * 8 + 2],
    ['a gate that is not present', 0x6e, SELECTOR.code0, 11, 0x30 * 8 + 2],
    ['no gate type', 0xe0, SELECTOR.code0, 13, 0x30 * 8 + 2],
    ['a null code selector', 0xee, 0, 13, 0],
    ['a code selector beyond the GDT', 0xee, 0x1000, 13, 0x1000],
    ['a data segment', 0xee, SELECTOR.data0, 13, SELECTOR.data0],
  ])('%s', (_what, access, selector, fault, error) => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.idtGate(0x30, selector, HANDLER, access);
    expect(cpu.execute('cd 30')).toEqual({ fault, error });
    expect([cpu.get('rip'), cpu.get('cpl'), cpu.gpr(4)]).toEqual([TABLES.code, 3, TABLES.stack3]);
  });
});

describe('real-address mode', () => {
  it('goes through the interrupt vector table', () => {
    const cpu = new TestProcessor();
    cpu.state.set32(AT.idtrLimit, 0x3ff);
    cpu.setGpr(4, 0x1000);
    writeFlags(cpu.state, 0x302);
    cpu.write32(0x10 * 4, 0x1234_5678);
    expect(deliverInterrupt(cpu, 0x10, 'external')).toEqual({ kind: 'delivered' });
    expect([cpu.selector('cs'), cpu.base('cs'), cpu.get('rip')]).toEqual([0x1234, 0x12340, 0x5678]);
    expect([cpu.read16(0xffa), cpu.read16(0xffc), cpu.read16(0xffe)]).toEqual([0xfff0, 0xf000, 0x302]);
    expect(readFlags(cpu.state)).toBe(2);
  });
});

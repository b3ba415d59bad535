import { describe, expect, it } from 'vitest';
import { AT } from '../state/layout';
import { CR0, CR4 } from '../state/mode';
import { STATUS } from './context';
import { TestProcessor } from './test-processor';

const protectedMode = (): TestProcessor => new TestProcessor().enterProtectedMode(0);

/** MOV CRn, EAX. */
function write(cpu: TestProcessor, register: number, value: number): unknown {
  cpu.setGpr(0, value);
  return cpu.execute(`0f 22 ${(0xc0 | (register << 3)).toString(16)}`);
}

const GP = { fault: 13, error: 0 };

describe('CR0', () => {
  it('real-address mode enters protected mode and leaves it again', () => {
    const cpu = new TestProcessor();
    expect(write(cpu, 0, CR0.pe)).toBe(STATUS.exit);
    expect(cpu.get('cr0')).toBe(CR0.pe | CR0.et);
    expect(write(cpu, 0, 0)).toBe(STATUS.exit);
    expect(cpu.get('cr0')).toBe(CR0.et);
  });

  it.each([
    ['PG without PE', CR0.pg, GP],
    ['NW without CD', CR0.pe | CR0.nw, GP],
  ])('%s is #GP(0)', (_what, value, fault) => {
    expect(write(protectedMode(), 0, value)).toEqual(fault);
  });

  it('a change of PG or WP drops the TLB, one of TS does not', () => {
    const cpu = protectedMode();
    write(cpu, 0, CR0.pe | CR0.ts);
    expect(cpu.flushes).toBe(0);
    write(cpu, 0, CR0.pe | CR0.pg | CR0.wp);
    expect(cpu.flushes).toBe(1);
  });

  it('reserved bits are ignored', () => {
    const cpu = protectedMode();
    write(cpu, 0, 0x1ffe_ffc0 | CR0.pe);
    expect(cpu.get('cr0')).toBe(CR0.pe | CR0.et | CR0.am);
  });

  it('LMSW sets PE but cannot clear it; SMSW reads; CLTS clears TS', () => {
    const cpu = protectedMode();
    cpu.setGpr(0, CR0.ts | CR0.mp);
    cpu.execute('0f 01 f0');
    expect(cpu.get('cr0')).toBe(CR0.pe | CR0.mp | CR0.ts | CR0.et);
    cpu.execute('0f 01 e3');
    expect(cpu.gpr(3)).toBe(0x1b);
    cpu.execute('0f 06');
    expect(cpu.get('cr0')).toBe(CR0.pe | CR0.mp | CR0.et);
  });
});

describe('CR3 and CR4', () => {
  it('MOV CR3 drops the TLB', () => {
    const cpu = protectedMode();
    expect(write(cpu, 3, 0x1_2000)).toBe(STATUS.jump);
    expect([cpu.get('cr3'), cpu.flushes]).toEqual([0x1_2000, 1]);
  });

  it.each([CR4.smap, 1 << 13, 1 << 18, -0x8000_0000])('CR4 bit %i is reserved on this model', (bit) => {
    expect(write(protectedMode(), 4, bit)).toEqual(GP);
  });

  it('CR1 and CR5 are #UD', () => {
    for (const register of [1, 5, 6, 7])
      expect(write(protectedMode(), register, 0)).toEqual({ fault: 6, error: -1 });
  });
});

describe('PAE', () => {
  /** Paging on with PAE off; four PDPTEs at 6020h. */
  function withTable(first: readonly [low: number, high: number]): TestProcessor {
    const cpu = protectedMode();
    cpu.write32(0x6020, first[0]);
    cpu.write32(0x6024, first[1]);
    cpu.write32(0x6038, 0x1e6); // not present: reserved bits do not matter
    write(cpu, 4, CR4.pae);
    write(cpu, 3, 0x6020);
    return cpu;
  }

  it('turning paging on loads the PDPTEs', () => {
    const cpu = withTable([0x7001, 0x1]);
    write(cpu, 0, CR0.pe | CR0.pg);
    expect([cpu.state.u64(AT.pdpte), cpu.state.u64(AT.pdpte + 24)]).toEqual([0x1_0000_7001n, 0x1e6n]);
    expect(write(cpu, 3, 0x6020)).toBe(STATUS.jump);
  });

  it.each([
    ['bits 2:1', 0x7007, 0],
    ['bits 8:5', 0x7021, 0],
    ['physical address bit 36', 0x7001, 0x10],
    ['bit 63', 0x7001, 0x8000_0000],
  ])('%s set is #GP(0)', (_what, low, high) => {
    const cpu = withTable([low, high]);
    expect(write(cpu, 0, CR0.pe | CR0.pg)).toEqual(GP);
    expect(cpu.get('cr0')).toBe(CR0.pe | CR0.et);
  });
});

import { describe, expect, it } from 'vitest';
import { AT } from '../state/layout';
import { TestProcessor } from './test-processor';

const GP = { fault: 13, error: 0 };

describe('RDMSR and WRMSR', () => {
  /** WRMSR of `value` to `msr`, then RDMSR; or the fault. */
  function roundTrip(msr: number, value: bigint): unknown {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.setGpr(1, msr);
    cpu.setGpr(0, Number(value & 0xffff_ffffn));
    cpu.setGpr(2, Number(value >> 32n));
    const outcome = cpu.execute('0f 30');
    if (typeof outcome === 'object') return outcome;
    cpu.execute('0f 32');
    return (BigInt(cpu.gpr(2)) << 32n) | BigInt(cpu.gpr(0));
  }

  it.each([
    ['SYSENTER_CS', 0x174, 0x60n, 0x60n],
    ['PAT', 0x277, 0x0001_0406_0007_0406n, 0x0001_0406_0007_0406n],
    ['EFER.NXE and AIBRSE', 0xc000_0080, 0x20_0800n, 0x20_0800n],
    ['STAR', 0xc000_0081, 0x1234_5678_9abc_def0n, 0x1234_5678_9abc_def0n],
    ['the TSC', 0x10, 0x1_0000_0000n, 0x1_0000_0000n],
    ['PAT with a reserved type', 0x277, 2n, GP],
    ['EFER.LME', 0xc000_0080, 0x100n, GP],
    ['an unknown MSR', 0x1b, 0n, GP],
    ['a performance counter has 48 bits', 0xc001_0005, 0xffff_1234_5678_9abcn, 0x1234_5678_9abcn],
    ['a performance event select', 0xc001_0000, 0x53_0076n, 0x53_0076n],
    ['NB_CFG reads zero', 0xc001_001f, 1n << 46n, 0n],
    ['MCG_CAP: no machine-check banks', 0x179, 0n, 0n],
    ['HWCR keeps its constant', 0xc001_0015, 0n, 0x100_0000n],
  ])('%s', (_what, msr, value, result) => {
    expect(roundTrip(msr, value)).toEqual(result);
  });

  it('the TSC runs on from what was written; CR4.TSD reserves RDTSC for CPL 0', () => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.timestamp = 0x1_0000_0005;
    cpu.execute('0f 31');
    expect([cpu.gpr(0), cpu.gpr(2)]).toEqual([5, 1]);
    cpu.state.set32(AT.cr4, 4);
    expect(cpu.execute('0f 31')).toEqual(GP);
  });

  it('RDPMC reads the counters; CR4.PCE gives it to programs', () => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.state.set64(AT.performanceCounter + 8, 0x12_3456_789an);
    cpu.setGpr(1, 1);
    expect(cpu.execute('0f 33')).toEqual(GP);
    cpu.state.set32(AT.cr4, 0x100);
    cpu.execute('0f 33');
    expect([cpu.gpr(0), cpu.gpr(2)]).toEqual([0x3456_789a, 0x12]);
    cpu.setGpr(1, 4);
    expect(cpu.execute('0f 33')).toEqual(GP);
  });
});

import { describe, expect, it } from 'vitest';
import { AT } from '../state/layout';
import { SELECTOR, TABLES, TestProcessor } from './test-processor';

describe('LLDT, LTR, LAR, LSL, VERR, VERW, ARPL', () => {
  /** Runs `code` with AX (or CX as source) = selector. */
  function run(code: string, selector: number, cpl: 0 | 3 = 0): { cpu: TestProcessor; outcome: unknown } {
    const cpu = new TestProcessor().enterProtectedMode(cpl);
    cpu.setGpr(1, selector);
    return { cpu, outcome: cpu.execute(code) };
  }
  const zf = (cpu: TestProcessor): boolean => cpu.state.i32(AT.zeroResult) === 0;

  it('LLDT makes local selectors valid; null takes them away', () => {
    const { cpu } = run('0f 00 d1', SELECTOR.ldt);
    cpu.descriptor(TABLES.ldt + 8, 0x77, 0xff, 0x93, 0);
    cpu.setGpr(0, 0x0c);
    cpu.execute('8e d8');
    expect([cpu.base('ds'), cpu.limit('ldtr')]).toEqual([0x77, 0x7f]);
  });

  it.each([
    ['LLDT of a TSS', '0f 00 d1', SELECTOR.tss, { fault: 13, error: SELECTOR.tss }],
    ['LLDT of a local selector', '0f 00 d1', 0x0c, { fault: 13, error: 0x0c }],
    ['LTR null', '0f 00 d9', 0, { fault: 13, error: 0 }],
    ['LTR of a busy TSS', '0f 00 d9', SELECTOR.tss, { fault: 13, error: SELECTOR.tss }],
  ])('%s', (_what, code, selector, fault) => {
    expect(run(code, selector).outcome).toEqual(fault);
  });

  it('LTR marks the TSS busy', () => {
    const { cpu } = run('0f 00 d9', SELECTOR.tss2);
    expect([cpu.bytes[TABLES.gdt + SELECTOR.tss2 + 5], cpu.attributes('tr'), cpu.base('tr')]).toEqual([
      0x8b,
      0x8b,
      TABLES.tss2,
    ]);
  });

  it.each([
    ['LAR of data', '0f 02 c1', SELECTOR.data0, true, 0x00cf_9300],
    ['LAR of a TSS', '0f 02 c1', SELECTOR.tss, true, 0x0000_8b00],
    ['LSL of a page-granular segment', '0f 03 c1', SELECTOR.data0, true, 0xffff_ffff],
    ['LSL of a TSS', '0f 03 c1', SELECTOR.tss, true, 0x67],
    ['LAR of null', '0f 02 c1', 0, false, 0],
    ['LAR beyond the GDT', '0f 02 c1', 0x1000, false, 0],
  ])('%s', (_what, code, selector, visible, value) => {
    const { cpu } = run(code, selector);
    expect([zf(cpu), cpu.gpr(0)]).toEqual([visible, value]);
  });

  it.each([
    ['LSL from CPL 3 of an inner segment', '0f 03 c1', SELECTOR.data0, 3, false],
    ['VERR of data', '0f 00 e1', SELECTOR.data3, 3, true],
    ['VERR of an inner segment', '0f 00 e1', SELECTOR.data0, 3, false],
    ['VERW of code', '0f 00 e9', SELECTOR.code3, 3, false],
    ['VERW of data', '0f 00 e9', SELECTOR.data3, 3, true],
    ['VERR of a TSS', '0f 00 e1', SELECTOR.tss, 0, false],
  ] as const)('%s', (_what, code, selector, cpl, visible) => {
    expect(zf(run(code, selector, cpl).cpu)).toBe(visible);
  });

  it('ARPL raises the RPL', () => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.setGpr(0, 0x10);
    cpu.setGpr(3, 3);
    cpu.execute('63 d8');
    expect([cpu.gpr(0), zf(cpu)]).toEqual([0x13, true]);
    cpu.execute('63 d8');
    expect([cpu.gpr(0), zf(cpu)]).toEqual([0x13, false]);
  });

  it('LGDT with a 16-bit operand takes 24 bits; SGDT stores six bytes', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.write16(0x7000, 0x27);
    cpu.write32(0x7002, 0x8812_3456);
    cpu.execute('66 0f 01 15 00 70 00 00');
    expect(cpu.state.u32(AT.gdtrBase)).toBe(0x12_3456);
    cpu.execute('0f 01 15 00 70 00 00');
    cpu.execute('0f 01 05 10 70 00 00');
    expect([cpu.read16(0x7010), cpu.read32(0x7012)]).toEqual([0x27, 0x8812_3456]);
  });

  it.each([
    '0f 01 15 00 70 00 00',
    '0f 01 1d 00 70 00 00',
    '0f 00 d1',
    '0f 00 d9',
    '0f 06',
    'f4',
    '0f 01 f0',
    '0f 08',
    '0f 30',
    '0f 32',
    '0f 20 c0',
    '0f 21 c0',
  ])('%s at CPL 3 is #GP(0)', (code) => {
    expect(new TestProcessor().enterProtectedMode(3).execute(code)).toEqual({ fault: 13, error: 0 });
  });
});

import { describe, expect, it } from 'vitest';
import { AT } from '../state/layout';
import { GUEST_FAULT } from './context';
import { deliverInterrupt } from './interrupts';
import { SELECTOR, TABLES, TestProcessor } from './test-processor';
import { combineExceptions, VECTOR } from './vectors';

const HANDLER = 0x1_2340;

/** A CPL 0 processor with present handlers for `vectors`. */
function withHandlers(...vectors: number[]): TestProcessor {
  const cpu = new TestProcessor().enterProtectedMode(0);
  for (const vector of vectors) cpu.idtGate(vector, SELECTOR.code0, HANDLER + vector, 0x8e);
  return cpu;
}

function fault(cpu: TestProcessor, vector: number, error = -1): void {
  expect(() => cpu.raise(vector, error)).toThrow(GUEST_FAULT as unknown as Error);
}

describe('table 6-5', () => {
  it.each([
    [VECTOR.ud, VECTOR.gp, 'serial'],
    [VECTOR.db, VECTOR.pf, 'serial'],
    [VECTOR.gp, VECTOR.np, 'double-fault'],
    [VECTOR.de, VECTOR.ss, 'double-fault'],
    [VECTOR.gp, VECTOR.pf, 'serial'],
    [VECTOR.pf, VECTOR.gp, 'double-fault'],
    [VECTOR.pf, VECTOR.pf, 'double-fault'],
    [VECTOR.pf, VECTOR.db, 'serial'],
    [VECTOR.df, VECTOR.gp, 'shutdown'],
    [VECTOR.df, VECTOR.pf, 'shutdown'],
  ] as const)('%i then %i: %s', (first, second, outcome) => {
    expect(combineExceptions(first, second)).toBe(outcome);
  });
});

describe('delivery', () => {
  it('loads CR2 when a page fault is delivered', () => {
    const cpu = withHandlers(14);
    cpu.state.set32(AT.faultAddress, 0x1234_5678);
    fault(cpu, VECTOR.pf, 7);
    expect(cpu.deliver()).toEqual({ kind: 'delivered' });
    expect([cpu.get('cr2'), cpu.state.i32(AT.faulted), cpu.stack(2)]).toEqual([
      0x1234_5678,
      0,
      [7, TABLES.code],
    ]);
    expect(cpu.exceptions.entries()).toEqual([
      { vector: 14, error: 7, cs: SELECTOR.code0, eip: TABLES.code, cr2: 0x1234_5678 },
    ]);
  });

  it('a missing handler of an external interrupt is #NP with EXT set, delivered serially', () => {
    const cpu = withHandlers(11);
    cpu.idtGate(0x20, SELECTOR.code0, HANDLER, 0x0e);
    expect(deliverInterrupt(cpu, 0x20, 'external')).toEqual({ kind: 'delivered' });
    expect([cpu.get('rip'), cpu.stack(1)]).toEqual([HANDLER + 11, [0x20 * 8 + 3]]);
  });

  it('#GP whose gate is not present becomes #DF with error code 0', () => {
    const cpu = withHandlers(8);
    fault(cpu, VECTOR.gp, 0x18);
    expect(cpu.deliver()).toEqual({ kind: 'delivered' });
    expect([cpu.get('rip'), cpu.stack(4)]).toEqual([HANDLER + 8, [0, TABLES.code, SELECTOR.code0, 2]]);
    expect(cpu.exceptions.entries().map(({ vector }) => vector)).toEqual([13, 8]);
  });

  it('without a #DF handler the processor shuts down', () => {
    const cpu = withHandlers();
    fault(cpu, VECTOR.gp, 0);
    expect(cpu.deliver()).toEqual({ kind: 'shutdown' });
  });

  it('a #UD whose stack is not mapped becomes #PF, then #DF, then shutdown; CR2 keeps the last address', () => {
    const cpu = withHandlers(6, 8, 14);
    cpu.setGpr(4, 0x7_0000);
    cpu.absentPages.add(0x6f);
    fault(cpu, VECTOR.ud);
    expect(cpu.deliver()).toEqual({ kind: 'shutdown' });
    expect(cpu.exceptions.entries().map(({ vector, error }) => [vector, error])).toEqual([
      [6, -1],
      [14, 2],
      [8, 0],
    ]);
    expect(cpu.get('cr2') >>> 12).toBe(0x6f);
  });

  it('a gate beyond the IDT limit is #GP with the vector as error code', () => {
    const cpu = withHandlers(13);
    expect(deliverInterrupt(cpu, 0x80, 'external')).toEqual({ kind: 'delivered' });
    expect(cpu.stack(1)).toEqual([0x80 * 8 + 3]);
  });

  it('delivering #DB clears DR7.GD', () => {
    const cpu = withHandlers(1);
    cpu.state.set32(AT.dr + 56, 0x2400);
    fault(cpu, VECTOR.db);
    cpu.deliver();
    expect(cpu.state.u32(AT.dr + 56)).toBe(0x400);
  });
});

describe('faults on the way to an inner level', () => {
  const TS = VECTOR.ts;
  it.each([
    [
      'TSS limit too small',
      (cpu: TestProcessor) => cpu.state.set32(AT.segmentLimit + 28, 8),
      TS,
      SELECTOR.tss,
    ],
    ['null SS', (cpu: TestProcessor) => cpu.write16(TABLES.tss + 8, 0), TS, 0],
    ['SS beyond the GDT', (cpu: TestProcessor) => cpu.write16(TABLES.tss + 8, 0x200), TS, 0x200],
    [
      'SS with RPL 3',
      (cpu: TestProcessor) => cpu.write16(TABLES.tss + 8, SELECTOR.data0 | 3),
      TS,
      SELECTOR.data0,
    ],
    [
      'SS that is code',
      (cpu: TestProcessor) => cpu.write16(TABLES.tss + 8, SELECTOR.code0),
      TS,
      SELECTOR.code0,
    ],
    [
      'SS not present',
      (cpu: TestProcessor) => cpu.descriptor(TABLES.gdt + 0x10, 0, 0xf_ffff, 0x13, 0xc),
      VECTOR.ss,
      SELECTOR.data0,
    ],
    [
      'stack too small',
      (cpu: TestProcessor) => cpu.descriptor(TABLES.gdt + 0x10, 0, 0x10, 0x93, 0x4),
      VECTOR.ss,
      SELECTOR.data0,
    ],
    [
      'entry beyond the code limit',
      (cpu: TestProcessor) => cpu.descriptor(TABLES.gdt + 8, 0, 0x10, 0x9b, 4),
      VECTOR.gp,
      0,
    ],
  ])('%s', (_what, break_, vector, error) => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.idtGate(0x30, SELECTOR.code0, HANDLER, 0xee);
    break_(cpu);
    expect(cpu.execute('cd 30')).toEqual({ fault: vector, error });
    expect([cpu.get('cpl'), cpu.selector('ss'), cpu.gpr(4)]).toEqual([3, SELECTOR.data3, TABLES.stack3]);
  });

  it('16-bit gates push words', () => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.idtGate(0x30, SELECTOR.code0, HANDLER, 0xe6);
    cpu.execute('cd 30');
    expect([cpu.get('rip'), cpu.gpr(4)]).toEqual([HANDLER & 0xffff, TABLES.stack0 - 10]);
    expect(cpu.read16(TABLES.stack0 - 8)).toBe(SELECTOR.code3);
  });

  it('a 16-bit TSS gives SP and SS as words', () => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.state.set32(AT.segmentAttributes + 28, 0x83);
    cpu.write16(TABLES.tss + 2, 0x7000);
    cpu.write16(TABLES.tss + 4, SELECTOR.data0);
    cpu.idtGate(0x30, SELECTOR.code0, HANDLER, 0xee);
    cpu.execute('cd 30');
    expect(cpu.gpr(4)).toBe(0x7000 - 20);
  });
});

import { describe, expect, it } from 'vitest';
import { SELECTOR, TABLES, TestProcessor } from './test-processor';

const ENTRY = 0x1_2340;
const GATE = SELECTOR.free;

/** JMP or CALL ptr16:32 to `selector`. */
const far = (opcode: 'ea' | '9a', selector: number, offset = 0): string =>
  [
    opcode,
    ...[offset, offset >>> 8, offset >>> 16, offset >>> 24, selector, selector >>> 8].map((b) =>
      (b & 0xff).toString(16),
    ),
  ].join(' ');

describe('far jumps and calls to code segments', () => {
  it('JMP loads CS and EIP', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.execute(far('ea', SELECTOR.code0, ENTRY));
    expect([cpu.get('rip'), cpu.selector('cs')]).toEqual([ENTRY, SELECTOR.code0]);
  });

  it('a 16-bit code segment changes the mode word; RETF comes back', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    expect(cpu.execute(far('9a', SELECTOR.code16, 0x4000))).toBe(3);
    expect([cpu.get('rip'), cpu.selector('cs'), cpu.stack(2)]).toEqual([
      0x4000,
      SELECTOR.code16,
      [TABLES.code + 7, SELECTOR.code0],
    ]);
    cpu.execute('66 cb');
    expect([cpu.get('rip'), cpu.selector('cs'), cpu.gpr(4)]).toEqual([
      TABLES.code + 7,
      SELECTOR.code0,
      TABLES.stack0,
    ]);
  });

  it('a conforming segment is entered at the current level', () => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.execute(far('ea', SELECTOR.conforming, ENTRY));
    expect([cpu.get('cpl'), cpu.selector('cs')]).toEqual([3, SELECTOR.conforming | 3]);
  });

  it('sets the accessed bit', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.descriptor(TABLES.gdt + GATE, 0, 0xf_ffff, 0x9a, 0xc);
    cpu.execute(far('ea', GATE, ENTRY));
    expect([cpu.bytes[TABLES.gdt + GATE + 5], cpu.attributes('cs')]).toEqual([0x9b, 0xc09b]);
  });

  it.each([
    ['null', 3, 0, 13, 0],
    ['beyond the GDT', 3, 0x1000, 13, 0x1000],
    ['data', 0, SELECTOR.data0, 13, SELECTOR.data0],
    ['an inner level', 3, SELECTOR.code0, 13, SELECTOR.code0],
    ['an outer level', 0, SELECTOR.code3, 13, SELECTOR.code3 & ~3],
    ['an LDT', 0, SELECTOR.ldt, 13, SELECTOR.ldt],
    ['a busy TSS', 0, SELECTOR.tss, 13, SELECTOR.tss],
  ] as const)('%s', (_what, cpl, selector, fault, error) => {
    expect(new TestProcessor().enterProtectedMode(cpl).execute(far('ea', selector, ENTRY))).toEqual({
      fault,
      error,
    });
  });

  it('an offset beyond the limit is #GP(0), a segment that is not present #NP', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    expect(cpu.execute(far('ea', SELECTOR.code16, 0x1_0000))).toEqual({ fault: 13, error: 0 });
    cpu.descriptor(TABLES.gdt + GATE, 0, 0xf_ffff, 0x1b, 0xc);
    expect(cpu.execute(far('ea', GATE, 0))).toEqual({ fault: 11, error: GATE });
  });
});

describe('call gates', () => {
  /** A CPL 3 processor with a call gate of DPL 3 to `selector`. */
  function withGate(selector: number, access = 0xec, parameters = 0): TestProcessor {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.gate(TABLES.gdt + GATE, selector, ENTRY, access, parameters);
    return cpu;
  }

  it('CALL to an inner level copies parameters; RETF imm16 releases them on both stacks', () => {
    const cpu = withGate(SELECTOR.code0, 0xec, 2);
    cpu.setGpr(4, TABLES.stack3 - 8);
    cpu.write32(TABLES.stack3 - 8, 0x11);
    cpu.write32(TABLES.stack3 - 4, 0x22);
    cpu.execute(far('9a', GATE));
    expect([cpu.get('cpl'), cpu.get('rip'), cpu.selector('cs'), cpu.selector('ss')]).toEqual([
      0,
      ENTRY,
      SELECTOR.code0,
      SELECTOR.data0,
    ]);
    expect(cpu.stack(6)).toEqual([
      TABLES.code + 7,
      SELECTOR.code3,
      0x11,
      0x22,
      TABLES.stack3 - 8,
      SELECTOR.data3,
    ]);
    cpu.execute('ca 08 00');
    expect([cpu.get('cpl'), cpu.get('rip'), cpu.gpr(4), cpu.selector('ss')]).toEqual([
      3,
      TABLES.code + 7,
      TABLES.stack3,
      SELECTOR.data3,
    ]);
  });

  it('a 16-bit gate pushes words and cuts the offset', () => {
    const cpu = withGate(SELECTOR.code0, 0xe4, 1);
    cpu.execute(far('9a', GATE));
    expect([cpu.get('rip'), cpu.gpr(4)]).toEqual([ENTRY & 0xffff, TABLES.stack0 - 10]);
  });

  it('JMP through a gate cannot change the level', () => {
    expect(withGate(SELECTOR.code0).execute(far('ea', GATE))).toEqual({ fault: 13, error: SELECTOR.code0 });
    const cpu = withGate(SELECTOR.code3);
    cpu.execute(far('ea', GATE));
    expect([cpu.get('rip'), cpu.get('cpl')]).toEqual([ENTRY, 3]);
  });

  it.each([
    ['gate DPL below CPL', SELECTOR.code0, 0x8c, 13, GATE],
    ['gate not present', SELECTOR.code0, 0x6c, 11, GATE],
    ['null code selector', 0, 0xec, 13, 0],
    ['code selector beyond the GDT', 0x1000, 0xec, 13, 0x1000],
    ['no code', SELECTOR.data0, 0xec, 13, SELECTOR.data0],
  ])('%s', (_what, selector, access, fault, error) => {
    expect(withGate(selector, access).execute(far('9a', GATE))).toEqual({ fault, error });
  });

  it.each([
    ['null SS in the TSS', (cpu: TestProcessor) => cpu.write16(TABLES.tss + 8, 0), 10, 0],
    ['stack without room', (cpu: TestProcessor) => cpu.write32(TABLES.tss + 4, 12), 12, SELECTOR.data0],
  ])('%s', (_what, break_, fault, error) => {
    const cpu = withGate(SELECTOR.code0);
    cpu.descriptor(TABLES.gdt + SELECTOR.data0, 0, 0x8fff, 0x93, 4);
    break_(cpu);
    expect(cpu.execute(far('9a', GATE))).toEqual({ fault, error });
    expect([cpu.get('cpl'), cpu.gpr(4)]).toEqual([3, TABLES.stack3]);
  });
});

describe('RETF and IRET to an outer level', () => {
  /** At CPL 0 with EIP, CS, [EFLAGS,] ESP, SS for level 3 on the stack. */
  function frame(cs: number, ss: number, eip = ENTRY): TestProcessor {
    const cpu = new TestProcessor().enterProtectedMode(0);
    [eip, cs, TABLES.stack3, ss].forEach((value, n) => cpu.write32(TABLES.stack0 + 4 * n, value));
    return cpu;
  }

  it('nulls data segments of an inner level', () => {
    const cpu = frame(SELECTOR.code3, SELECTOR.data3);
    cpu.setGpr(0, SELECTOR.data3);
    cpu.execute('8e c0');
    cpu.execute('cb');
    expect([
      cpu.get('cpl'),
      cpu.gpr(4),
      cpu.selector('es'),
      cpu.selector('ds'),
      cpu.attributes('fs'),
    ]).toEqual([3, TABLES.stack3, SELECTOR.data3, 0, 0]);
  });

  it.each([
    ['null CS', 0, SELECTOR.data3, 0],
    ['CS of DPL 0 with RPL 3', SELECTOR.code0 | 3, SELECTOR.data3, SELECTOR.code0],
    ['null SS', SELECTOR.code3, 0, 0],
    ['SS with RPL 0', SELECTOR.code3, SELECTOR.data3 & ~3, SELECTOR.data3 & ~3],
    ['SS of DPL 0', SELECTOR.code3, SELECTOR.data0 | 3, SELECTOR.data0],
  ])('%s', (_what, cs, ss, error) => {
    const cpu = frame(cs, ss);
    expect(cpu.execute('cb')).toEqual({ fault: 13, error });
    expect([cpu.get('cpl'), cpu.gpr(4)]).toEqual([0, TABLES.stack0]);
  });

  it('a return to an inner level is #GP', () => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.write32(TABLES.stack3, ENTRY);
    cpu.write32(TABLES.stack3 + 4, SELECTOR.code0);
    expect(cpu.execute('cb')).toEqual({ fault: 13, error: SELECTOR.code0 });
    expect(cpu.execute('cf')).toEqual({ fault: 13, error: SELECTOR.code0 });
  });
});

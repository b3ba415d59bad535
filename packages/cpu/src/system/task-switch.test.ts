import { describe, expect, it } from 'vitest';
import { readFlags, writeFlags } from '../state/flags';
import { AT } from '../state/layout';
import { CR0 } from '../state/mode';
import { deliverInterrupt } from './interrupts';
import { SELECTOR, TABLES, TestProcessor } from './test-processor';

const ENTRY = 0x1_5000;
const STACK = 0x6000;

/** A CPL 0 processor with a second task in TSS 48h. */
function twoTasks(): TestProcessor {
  const cpu = new TestProcessor().enterProtectedMode(0);
  const fields: [number, number][] = [
    [0x20, ENTRY],
    [0x24, 2],
    [0x28, 0xaaaa],
    [0x38, STACK],
  ];
  for (const [offset, value] of fields) cpu.write32(TABLES.tss2 + offset, value);
  for (const offset of [0x48, 0x50, 0x54, 0x58, 0x5c]) cpu.write32(TABLES.tss2 + offset, SELECTOR.data0);
  cpu.write32(TABLES.tss2 + 0x4c, SELECTOR.code0);
  cpu.setGpr(0, 0x1111);
  writeFlags(cpu.state, 0x202);
  return cpu;
}

const JMP_TSS2 = 'ea 00 00 00 00 48 00';
const CALL_TSS2 = '9a 00 00 00 00 48 00';
const busy = (cpu: TestProcessor, selector: number): boolean =>
  (cpu.bytes[TABLES.gdt + selector + 5]! & 2) !== 0;

describe('task switches', () => {
  it('JMP saves the old task, clears its busy bit, and loads the new one', () => {
    const cpu = twoTasks();
    cpu.execute(JMP_TSS2);
    expect([cpu.get('rip'), cpu.gpr(0), cpu.gpr(4), cpu.selector('tr')]).toEqual([
      ENTRY,
      0xaaaa,
      STACK,
      SELECTOR.tss2,
    ]);
    expect([busy(cpu, SELECTOR.tss), busy(cpu, SELECTOR.tss2)]).toEqual([false, true]);
    expect([
      cpu.read32(TABLES.tss + 0x20),
      cpu.read32(TABLES.tss + 0x24),
      cpu.read32(TABLES.tss + 0x28),
    ]).toEqual([TABLES.code + 7, 0x202, 0x1111]);
    expect([cpu.read16(TABLES.tss + 0x4c), cpu.read16(TABLES.tss + 0x54)]).toEqual([
      SELECTOR.code0,
      SELECTOR.data0,
    ]);
    expect([readFlags(cpu.state), cpu.get('cr0') & CR0.ts]).toEqual([2, CR0.ts]);
    expect([cpu.attributes('cs'), cpu.limit('ds')]).toEqual([0xc09b, 0xffff_ffff]);
  });

  it('CALL nests: link, NT, both busy; IRET returns', () => {
    const cpu = twoTasks();
    cpu.execute(CALL_TSS2);
    expect([cpu.read16(TABLES.tss2), readFlags(cpu.state)]).toEqual([SELECTOR.tss, 0x4002]);
    expect([busy(cpu, SELECTOR.tss), busy(cpu, SELECTOR.tss2)]).toEqual([true, true]);
    cpu.execute('cf');
    expect([cpu.get('rip'), cpu.gpr(0), readFlags(cpu.state), cpu.selector('tr')]).toEqual([
      TABLES.code + 7,
      0x1111,
      0x202,
      SELECTOR.tss,
    ]);
    expect([busy(cpu, SELECTOR.tss), busy(cpu, SELECTOR.tss2)]).toEqual([true, false]);
    expect([cpu.read32(TABLES.tss2 + 0x20), cpu.read32(TABLES.tss2 + 0x24)]).toEqual([ENTRY + 1, 2]);
  });

  it('an exception through a task gate pushes its error code on the new stack', () => {
    const cpu = twoTasks();
    cpu.idtGate(13, SELECTOR.tss2, 0, 0x85);
    expect(deliverInterrupt(cpu, 13, 'exception', 0x18)).toEqual({ kind: 'delivered' });
    expect([cpu.gpr(4), cpu.stack(1), cpu.get('rip')]).toEqual([STACK - 4, [0x18], ENTRY]);
    expect([cpu.read32(TABLES.tss + 0x20), cpu.read32(TABLES.tss + 0x24)]).toEqual([TABLES.code, 0x1_0202]);
    expect(cpu.read16(TABLES.tss2)).toBe(SELECTOR.tss);
  });

  it('a 16-bit TSS leaves FS and GS null and CR3 alone', () => {
    const cpu = twoTasks();
    cpu.descriptor(TABLES.gdt + SELECTOR.tss2, TABLES.tss2, 0x2b, 0x81, 0);
    cpu.bytes.fill(0, TABLES.tss2, TABLES.tss2 + 0x68);
    const words: [number, number][] = [
      [0x0e, 0x5000],
      [0x10, 2],
      [0x12, 0xbbbb],
      [0x1a, STACK],
      [0x22, SELECTOR.data0],
    ];
    for (const [offset, value] of words) cpu.write16(TABLES.tss2 + offset, value);
    cpu.write16(TABLES.tss2 + 0x24, SELECTOR.code0);
    cpu.write16(TABLES.tss2 + 0x26, SELECTOR.data0);
    cpu.execute(JMP_TSS2);
    expect([cpu.get('rip'), cpu.gpr(0), cpu.gpr(4), cpu.attributes('fs')]).toEqual([
      0x5000,
      0xbbbb,
      STACK,
      0,
    ]);
  });

  it('into virtual-8086 mode', () => {
    const cpu = twoTasks();
    cpu.write32(TABLES.tss2 + 0x24, 0x2_3202);
    cpu.write16(TABLES.tss2 + 0x4c, 0x1000);
    cpu.write16(TABLES.tss2 + 0x50, 0x800);
    cpu.write32(TABLES.tss2 + 0x20, 0x10);
    cpu.execute(JMP_TSS2);
    expect([cpu.get('cpl'), cpu.base('cs'), cpu.base('ss'), readFlags(cpu.state)]).toEqual([
      3, 0x1_0000, 0x8000, 0x2_3202,
    ]);
  });

  it('the T bit raises #DB with DR6.BT before the first instruction of the new task', () => {
    const cpu = twoTasks();
    cpu.write16(TABLES.tss2 + 0x64, 1);
    expect(cpu.execute(JMP_TSS2)).toEqual({ fault: 1, error: -1 });
    expect([cpu.get('rip'), cpu.state.u32(AT.dr + 48) & 0x8000]).toEqual([ENTRY, 0x8000]);
  });
});

describe('faults that belong to the old task', () => {
  it.each([
    ['a busy TSS', (cpu: TestProcessor) => (cpu.bytes[TABLES.gdt + 0x4d] = 0x8b), 13, SELECTOR.tss2],
    [
      'a TSS that is not present',
      (cpu: TestProcessor) => (cpu.bytes[TABLES.gdt + 0x4d] = 0x09),
      11,
      SELECTOR.tss2,
    ],
    [
      'a TSS that is too small',
      (cpu: TestProcessor) => cpu.write16(TABLES.gdt + 0x48, 0x66),
      10,
      SELECTOR.tss2,
    ],
    ['an unmapped TSS', (cpu: TestProcessor) => cpu.absentPages.add(TABLES.tss2 >>> 12), 14, 0],
    ['an unmapped old TSS', (cpu: TestProcessor) => cpu.absentPages.add(TABLES.tss >>> 12), 14, 2],
  ])('%s', (_what, break_, fault, error) => {
    const cpu = twoTasks();
    break_(cpu);
    expect(cpu.execute(JMP_TSS2)).toEqual({ fault, error });
    expect([cpu.get('rip'), cpu.selector('tr'), busy(cpu, SELECTOR.tss)]).toEqual([
      TABLES.code,
      SELECTOR.tss,
      true,
    ]);
  });

  it('IRET to a task that is not busy is #TS', () => {
    const cpu = twoTasks();
    writeFlags(cpu.state, 0x4002);
    cpu.write16(TABLES.tss, SELECTOR.tss2);
    expect(cpu.execute('cf')).toEqual({ fault: 10, error: SELECTOR.tss2 });
  });
});

describe('faults that belong to the new task (table 7-1)', () => {
  const at = (offset: number, value: number) => (cpu: TestProcessor) =>
    cpu.write16(TABLES.tss2 + offset, value);
  it.each([
    ['LDT that is no LDT', at(0x60, SELECTOR.data0), 10, SELECTOR.data0],
    ['null CS', at(0x4c, 0), 10, 0],
    ['CS that is data', at(0x4c, SELECTOR.data0), 10, SELECTOR.data0],
    ['CS with RPL 3 and DPL 0', at(0x4c, SELECTOR.code0 | 3), 10, SELECTOR.code0],
    ['null SS', at(0x50, 0), 10, 0],
    ['SS of another level', at(0x50, SELECTOR.data3), 10, SELECTOR.data3 & ~3],
    ['DS beyond the GDT', at(0x54, 0x1000), 10, 0x1000],
    ['GS that is a TSS', at(0x5c, SELECTOR.tss), 10, SELECTOR.tss],
    ['EIP beyond the limit', at(0x4c, SELECTOR.code16), 13, 0],
  ])('%s', (_what, break_, fault, error) => {
    const cpu = twoTasks();
    break_(cpu);
    expect(cpu.execute(JMP_TSS2)).toEqual({ fault, error });
    expect([cpu.get('rip'), cpu.selector('tr'), busy(cpu, SELECTOR.tss2)]).toEqual([
      ENTRY,
      SELECTOR.tss2,
      true,
    ]);
  });

  it('a segment that is not present is #NP, a stack segment #SS', () => {
    const cpu = twoTasks();
    cpu.descriptor(TABLES.gdt + SELECTOR.free, 0, 0xf_ffff, 0x13, 0xc);
    cpu.write16(TABLES.tss2 + 0x58, SELECTOR.free);
    expect(cpu.execute(JMP_TSS2)).toEqual({ fault: 11, error: SELECTOR.free });
    const other = twoTasks();
    other.descriptor(TABLES.gdt + SELECTOR.free, 0, 0xf_ffff, 0x13, 0xc);
    other.write16(TABLES.tss2 + 0x50, SELECTOR.free);
    expect(other.execute(JMP_TSS2)).toEqual({ fault: 12, error: SELECTOR.free });
  });

  it('is delivered in the new task, with its EIP', () => {
    const cpu = twoTasks();
    cpu.write16(TABLES.tss2 + 0x5c, SELECTOR.tss);
    cpu.idtGate(10, SELECTOR.code0, 0x1_4000, 0x8e);
    cpu.execute(JMP_TSS2);
    expect(cpu.deliver()).toEqual({ kind: 'delivered' });
    expect(cpu.gpr(4)).toBe(STACK - 16);
    expect(cpu.stack(3)).toEqual([SELECTOR.tss, ENTRY, SELECTOR.code0]);
  });

  it('while a #GP is delivered through a task gate it becomes #DF', () => {
    const cpu = twoTasks();
    cpu.write16(TABLES.tss2 + 0x5c, SELECTOR.tss);
    cpu.idtGate(13, SELECTOR.tss2, 0, 0x85);
    cpu.idtGate(8, SELECTOR.code0, 0x1_4000, 0x8e);
    expect(deliverInterrupt(cpu, 13, 'exception', 0)).toEqual({ kind: 'delivered' });
    expect([cpu.get('rip'), cpu.stack(2), cpu.state.i32(AT.faulted)]).toEqual([0x1_4000, [0, ENTRY], 0]);
  });
});

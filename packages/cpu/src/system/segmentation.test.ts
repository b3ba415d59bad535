import { describe, expect, it } from 'vitest';
import { AT } from '../state/layout';
import { MODE } from '../state/mode';
import { STATUS } from './context';
import { SELECTOR, TABLES, TestProcessor } from './test-processor';

const FREE = SELECTOR.free;
const MOV_DS = '8e d8';
const MOV_SS = '8e d0';

/** Executes `code` with AX = `selector` on a processor whose descriptor 58h has `access`. */
function load(
  cpl: 0 | 3,
  code: string,
  selector: number,
  access = 0x93,
): { cpu: TestProcessor; outcome: unknown } {
  const cpu = new TestProcessor().enterProtectedMode(cpl);
  cpu.descriptor(TABLES.gdt + FREE, 0x12_3456, 0x1_2345, access, 0x4);
  cpu.setGpr(0, selector);
  return { cpu, outcome: cpu.execute(code) };
}

describe('MOV to a data segment register', () => {
  it('loads base, limit, attributes and sets the accessed bit', () => {
    const { cpu } = load(0, MOV_DS, FREE, 0x92);
    expect([cpu.base('ds'), cpu.limit('ds'), cpu.attributes('ds')]).toEqual([0x12_3456, 0x1_2345, 0x4093]);
    expect(cpu.bytes[TABLES.gdt + FREE + 5]).toBe(0x93);
    expect(cpu.state.u32(AT.mode) & MODE.flat).toBe(0);
  });

  it.each([
    ['a null selector makes it unusable', 0, 3, 0x93, undefined],
    ['beyond the GDT', 0, 0x1000, 0x93, { fault: 13, error: 0x1000 }],
    ['without an LDT', 0, 0x04, 0x93, { fault: 13, error: 4 }],
    ['a system segment', 0, SELECTOR.ldt, 0x93, { fault: 13, error: SELECTOR.ldt }],
    ['code that cannot be read', 0, FREE, 0x99, { fault: 13, error: FREE }],
    ['code that can be read', 0, FREE, 0x9b, undefined],
    ['not present', 0, FREE, 0x13, { fault: 11, error: FREE }],
    ['CPL above DPL', 3, FREE, 0x93, { fault: 13, error: FREE }],
    ['RPL above DPL', 0, FREE | 3, 0x93, { fault: 13, error: FREE }],
    ['conforming code of any DPL', 3, FREE | 3, 0x9f, undefined],
  ] as const)('%s', (_what, cpl, selector, access, fault) => {
    const { cpu, outcome } = load(cpl, MOV_DS, selector, access);
    if (fault) expect(outcome).toEqual(fault);
    else expect([cpu.selector('ds'), outcome]).toEqual([selector, STATUS.exit]);
  });

  it('an access through a null segment is #GP(0)', () => {
    const { cpu } = load(0, MOV_DS, 0);
    expect(cpu.execute('0f 01 15 00 30 00 00')).toEqual({ fault: 13, error: 0 });
  });

  it('reloading a flat segment changes nothing that code assumes', () => {
    expect(load(0, MOV_DS, SELECTOR.data0).outcome).toBe(STATUS.next);
  });
});

describe('MOV to SS', () => {
  it.each([
    ['null', 0, 0, 0x93, { fault: 13, error: 0 }],
    ['RPL other than CPL', 0, SELECTOR.data0 | 3, 0x93, { fault: 13, error: SELECTOR.data0 }],
    ['DPL other than CPL', 3, FREE | 3, 0x93, { fault: 13, error: FREE }],
    ['read-only data', 0, FREE, 0x91, { fault: 13, error: FREE }],
    ['code', 0, FREE, 0x9b, { fault: 13, error: FREE }],
    ['not present', 0, FREE, 0x13, { fault: 12, error: FREE }],
  ] as const)('%s', (_what, cpl, selector, access, fault) => {
    expect(load(cpl, MOV_SS, selector, access).outcome).toEqual(fault);
  });

  it('inhibits interrupts until after the next instruction', () => {
    const { cpu } = load(0, MOV_SS, SELECTOR.data0);
    expect(cpu.get('interruptShadow')).toBe(2);
  });

  it('a 16-bit segment changes the stack mask', () => {
    const { cpu } = load(0, MOV_SS, SELECTOR.data16);
    expect(cpu.state.u32(AT.stackMask)).toBe(0xffff);
  });
});

import { describe, expect, it } from 'vitest';
import { writeFlags } from '../state/flags';
import { AT } from '../state/layout';
import { STATUS } from './context';
import { TABLES, TestProcessor } from './test-processor';

const GP = { fault: 13, error: 0 };

describe('IN and OUT', () => {
  it('reads and writes the accumulator', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    cpu.setGpr(0, 0x1111_1111);
    cpu.portValue = 0xab;
    cpu.execute('e4 60');
    expect([cpu.gpr(0), cpu.ports]).toEqual([0x1111_11ab, [{ port: 0x60, size: 1 }]]);
    cpu.setGpr(2, 0x1_03f8);
    cpu.execute('66 ef');
    expect(cpu.ports[1]).toEqual({ port: 0x3f8, size: 2, value: 0x11ab });
  });

  it('the permission bitmap decides when CPL > IOPL', () => {
    const cpu = new TestProcessor().enterProtectedMode(3);
    cpu.state.set32(AT.segmentLimit + 28, 0x70);
    cpu.write16(TABLES.tss + 0x66, 0x68);
    cpu.bytes[TABLES.tss + 0x68] = 0b0000_0100;
    cpu.bytes[TABLES.tss + 0x70] = 0xff;
    expect(cpu.execute('e4 01')).toBe(STATUS.next);
    expect(cpu.execute('e4 02')).toEqual(GP);
    expect(cpu.execute('66 e5 01')).toEqual(GP);
    expect(cpu.execute('e5 03')).toBe(STATUS.next);
    expect(cpu.execute('e4 3f')).toBe(STATUS.next);
    expect(cpu.execute('e4 40')).toEqual(GP); // the second byte lies beyond the limit
    writeFlags(cpu.state, 0x3002);
    expect(cpu.execute('e4 02')).toBe(STATUS.next);
  });

  it('leaves the engine when an interrupt has become deliverable', () => {
    const cpu = new TestProcessor().enterProtectedMode(0);
    writeFlags(cpu.state, 0x202);
    cpu.state.set32(AT.interruptPending, 1);
    expect(cpu.execute('e6 20')).toBe(STATUS.exit);
    expect(cpu.get('rip')).toBe(TABLES.code + 2);
  });
});

import { describe, expect, it } from 'vitest';
import { AT } from '../state/layout';
import { CR4 } from '../state/mode';
import { TestProcessor } from './test-processor';

const protectedMode = (): TestProcessor => new TestProcessor().enterProtectedMode(0);

/** MOV CRn, EAX. */
function write(cpu: TestProcessor, register: number, value: number): unknown {
  cpu.setGpr(0, value);
  return cpu.execute(`0f 22 ${(0xc0 | (register << 3)).toString(16)}`);
}

describe('debug registers', () => {
  const write7 = '0f 23 f8';
  it('fixed bits', () => {
    const cpu = protectedMode();
    cpu.setGpr(0, 0xffff_ffff);
    cpu.execute(write7.replace('f8', 'f0'));
    expect(cpu.state.u32(AT.dr + 48)).toBe(0xffff_efff);
    cpu.setGpr(0, 0);
    cpu.execute(write7);
    expect(cpu.state.u32(AT.dr + 56)).toBe(0x400);
  });

  it('DR4 and DR5 are DR6 and DR7, or #UD with CR4.DE', () => {
    const cpu = protectedMode();
    cpu.execute('0f 21 e0');
    expect(cpu.gpr(0)).toBe(0xffff_0ff0);
    write(cpu, 4, CR4.de);
    expect(cpu.execute('0f 21 e0')).toEqual({ fault: 6, error: -1 });
  });

  it('DR7.GD makes any access #DB with DR6.BD', () => {
    const cpu = protectedMode();
    cpu.setGpr(0, 0x2000);
    cpu.execute(write7);
    expect(cpu.execute('0f 21 c3')).toEqual({ fault: 1, error: -1 });
    expect(cpu.state.u32(AT.dr + 48) & 0x2000).toBe(0x2000);
  });
});

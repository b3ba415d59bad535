import { describe, expect, it } from 'vitest';
import { Piix3, Piix4Pm } from './piix';
import { RecordedLine } from './recorded-line.testing';

describe('PIIX3', () => {
  it('is an ISA bridge 8086:7000, of several functions', () => {
    const bridge = new Piix3(() => new RecordedLine());
    expect([bridge.get(0, 4), bridge.get(8, 4), bridge.get(0x0e, 1)]).toEqual([
      0x7000_8086, 0x0601_0000, 0x80,
    ]);
    bridge.write(4, 2, 0);
    expect(bridge.get(4, 2)).toBe(0x0007);
  });

  it('routes PCI interrupts, several to one input if asked', () => {
    const lines = new Map<number, RecordedLine>();
    const bridge = new Piix3((irq) => {
      const line = new RecordedLine();
      lines.set(irq, line);
      return line;
    });
    const [a, b] = [bridge.pirq(0), bridge.pirq(1)];
    a.set(true);
    expect(lines.size).toBe(0);
    bridge.write(0x60, 2, 0x0b0b);
    expect(lines.get(11)!.level).toBe(true);
    b.set(true);
    a.set(false);
    expect(lines.get(11)!.level).toBe(true);
    bridge.write(0x61, 1, 0x0a);
    expect([lines.get(11)!.level, lines.get(10)!.level]).toEqual([false, true]);
    bridge.write(0x61, 1, 0x80);
    expect(lines.get(10)!.level).toBe(false);
  });

  it('does not route to the timer or the keyboard', () => {
    const asked: number[] = [];
    const bridge = new Piix3((irq) => (asked.push(irq), new RecordedLine()));
    bridge.write(0x60, 4, 0x0d08_0100);
    expect(asked).toEqual([]);
  });
});

describe('PIIX4 power management', () => {
  it('is 8086:7113', () => {
    const pm = new Piix4Pm(() => undefined);
    expect([pm.get(0, 4), pm.get(8, 4), pm.get(0x3d, 1)]).toEqual([0x7113_8086, 0x0680_0003, 1]);
  });

  it('says where its ports are, while they are enabled', () => {
    const bases: (number | null)[] = [];
    const pm = new Piix4Pm((base) => bases.push(base));
    pm.setIoBase(0x600);
    pm.write(0x40, 4, 0xffff_ffff);
    expect(pm.get(0x40, 4)).toBe(0xffc1);
    pm.write(0x40, 4, 0xb001);
    pm.write(0x80, 1, 0x00);
    expect(bases).toEqual([0x600, 0xffc0, 0xb000, null]);
  });
});

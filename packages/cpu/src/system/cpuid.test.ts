import { describe, expect, it } from 'vitest';
import { cpuModel, cpuModels } from './cpu-models';
import { cpuidLeaf } from './cpuid';
import { TestProcessor } from './test-processor';

describe('CPUID', () => {
  const text = (...words: number[]): string =>
    words
      .map((word) => String.fromCharCode(word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24))
      .join('');

  it('names its vendor and brand', () => {
    const cpu = new TestProcessor();
    cpu.execute('0f a2');
    expect([cpu.gpr(0), text(cpu.gpr(3), cpu.gpr(2), cpu.gpr(1))]).toEqual([7, 'AuthenticAMD']);
    const model = cpuModels[0]!;
    const brand = [0x8000_0002, 0x8000_0003, 0x8000_0004].map((leaf) =>
      text(...cpuidLeaf(model, leaf).slice(1)),
    );
    expect(brand.join('').replace(/\0+$/, '')).toBe('Trapgate virtual x86 processor');
  });

  it('beyond the largest leaf AMD gives zeros, Intel the largest basic leaf', () => {
    expect(cpuidLeaf(cpuModels[0]!, 0x4000_0000)).toEqual([0x4000_0000, 0, 0, 0, 0]);
    expect(cpuidLeaf(cpuModels[1]!, 0x8000_0000)).toEqual(cpuidLeaf(cpuModels[1]!, 3));
  });

  it('leaf 80000001h repeats leaf 1', () => {
    const [first, extended] = [cpuidLeaf(cpuModels[0]!, 1), cpuidLeaf(cpuModels[0]!, 0x8000_0001)];
    const repeated = 0x0183_f3ff & ~(1 << 11);
    expect(extended[4] & repeated).toBe(first[4] & repeated);
    expect((extended[4] >>> 20) & 1).toBe(1);
  });

  it.each([
    ['trapgate', 1, 0x00a6_0f12, 0x800, 0x02d8_0203, 0x078b_e9ff],
    ['trapgate', 0x8000_0001, 0x00a6_0f12, 0, 0, 0x0193_e9ff],
    ['trapgate', 7, 0, 0x80, 0, 0],
    ['max', 7, 0, 0x0010_0080, 0, 0],
    ['trapgate', 0x8000_0021, 0x2000_0144, 0, 6, 0],
    ['pentium3', 1, 0x683, 0, 0, 0x0383_e9ff],
  ] as const)('%s, leaf %i is as the table in README.md says', (name, leaf, eax, ebx, ecx, edx) => {
    expect(cpuidLeaf(cpuModel(name), leaf)).toEqual([leaf, eax, ebx, ecx, edx]);
  });

  it('an unknown model is a typed error that names the known ones', () => {
    expect(() => cpuModel('i1')).toThrow(/no processor model 'i1'; known: trapgate, pentium3/);
  });
});

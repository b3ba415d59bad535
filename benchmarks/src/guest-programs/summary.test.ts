import { describe, expect, it } from 'vitest';

import { goalLines } from './goals';
import { type GuestRun } from './run-guest';
import { geometricMean, type GuestResult, problems, speedOver, summarizeSubject } from './summary';
import { initTable, programTable } from './tables';

/** A run whose programs take the given seconds in the warm pass, ten times as long in the first. */
function run(init: number, programs: Record<string, number>, result = '00000001'): GuestRun {
  const once = (pass: number, factor: number) =>
    Object.entries(programs).map(([name, seconds]) => {
      const time = seconds * factor;
      const times = { seconds: time, cpuSeconds: time / 2, guestSeconds: time };
      return { kind: 'program' as const, name, pass, result, counters: {}, ...times };
    });
  return {
    init,
    initCpu: init / 2,
    programs: [...once(1, 10), ...once(2, 1)],
    peakMemory: 2 ** 20,
    problems: [],
  };
}

const results = (own: GuestRun[], v86: GuestRun[], qemu: GuestRun[]): GuestResult[] => [
  { subject: 'v86', node: '20.1.0', runs: v86 },
  { subject: 'qemu', node: '', runs: qemu },
  { subject: 'trapgate', node: '20.1.0', runs: own },
];

const measured = results(
  [run(3, { fib: 0.2, copy: 0.1 }), run(2, { fib: 0.1, copy: 0.4 }), run(9, { fib: 0.9, copy: 0.2 })],
  [run(10, { fib: 0.8, copy: 0.1 })],
  [run(5, { fib: 0.4, copy: 0.8 })],
);

describe('summaries', () => {
  const summaries = measured.map((result) => summarizeSubject(result, 2, 'host'));
  const [v86, qemu, own] = summaries as [(typeof summaries)[0], (typeof summaries)[0], (typeof summaries)[0]];

  it('are medians of the warm pass', () => {
    expect(own.init).toBe(3);
    expect([...own.programs]).toEqual([
      ['fib', 0.2],
      ['copy', 0.2],
    ]);
  });

  it('can be told by processor time', () => {
    const cpu = summarizeSubject(measured[2]!, 2, 'cpu');
    expect([cpu.init, cpu.programs.get('fib')]).toEqual([1.5, 0.1]);
  });

  it('compare with a peer', () => {
    expect([...speedOver(own, v86)]).toEqual([
      ['fib', 4],
      ['copy', 0.5],
    ]);
    expect(geometricMean([4, 0.5, 4])).toBeCloseTo(2, 12);
    expect(geometricMean([])).toBeUndefined();
    expect([...speedOver(own, { ...qemu, programs: new Map() })]).toEqual([]);
  });

  it('say which goals are kept', () => {
    const lines = goalLines(summaries);
    expect(lines).toHaveLength(6);
    expect(lines[0]).toContain("of v86's time: 0.30 (required at most 0.4: kept; aim at most 0.25: MISSED)");
    expect(lines[1]).toContain('mean, over v86: 1.41 (required at least 3: MISSED; aim at least 4: MISSED)');
    expect(lines[2]).toContain('slowest program (copy), over v86: 0.50 (required at least 1: MISSED');
    expect(lines[3]).toContain("of QEMU's time: 0.60 (required none; aim at most 1: kept)");
    expect(lines[4]).toContain('mean, over QEMU: 2.83 (required at least 1.6: kept; aim at least 2.5: kept)');
    expect(lines[5]).toContain(
      'slowest program (fib), over QEMU: 2.00 (required none; aim at least 1: kept)',
    );
  });

  it('are shown in tables', () => {
    const cells = (table: string) =>
      table.split('\n').map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    expect(cells(initTable(summaries)).at(-1)).toEqual(['Trapgate', '20.1.0', '3.00', '0.30', '0.60', '1']);
    const rows = cells(programTable(summaries, '20.1.0'));
    expect(rows[0]).toEqual(['program', '', 'v86, ms', 'QEMU, ms', 'Trapgate, ms', 'x v86', 'x QEMU']);
    expect(rows[2]).toEqual(['fib', 'recursive calls', '800', '400', '200', '4.00', '2.00']);
    expect(rows.at(-1)).toEqual(['', 'geometric mean', '283', '566', '200', '1.41', '2.83']);
  });

  it('do without subjects that failed', () => {
    const failed: GuestRun = { programs: [], problems: ['nothing happened for 180 s'] };
    const all = results([run(3, { fib: 0.2 })], [failed, failed], [run(5, { fib: 0.4 })]);
    const rest = all.map((result) => summarizeSubject(result, 2, 'host'));
    expect(rest[0]!.init).toBeUndefined();
    expect(initTable(rest)).toContain('| v86 ');
    expect(programTable(rest, '20.1.0')).toContain('fib');
    expect(goalLines(rest)).toHaveLength(3);
    expect(problems(all)).toEqual([
      'v86 (Node.js 20.1.0), run 1: nothing happened for 180 s',
      'v86 (Node.js 20.1.0), run 2: nothing happened for 180 s',
    ]);
  });
});

describe('problems', () => {
  it('are none when all agree', () => {
    expect(problems(measured)).toEqual([]);
  });

  it('are results that differ', () => {
    const wrong = results([run(3, { fib: 0.2 }, '00000002')], [run(9, { fib: 1 })], []);
    expect(problems(wrong)[0]).toBe(
      'trapgate (Node.js 20.1.0): fib gives 00000002, but 00000001 on v86 (Node.js 20.1.0)',
    );
  });

  it('are clocks that go wrong by more than 5 %', () => {
    const late = run(3, { fib: 1 });
    late.programs[0]!.guestSeconds = late.programs[0]!.seconds * 0.94;
    late.programs[1]!.guestSeconds = late.programs[1]!.seconds * 1.04;
    expect(problems(results([late], [], []))).toEqual([
      "trapgate (Node.js 20.1.0), run 1: fib took 10.000 s, by the guest's clock 9.400 s",
    ]);
  });
});

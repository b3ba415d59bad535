import { describe, expect, it } from 'vitest';

import { charts } from './charts';
import { MarkersMissingError, replaceSection } from './documentation';

describe('the section of the documentation', () => {
  const begin = '<!-- Written by npm run bench -- --peers --docs: begin -->';
  const end = '<!-- Written by npm run bench -- --peers --docs: end -->';

  it('is what stands between the markers', () => {
    const once = replaceSection(`before\n\n${begin}\n${end}\n\nafter\n`, '# a\n', 'page.md');
    expect(once).toBe(`before\n\n${begin}\n\n# a\n\n${end}\n\nafter\n`);
    expect(replaceSection(once, 'b', 'page.md')).toBe(`before\n\n${begin}\n\nb\n\n${end}\n\nafter\n`);
  });

  it('needs them', () => {
    expect(() => replaceSection(`${end}${begin}`, 'a', 'page.md')).toThrow(MarkersMissingError);
  });
});

describe('charts', () => {
  const summary = (subject: string, node: string, fib: number) => ({
    subject,
    node,
    init: fib * 10,
    peakMemory: undefined,
    programs: new Map([['fib', fib]]),
  });

  it('are SVG with a mark for each subject', () => {
    const made = charts([
      summary('v86', '20.1.0', 1),
      summary('v86', '26.2.0', 1),
      summary('qemu', '', 0.5),
      summary('trapgate', '20.1.0', 0.25),
      summary('trapgate', '26.2.0', 0.2),
    ]);
    expect(made.map(({ name }) => name)).toEqual(['start.svg', 'programs-node20.svg', 'programs-node26.svg']);
    for (const { svg } of made)
      expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg".*<\/svg>\n$/s);
    expect(made[0]!.svg.match(/<rect /g)).toHaveLength(5);
    expect(made[1]!.description).toBe(
      'Speed of 1 warm guest programs on v86, QEMU, Trapgate, Node.js 20.1.0, v86 being 1',
    );
    expect(made[1]!.svg).toContain('geometric mean');
  });

  it('need v86 for comparisons, and a subject that started', () => {
    expect(charts([summary('trapgate', '20.1.0', 1)]).map(({ name }) => name)).toEqual(['start.svg']);
    expect(charts([{ ...summary('trapgate', '20.1.0', 1), init: undefined }])).toEqual([]);
  });
});

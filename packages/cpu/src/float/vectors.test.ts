import { readFileSync } from 'node:fs';
import { forms } from '@trapgate/x86-decoder';
import { describe, expect, it } from 'vitest';
import { FLOAT } from '../semantics/float';
import { SIMD } from '../semantics/simd';
import { floatHostFunctions } from './host-functions';
import { SingleInstruction } from './testing/single-instruction';
import { load, parseLine, save } from './testing/vector-lines';

const APPROXIMATE = /^(rcp|rsqrt)/;

/** The cases of a file, by the mnemonic of the comment before them. */
function chapters(file: string): Map<string, string[]> {
  const chapters = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of readFileSync(new URL(`./testing/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .slice(1)) {
    if (line.startsWith('; ')) {
      current = chapters.get(line.slice(2)) ?? [];
      chapters.set(line.slice(2), current);
    } else if (line !== '') current.push(line);
  }
  return chapters;
}

describe.each(['x87.vectors.txt', 'simd.vectors.txt', 'sse4.vectors.txt'])(
  'vectors recorded from a processor: %s',
  (file) => {
    const all = chapters(file);
    const unit = new SingleInstruction((form) => all.has(form.mnemonic));

    it.each([...all.keys()])('%s', (mnemonic) => {
      for (const line of all.get(mnemonic)!) {
        const { code, before, after, vector } = parseLine(line);
        load(unit, before);
        const start = save(unit);
        expect(unit.run(code), line).toBe(vector);
        if (vector < 0) expect(save(unit), line).toEqual({ ...start, ...after });
      }
    });
  },
);

describe('floating-point forms of 32-bit code', () => {
  const features = /^(fpu|fpu287|fpu387|mmx|sse|sse2|sse3|cmov)$/;
  const wanted = forms.filter((form) => (form.modes & 1) !== 0 && features.test(form.feature));
  const isVector = (kinds: readonly string[]): boolean => kinds.some((kind) => kind.includes('mm'));

  it('each has a meaning or a host function', () => {
    const missing = wanted
      .filter((form) => {
        const kinds = form.operands.map((operand) => operand.kind);
        if (form.feature === 'cmov' && !kinds.includes('sti')) return false;
        if (isVector(kinds)) return !(form.mnemonic in SIMD);
        if (/^fpu/.test(form.feature) || kinds.includes('sti'))
          return !(form.mnemonic in FLOAT) && !floatHostFunctions.has(form.mnemonic);
        return false;
      })
      .map((form) => form.mnemonic);
    expect(missing).toEqual([]);
  });

  it('every vector instruction but the approximate ones and hints has vectors', () => {
    const recorded = new Set(['simd', 'sse4'].flatMap((name) => [...chapters(`${name}.vectors.txt`).keys()]));
    const exists = new Set(forms.filter((form) => (form.modes & 1) !== 0).map((form) => form.mnemonic));
    const without = Object.keys(SIMD)
      .filter((name) => exists.has(name))
      .filter((name) => !recorded.has(name) && !APPROXIMATE.test(name));
    expect(without.filter((name) => !/^(prefetch|clflush|clwb|.fence|femms)/.test(name))).toEqual([]);
  });
});

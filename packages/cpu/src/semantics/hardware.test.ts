import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { differences, VectorMachine } from '../testing/hardware-vectors';
import { parseVector, type RecordedVector } from '../testing/vector-text';

// Recorded from a real processor (tools/record-vectors); one line a vector, see testing/vector-text.ts.
function read(name: string): RecordedVector[] {
  const packed = readFileSync(new URL(`../../test/vectors/${name}.txt.gz`, import.meta.url));
  return new TextDecoder().decode(gunzipSync(packed)).trim().split('\n').map(parseVector);
}
const vectors = read('integer');

function byMnemonic(recorded: readonly RecordedVector[]): [string, RecordedVector[]][] {
  const groups = new Map<string, RecordedVector[]>();
  for (const vector of recorded) {
    const mnemonic = vector.name.split(' ')[0]!;
    groups.set(mnemonic, [...(groups.get(mnemonic) ?? []), vector]);
  }
  return [...groups];
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** What went wrong, or nothing. */
function failures(machine: VectorMachine, recorded: readonly RecordedVector[], slice?: number): string[] {
  return recorded.flatMap(({ name, vector, expected, compared }) => {
    const list = differences(expected, machine.run(vector, slice), compared);
    return list.length === 0 ? [] : [`${name} (${vector.bits}: ${hex(vector.code)}): ${list.join('; ')}`];
  });
}

describe('integer instructions do what the real processor did', () => {
  const machine = new VectorMachine();
  it.each(byMnemonic(vectors))('%s', (_mnemonic, recorded) => {
    expect(failures(machine, recorded)).toEqual([]);
  });

  it('repeated string instructions, interrupted after each iteration', () => {
    const strings = vectors.filter(({ name }) => /^(movs|cmps|stos|lods|scas)[bwd]$/.test(name));
    expect(strings.length).toBeGreaterThan(50);
    expect(failures(machine, strings, 1)).toEqual([]);
  });
});

describe('segment loads and far transfers do what the real processor did', () => {
  const machine = new VectorMachine();
  it.each(byMnemonic(read('segments')))('%s', (_mnemonic, recorded) => {
    expect(failures(machine, recorded)).toEqual([]);
  });
});

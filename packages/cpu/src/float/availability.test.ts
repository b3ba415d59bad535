import { describe, expect, it } from 'vitest';
import { AT, STATE } from '../state/layout';
import { CR0, CR4 } from '../state/mode';
import { SCRATCH } from './scratch';
import { OPERAND, SingleInstruction } from './testing/single-instruction';
import { load, save } from './testing/vector-lines';

const NAMES =
  /^(fadd|fninit|fnstsw|fldcw|wait|fxsave|fxrstor|fsin|paddb|emms|movaps|addps|cvtpi2ps|ldmxcsr|movups|addsd)$/;
const unit = new SingleInstruction((form) => NAMES.test(form.mnemonic));
const address = [OPERAND & 0xff, OPERAND >> 8, 0, 0];
const CODE = {
  fadd: [0xd8, 0xc1],
  fninit: [0xdb, 0xe3],
  wait: [0x9b],
  fsin: [0xd9, 0xfe],
  paddb: [0x0f, 0xfc, 0xc1],
  emms: [0x0f, 0x77],
  addps: [0x0f, 0x58, 0xc1],
  cvtpi2ps: [0x0f, 0x2a, 0xc1],
  movaps: [0x0f, 0x28, 0x05, ...address],
  fxsave: [0x0f, 0xae, 0x05, ...address],
  fxrstor: [0x0f, 0xae, 0x0d, ...address],
  ldmxcsr: [0x0f, 0xae, 0x15, ...address],
  addsd: [0xf2, 0x0f, 0x58, 0xc1],
} as const;
const [UD, NM, GP, MF, XM] = [6, 7, 13, 16, 19] as const;

/** Runs an instruction after some bits of CR0 and CR4 have been changed. */
function run(
  name: keyof typeof CODE,
  change: { set?: number; clear4?: number; clear0?: number } = {},
  fields: Record<string, string> = {},
): number {
  load(unit, { tw: 'ff', ...fields });
  const { state } = unit;
  state.set32(AT.cr0, (state.i32(AT.cr0) | (change.set ?? 0)) & ~(change.clear0 ?? 0));
  state.set32(AT.cr4, state.i32(AT.cr4) & ~(change.clear4 ?? 0));
  return unit.run(CODE[name]);
}

describe('availability of the units (SDM vol. 3A, tables 13-1 and 2-2)', () => {
  it('raises #NM for x87 instructions under TS or EM, host functions included', () => {
    for (const name of ['fadd', 'fninit', 'fsin', 'fxsave', 'fxrstor'] as const) {
      expect(run(name, { set: CR0.ts }), name).toBe(NM);
      expect(run(name, { set: CR0.em }), name).toBe(NM);
      expect(run(name), name).toBe(-1);
    }
  });

  it('raises #NM for WAIT only if MP and TS are set', () => {
    expect(run('wait', { set: CR0.ts })).toBe(NM);
    expect(run('wait', { set: CR0.ts, clear0: CR0.mp })).toBe(-1);
    expect(run('wait', { set: CR0.em })).toBe(-1);
  });

  it('raises #UD for MMX and SSE under EM, #NM under TS, #UD for SSE without OSFXSR', () => {
    for (const name of ['paddb', 'emms', 'addps', 'movaps', 'ldmxcsr', 'cvtpi2ps'] as const) {
      expect(run(name, { set: CR0.em }), name).toBe(UD);
      expect(run(name, { set: CR0.ts }), name).toBe(NM);
      expect(run(name, { set: CR0.em | CR0.ts }), name).toBe(UD);
    }
    for (const name of ['addps', 'movaps', 'ldmxcsr', 'cvtpi2ps'] as const)
      expect(run(name, { clear4: CR4.osfxsr }), name).toBe(UD);
    for (const name of ['paddb', 'emms'] as const) expect(run(name, { clear4: CR4.osfxsr }), name).toBe(-1);
  });

  it('raises a pending #MF for waiting x87 and MMX instructions if NE is set', () => {
    const pending = { cw: '037e', sw: '0001' };
    for (const name of ['fadd', 'wait', 'fsin', 'paddb', 'emms', 'cvtpi2ps'] as const) {
      expect(run(name, {}, pending), name).toBe(MF);
      expect(run(name, { clear0: CR0.ne }, pending), name).toBe(-1);
    }
    for (const name of ['fninit', 'fxsave', 'addps'] as const) expect(run(name, {}, pending), name).toBe(-1);
  });

  it('raises #XM for unmasked SSE exceptions, #UD if the system does not know of it, and leaves the destination', () => {
    const fields = { mx: '1f00', xmm0: '0000000000000000:7ff0000000000001' };
    expect(run('addsd', {}, fields)).toBe(XM);
    expect(save(unit)).toMatchObject({ mx: '1f01', xmm0: fields.xmm0 });
    expect(run('addsd', { clear4: CR4.osxmmexcpt }, fields)).toBe(UD);
  });

  it('refuses reserved bits of MXCSR', () => {
    expect(run('ldmxcsr', {}, { m: `00000100${'0'.repeat(24)}` })).toBe(GP);
    expect(run('ldmxcsr', {}, { m: `ffff0000${'0'.repeat(24)}` })).toBe(-1);
  });

  it('has room for the scratch area between the state and the fetch cache', () => {
    expect(STATE.size).toBeLessThanOrEqual(SCRATCH.x);
    expect(Math.max(...Object.values(SCRATCH)) + 16).toBeLessThanOrEqual(0x2000);
  });
});

describe('FXSAVE and FXRSTOR', () => {
  const fields = {
    cw: '027f',
    sw: '3820',
    tw: '81',
    mx: '9fc0',
    st0: '3fff:8000000000000000',
    st1: '4000:c90fdaa22168c235',
    xmm0: '0123456789abcdef:fedcba9876543210',
    xmm7: '1111111111111111:2222222222222222',
  };

  it('writes and reads the image of SDM vol. 1, table 10-2', () => {
    expect(run('fxsave', {}, fields)).toBe(-1);
    const image = new DataView(unit.memory.buffer, unit.memory.byteOffset + OPERAND, 512);
    expect([image.getUint16(0, true), image.getUint16(2, true), image.getUint8(4)]).toEqual([
      0x27f, 0x3820, 0x81,
    ]);
    expect([image.getUint32(24, true), image.getUint32(28, true)]).toEqual([0x9fc0, 0xffff]);
    expect([image.getUint16(40, true), image.getUint16(56, true)]).toEqual([0x3fff, 0x4000]);
    expect(image.getBigUint64(160, true)).toBe(0xfedcba9876543210n);
    const saved = save(unit);
    unit.reset();
    expect(unit.run(CODE.fxrstor)).toBe(-1);
    expect({ ...save(unit), fl: '' }).toEqual({ ...saved, fl: '' });
  });

  it('refuses operands that are not aligned and reserved bits of MXCSR', () => {
    load(unit, fields);
    expect(unit.run([0x0f, 0xae, 0x05, 8, OPERAND >> 8, 0, 0])).toBe(GP);
    new DataView(unit.memory.buffer, unit.memory.byteOffset + OPERAND).setUint32(24, 0x1_0000, true);
    expect(unit.run(CODE.fxrstor)).toBe(GP);
    expect(save(unit)).toMatchObject({ cw: '027f', mx: '9fc0' });
  });
});

import { FX } from '../../packages/cpu/src/testing/hardware-fx';
import type { MemoryRun, VectorResult } from '../../packages/cpu/src/testing/hardware-results';
import type { VectorGroup, VectorState } from '../../packages/cpu/src/testing/hardware-states';

// The recorder's formats: struct test and struct result in recorder.c.

const TEST_BYTES = 16 * 8 + 8 + 4 + 4 + 24;
const CODE_AT = 16 * 8 + 16;
const RESULT_BYTES = 16 * 8 + 16 + 16 + 16;

export interface Case {
  readonly group: VectorGroup;
  readonly state: VectorState;
}

function caseBytes({ state }: Case): number {
  const patches = state.patches.reduce((sum, { bytes }) => sum + 8 + bytes.length, 0);
  return TEST_BYTES + patches + (state.fx ? FX.bytes : 0);
}

export function encodeCases(cases: readonly Case[]): Uint8Array {
  const out = new Uint8Array(cases.reduce((sum, one) => sum + caseBytes(one), 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const { group, state } of cases) {
    state.gpr.forEach((half, n) => view.setUint32(at + 4 * n, half, true));
    view.setUint32(at + 128, state.rip, true);
    view.setUint32(at + 136, state.eflags, true);
    out.set([group.bits, group.code.length, state.fx ? 1 : 0, state.patches.length], at + 140);
    out.set(group.code, at + CODE_AT);
    at += TEST_BYTES;
    for (const { address, bytes } of state.patches) {
      view.setUint32(at, address, true);
      view.setUint32(at + 4, bytes.length, true);
      out.set(bytes, at + 8);
      at += 8 + bytes.length;
    }
    if (state.fx) {
      out.set(state.fx, at);
      at += FX.bytes;
    }
  }
  return out;
}

/** Without what is not the instruction's: the mask of MXCSR, what lies behind the registers, registers of other modes. */
function normalized(fx: Uint8Array, bits: number): Uint8Array {
  fx.fill(0, FX.mxcsrMask, FX.st);
  for (let n = 0; n < 8; n++) fx.fill(0, FX.st + 16 * n + 10, FX.st + 16 * n + 16);
  return fx.fill(0, bits === 64 ? FX.xmm + 256 : FX.xmm + 128);
}

export function decodeResults(bytes: Uint8Array, cases: readonly Case[]): VectorResult[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const u32 = (offset: number): number => view.getUint32(at + offset, true);
  return cases.map(({ group, state }) => {
    const gpr = Uint32Array.from({ length: 32 }, (_, n) => u32(4 * n));
    const rip = [u32(128), u32(132)] as const;
    const cr2 = [u32(136), u32(140)] as const;
    const [eflags, vector, error, runs] = [u32(144), u32(148), u32(152), u32(156)];
    const selectors = Array.from({ length: 6 }, (_, n) => view.getUint16(at + 160 + 2 * n, true));
    at += RESULT_BYTES;
    const fx = state.fx ? normalized(bytes.slice(at, (at += FX.bytes)), group.bits) : undefined;
    const changes: MemoryRun[] = [];
    for (let n = 0; n < runs; n++) {
      const [address, length] = [u32(0), u32(4)];
      changes.push({ address, bytes: bytes.slice(at + 8, at + 8 + length) });
      at += 8 + length;
    }
    const hasError = (vector >= 10 && vector <= 14) || vector === 17;
    return { gpr, rip, cr2, eflags, vector, error: hasError ? error : 0, selectors, fx, changes };
  });
}

/*
 * VEX, EVEX, XOP (Intel SDM vol. 2, 2.3 and 2.7; AMD APM vol. 3, 1.2.7) and 3DNow! encodings.
 */
import {
  address16,
  address32,
  clearMemory,
  clearModrm,
  fail,
  outOfBytes,
  read32,
  usedImmediate,
  usedVector,
} from './address';
import { vectorForms } from './forms';
import type { Instruction } from './instruction';
import { lazy } from './lazy';
import { nodeKind } from './lookup';
import * as fact from './vector-facts';
import { buildVectorLookup, evexSlots, longRoot, slot3dnow, vexSlots, xopSlots } from './vector-lookup';
import type { VectorLookup } from './vector-lookup';

/** Built when the first such instruction is met. */
const tables = /* @__PURE__ */ lazy(() => buildVectorLookup(vectorForms()));

/** Whether an escape opcode and the byte behind it introduce a vector prefix, rather than LES, LDS, BOUND or POP. */
export function isVectorPrefix(opcode: number, next: number, mode: number): boolean {
  if (opcode === 0x0f) return true;
  if (opcode === 0x90) return false;
  if (opcode === 0x8f) return (next & 0x1f) >= 8;
  return mode === 64 || next >= 0xc0;
}

// The fields of a prefix in one integer, bits not inverted: in bits 0..4 pp, W and L'L as they select the form, then W R X B as
// in a REX prefix (5..8), the map (9..12), vvvv (13..16), R' and V' (17, 18), and the last byte of EVEX: z L'L b V' aaa (19..26).
const rexShift = 5;
const slotShift = 9;
const vvvvShift = 13;
const r2Shift = 17;
const v2Shift = 18;
const lastShift = 19;
const broadcastBit = 0x10 << lastShift;

function vexFields(bytes: Uint8Array, at: number, escape: number): number {
  const p0 = bytes[at];
  if (escape === 0xc5)
    return (
      ((p0 & 3) << 3) | ((p0 >> 2) & 1) | (((~p0 >> 5) & 4) << rexShift) | (((~p0 >> 3) & 15) << vvvvShift)
    );
  const map = p0 & 31;
  const slot = escape === 0xc4 ? (vexSlots[map] ?? -1) : (xopSlots[map - 8] ?? -1);
  if (slot < 0) return -1;
  const p1 = bytes[at + 1];
  return commonFields(p0, p1) | ((p1 >> 2) & 1) | (slot << slotShift);
}

function commonFields(p0: number, p1: number): number {
  return (
    ((p1 & 3) << 3) |
    ((p1 >> 5) & 4) |
    ((((~p0 >> 5) & 7) | ((p1 >> 4) & 8)) << rexShift) |
    (((~p1 >> 3) & 15) << vvvvShift)
  );
}

function evexFields(bytes: Uint8Array, at: number): number {
  const p0 = bytes[at];
  const p1 = bytes[at + 1];
  const p2 = bytes[at + 2];
  const slot = evexSlots[p0 & 7];
  if ((p0 & 8) !== 0 || (p1 & 4) === 0 || slot < 0) return -1;
  return (
    commonFields(p0, p1) |
    ((p2 >> 5) & 3) |
    (slot << slotShift) |
    (((~p0 >> 4) & 1) << r2Shift) |
    (((~p2 >> 3) & 1) << v2Shift) |
    (p2 << lastShift)
  );
}

/** Decodes from `start`, behind the escape opcode in `out.opcode`. */
export function decodeVector(
  bytes: Uint8Array,
  start: number,
  offset: number,
  limit: number,
  out: Instruction,
): Instruction {
  const lookup = tables();
  out.used |= usedVector;
  clearModrm(out);
  if (out.memory) clearMemory(out);
  const escape = out.opcode;
  if (escape === 0x0f) return decode3dnow(lookup, bytes, start, offset, limit, out);
  // 66, F2, F3, LOCK and REX in front are #UD (SDM vol. 2, 2.3.2 to 2.3.4).
  if (out.lock || out.rep !== 0 || out.operandSizePrefix || out.rex !== 0)
    return fail(out, 'invalid-opcode', start - offset);
  let at = start + (escape === 0xc5 ? 1 : escape === 0x62 ? 3 : 2);
  if (at >= limit) return outOfBytes(out, offset, limit);
  const fields = escape === 0x62 ? evexFields(bytes, start) : vexFields(bytes, start, escape);
  if (fields < 0) return fail(out, 'invalid-opcode', start + 1 - offset);
  const opcode = bytes[at++];
  out.opcode = opcode;
  const long = out.mode === 64;
  const group = lookup.root[(long ? longRoot : 0) + ((fields >> slotShift) & 15) * 256 + opcode];
  const select = fields & 31;
  let node = lookup.nodes[group + select];
  // Without ModRM there are vzeroupper and vzeroall.
  if ((node & 7) !== nodeKind.form || group === 0 || escape === 0x62) {
    if (at >= limit) return outOfBytes(out, offset, limit);
    const modrm = bytes[at++];
    out.modrm = modrm;
    out.mod = modrm >> 6;
    // EVEX.b with registers: L'L is the rounding, the length is 512.
    if ((fields & broadcastBit) !== 0 && modrm >= 0xc0) node = lookup.nodes[group + ((select & 28) | 2)];
    const kind = node & 7;
    const digit = (modrm >> 3) & 7;
    if (kind === nodeKind.modrm16) node = lookup.nodes[(node >> 3) + digit + (modrm >= 0xc0 ? 8 : 0)];
    else if (kind === nodeKind.modrm72)
      node = lookup.nodes[(node >> 3) + (modrm >= 0xc0 ? modrm - 0xb8 : digit)];
  }
  const form = node >> 3;
  if (form === 0) return fail(out, 'invalid-opcode', at - offset);
  const facts = lookup.facts[form - lookup.firstForm];
  if (!setRegisters(fields, facts, long, out)) return fail(out, 'invalid-opcode', at - offset);
  const size = (facts >> fact.sizeShift) & 7;
  if (size !== 0) out.operandSize = (size * 16) as 32;
  if (out.modrm >= 0 && out.modrm < 0xc0) {
    at = memory(bytes, at, limit, fields, facts, out);
    if (at === -1) return outOfBytes(out, offset, limit);
    if (at === -2) return fail(out, 'invalid-opcode', start - offset);
  }
  if (escape === 0x62 && !setMasking(fields >> lastShift, facts, out))
    return fail(out, 'invalid-opcode', at - offset);
  if ((facts & fact.distinctRegisters) !== 0 && !areDistinct(facts, escape === 0x62, out))
    return fail(out, 'invalid-opcode', at - offset);
  return finish(bytes, at, offset, limit, form, facts, out);
}

/** The immediate, and what marks the instruction as valid. */
function finish(
  bytes: Uint8Array,
  start: number,
  offset: number,
  limit: number,
  form: number,
  facts: number,
  out: Instruction,
): Instruction {
  const tail = facts & 3;
  const at = start + (tail === 0 ? 0 : tail === fact.vectorTail.imm32 ? 4 : 1);
  if (at > limit) return outOfBytes(out, offset, limit);
  if (tail !== 0) out.used |= usedImmediate;
  if (tail === fact.vectorTail.imm8) out.immediate = bytes[start];
  else if (tail === fact.vectorTail.imm32) out.immediate = read32(bytes, start);
  else if (tail === fact.vectorTail.is4) {
    out.is4 = (bytes[start] >> 4) & (out.mode === 64 ? 15 : 7);
    out.immediate = bytes[start] & 15;
  }
  out.form = form;
  out.length = at - offset;
  return out;
}

/** Register numbers. False if one does not exist, or VEX.vvvv is used where it means nothing. */
function setRegisters(fields: number, facts: number, long: boolean, out: Instruction): boolean {
  const rex = fields >> rexShift;
  const vvvv = (fields >> vvvvShift) & 15;
  const r2 = (fields >> r2Shift) & 1;
  const v2 = (fields >> v2Shift) & 1;
  if (v2 !== 0 && !long) return false;
  if ((facts & fact.usesVvvv) === 0) {
    if (vvvv !== 0 || (v2 !== 0 && (facts & fact.usesVsib) === 0)) return false;
  } else if (!long) out.vvvv = vvvv & 7;
  else {
    if ((facts & fact.vvvvSmall) !== 0 && vvvv > 7) return false;
    if (v2 !== 0 && (facts & (fact.vvvvVector | fact.usesVsib)) === 0) return false;
    out.vvvv = vvvv | ((facts & fact.vvvvVector) !== 0 ? v2 << 4 : 0);
  }
  if (out.modrm < 0) return true;
  const reg = (out.modrm >> 3) & 7;
  const rm = out.modrm & 7;
  out.reg = reg;
  out.rm = rm;
  if (!long) return true;
  if ((facts & fact.regSmall) !== 0) {
    if ((rex & 4) !== 0 || r2 !== 0) return false;
  } else {
    if (r2 !== 0 && (facts & fact.regGeneral) !== 0) return false;
    out.reg = reg | ((rex & 4) << 1) | (r2 << 4);
  }
  if ((facts & fact.tiles) !== 0 && (rex & 1) !== 0 && out.modrm >= 0xc0) return false;
  if ((facts & fact.rmSmall) === 0 || out.modrm < 0xc0) {
    out.rm = rm | ((rex & 1) << 3);
    if (out.modrm >= 0xc0 && (facts & fact.rmVector) !== 0) out.rm |= (rex & 2) << 3;
  }
  return true;
}

/** The memory operand. Returns the offset behind it; -1: more bytes are needed; -2: there is no such address. */
function memory(
  bytes: Uint8Array,
  start: number,
  limit: number,
  fields: number,
  facts: number,
  out: Instruction,
): number {
  const vsib = (facts & fact.usesVsib) !== 0;
  if ((vsib || (facts & fact.needsSib) !== 0) && ((out.modrm & 7) !== 4 || out.addressSize === 16)) return -2;
  const rex = out.mode === 64 ? fields >> rexShift : 0;
  const at =
    out.addressSize === 16 ? address16(bytes, start, limit, out) : address32(bytes, start, limit, rex, out);
  if (at < 0) return -1;
  if (vsib) {
    const sib = bytes[start];
    out.index = ((sib >> 3) & 7) | ((rex & 2) << 2) | (out.mode === 64 ? ((fields >> v2Shift) & 1) << 4 : 0);
    out.scale = 1 << (sib >> 6);
  }
  if (out.displacementSize === 1) {
    const broadcast = (facts >> fact.broadcastShift) & 3;
    const shift =
      (fields & broadcastBit) !== 0 && broadcast !== 0 ? broadcast : (facts >> fact.scaleShift) & 7;
    out.displacement <<= shift;
  }
  return at;
}

/** Masking, broadcast and rounding of EVEX. False if the form has no such thing. */
function setMasking(p2: number, facts: number, out: Instruction): boolean {
  const masking = (facts >> fact.maskingShift) & 3;
  out.mask = p2 & 7;
  if (out.mask !== 0 ? masking === 0 : masking === 3) return false;
  if ((p2 & 0x80) !== 0) {
    if (out.mask === 0 || masking !== 2 || (out.memory && (facts & fact.rmFirst) !== 0)) return false;
    out.zeroing = true;
  }
  if ((p2 & 0x10) === 0) return true;
  if (out.memory) {
    out.broadcast = true;
    return ((facts >> fact.broadcastShift) & 3) !== 0;
  }
  const rounding = (facts >> fact.roundingShift) & 3;
  if (rounding === 2) out.rounding = (p2 >> 5) & 3;
  out.sae = true;
  return rounding !== 0;
}

/** Gathers, tile products and complex products want different registers. */
function areDistinct(facts: number, evex: boolean, out: Instruction): boolean {
  if ((facts & fact.usesVsib) !== 0)
    return out.reg !== out.index && (evex || (out.vvvv !== out.reg && out.vvvv !== out.index));
  if ((facts & fact.tiles) !== 0) return out.reg !== out.rm && out.reg !== out.vvvv && out.rm !== out.vvvv;
  return out.reg !== out.vvvv && (out.memory || out.reg !== out.rm);
}

/** 0F 0F, operands, opcode (AMD APM vol. 3, 1.2.1). */
function decode3dnow(
  lookup: VectorLookup,
  bytes: Uint8Array,
  start: number,
  offset: number,
  limit: number,
  out: Instruction,
): Instruction {
  let at = start;
  const modrm = bytes[at++];
  out.modrm = modrm;
  out.mod = modrm >> 6;
  out.reg = (modrm >> 3) & 7;
  out.rm = (modrm & 7) | ((out.rex & 1) << 3);
  if (modrm < 0xc0) {
    at =
      out.addressSize === 16 ? address16(bytes, at, limit, out) : address32(bytes, at, limit, out.rex, out);
    if (at < 0) return outOfBytes(out, offset, limit);
  } else out.rm &= 7;
  if (at >= limit) return outOfBytes(out, offset, limit);
  out.opcode = bytes[at++];
  const group = lookup.root[(out.mode === 64 ? longRoot : 0) + slot3dnow * 256 + out.opcode];
  const form = lookup.nodes[group] >> 3;
  if (form === 0 || out.lock) return fail(out, form === 0 ? 'invalid-opcode' : 'invalid-lock', at - offset);
  out.form = form;
  out.length = at - offset;
  return out;
}

import {
  address16,
  address32,
  clear,
  clearMemory,
  clearModrm,
  fail,
  outOfBytes,
  usedPrefixes,
} from './address';
import { decodeVector, isVectorPrefix } from './decode-vector';
import {
  boundRm,
  checkedRegisters,
  factsOf,
  ignoresMod,
  lockable,
  mandatory,
  mandatory66,
  mandatoryRep,
  no66,
  noRelative,
  opcodeRegister,
  sizeShift,
  tailMask,
  usesBound,
  usesCreg,
  usesSreg,
  writesSreg,
} from './form-facts';
import { forms } from './forms';
import { decodeTail } from './immediate';
import type { Instruction } from './instruction';
import { buildLookup, nodeKind } from './lookup';

// Kinds of byte in front of the opcode.
const enum Prefix {
  none,
  segment,
  operandSize,
  addressSize,
  lock,
  repeat,
  rex,
}

function prefixKinds(): Uint8Array {
  const kinds = new Uint8Array(512); // second half: 64-bit code
  for (const half of [0, 256]) {
    for (const byte of [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]) kinds[half + byte] = Prefix.segment;
    kinds[half + 0x66] = Prefix.operandSize;
    kinds[half + 0x67] = Prefix.addressSize;
    kinds[half + 0xf0] = Prefix.lock;
    kinds[half + 0xf2] = kinds[half + 0xf3] = Prefix.repeat;
  }
  for (let byte = 0x40; byte < 0x50; byte++) kinds[256 + byte] = Prefix.rex;
  return kinds;
}

const { root, nodes, rexB, reservedNop } = /* @__PURE__ */ buildLookup(forms);
const facts = /* @__PURE__ */ Int32Array.from(forms, factsOf);
const prefixes = /* @__PURE__ */ prefixKinds();

/** Operand sizes of the contexts of lookup.ts. */
const sizes = [16, 32, 16, 32, 64] as const;

/**
 * Decodes the instruction at `bytes[offset]`, into `out`, which is also returned. Never throws and never reads outside
 * [offset, end). An instruction that does not decode has `form` 0 and says why in `error`.
 *
 * Near branches in 64-bit code ignore the 66 prefix, as Intel's processors do.
 */
export function decode(
  bytes: Uint8Array,
  offset: number,
  end: number,
  mode: 16 | 32 | 64,
  out: Instruction,
): Instruction {
  const limit = end - offset > 15 ? offset + 15 : end;
  if (out.used !== 0) clear(out);
  if (out.error !== 'none') out.error = 'none';
  out.mode = mode;
  out.addressSize = mode;
  out.segment = 3;
  if (offset >= limit) return outOfBytes(out, offset, limit);
  let opcode = bytes[offset];
  let at = offset + 1;
  let rex = 0;
  let context = mode === 64 ? 3 : mode >> 5;
  if (mode === 64 && (opcode & 0xf0) === 0x40) {
    if (at >= limit) return outOfBytes(out, offset, limit);
    rex = opcode;
    opcode = bytes[at++];
    if ((rex & 8) !== 0) context = 4;
  }
  let node = root[context * 1024 + opcode];
  if (node === nodeKind.before) {
    if (opcode !== 0x0f) return decodePrefixed(bytes, offset, limit, out);
    if (at >= limit) return outOfBytes(out, offset, limit);
    opcode = bytes[at++];
    let map = 256;
    if (opcode === 0x38 || opcode === 0x3a) {
      if (at >= limit) return outOfBytes(out, offset, limit);
      map = opcode === 0x38 ? 512 : 768;
      opcode = bytes[at++];
    }
    node = root[context * 1024 + map + opcode];
  }
  out.rex = rex;
  out.opcode = opcode;
  return decodeForm(bytes, at, offset, limit, node, context, out);
}

/** The general case: any prefixes in any order. */
function decodePrefixed(bytes: Uint8Array, offset: number, limit: number, out: Instruction): Instruction {
  const { mode } = out;
  const long = mode === 64;
  const kinds = long ? 256 : 0;
  out.used |= usedPrefixes;
  let at = offset;
  let rex = 0;
  let byte = 0;
  for (;;) {
    if (at >= limit) return outOfBytes(out, offset, limit);
    byte = bytes[at++];
    const kind = prefixes[kinds + byte];
    if (kind === Prefix.none) break;
    if (kind === Prefix.rex) {
      rex = byte;
      continue;
    }
    rex = 0; // a REX that is not right before the opcode is ignored
    if (kind === Prefix.operandSize) out.operandSizePrefix = true;
    else if (kind === Prefix.repeat) out.rep = byte as 0xf2;
    else if (kind === Prefix.lock) out.lock = true;
    else if (kind === Prefix.addressSize) out.addressSizePrefix = true;
    else setSegment(out, byte, long);
  }
  let map = 0;
  if (byte === 0x0f) {
    if (at >= limit) return outOfBytes(out, offset, limit);
    byte = bytes[at++];
    map = 256;
    if (byte === 0x38 || byte === 0x3a) {
      map = byte === 0x38 ? 512 : 768;
      if (at >= limit) return outOfBytes(out, offset, limit);
      byte = bytes[at++];
    }
  }
  const small = out.operandSizePrefix;
  let context = 0;
  if (long) context = (rex & 8) !== 0 ? 4 : small ? 2 : 3;
  else context = (mode === 32) !== small ? 1 : 0;
  if (out.addressSizePrefix) out.addressSize = mode === 32 ? 16 : 32;
  out.rex = rex;
  out.opcode = byte;
  return decodeForm(bytes, at, offset, limit, root[context * 1024 + map + byte], context, out);
}

function setSegment(out: Instruction, byte: number, long: boolean): void {
  const segment = byte >= 0x64 ? byte - 0x60 : (byte >> 3) & 3;
  out.segmentPrefix = segment;
  if (!long || segment >= 4) {
    out.segment = segment;
    out.segmentOverride = true;
  }
}

/** Finds the form, then reads what follows the opcode. */
function decodeForm(
  bytes: Uint8Array,
  start: number,
  offset: number,
  limit: number,
  first: number,
  context: number,
  out: Instruction,
): Instruction {
  let at = start;
  let node = first;
  if ((node & 7) >= nodeKind.prefix) {
    if ((node & 7) === nodeKind.escape) {
      if (at >= limit && out.opcode !== 0x90) return outOfBytes(out, offset, limit);
      if (isVectorPrefix(out.opcode, bytes[at], out.mode)) {
        out.operandSize = sizes[context];
        return decodeVector(bytes, at, offset, limit, out);
      }
      node =
        out.opcode === 0x90 && (out.rex & 1) !== 0 && out.rep !== 0xf3 ? rexB[context] : nodes[node >> 3];
    }
    node = byPrefix(node, out);
  }
  const rex = out.rex;
  const kind = node & 7;
  let modrm = -1;
  if (kind !== nodeKind.form) {
    if (at >= limit) return outOfBytes(out, offset, limit);
    modrm = bytes[at++];
    const digit = (modrm >> 3) & 7;
    if (kind === nodeKind.modrm16) node = nodes[(node >> 3) + digit + (modrm >= 0xc0 ? 8 : 0)];
    else if (kind === nodeKind.modrm72) node = nodes[(node >> 3) + (modrm >= 0xc0 ? modrm - 0xb8 : digit)];
    out.modrm = modrm;
    out.mod = modrm >> 6;
    out.reg = digit | ((rex & 4) << 1);
    out.rm = (modrm & 7) | ((rex & 1) << 3);
  }
  let form = node >> 3;
  if (form === 0) return fail(out, 'invalid-opcode', at - offset);
  let fact = facts[form];
  if (modrm >= 0 && modrm < 0xc0 && (fact & ignoresMod) === 0) {
    at = out.addressSize === 16 ? address16(bytes, at, limit, out) : address32(bytes, at, limit, rex, out);
    if (at < 0) return outOfBytes(out, offset, limit);
  } else {
    if (out.memory) clearMemory(out);
    if (modrm < 0) {
      clearModrm(out);
      if ((fact & opcodeRegister) !== 0) out.rm = (out.opcode & 7) | ((rex & 1) << 3);
    }
  }
  if ((fact & checkedRegisters) !== 0) {
    if ((fact & usesBound) === 0) {
      if (!registerExists(fact, out)) return fail(out, 'invalid-opcode', at - offset);
    } else if (!boundExists(fact, out)) {
      form = reservedNop[context];
      fact = facts[form];
    }
  }
  if (out.lock && ((fact & lockable) === 0 || !out.memory)) return fail(out, 'invalid-lock', at - offset);
  if ((fact & mandatory) !== 0 && !dropMandatory(fact, out)) return fail(out, 'invalid-opcode', at - offset);
  const size = (fact >> sizeShift) & 7;
  out.operandSize = size !== 0 ? ((size * 16) as 16) : sizes[context];
  if ((fact & tailMask) !== 0) {
    at = decodeTail(bytes, at, limit, fact & tailMask, out);
    if (at < 0) return outOfBytes(out, offset, limit);
  }
  out.form = form;
  out.length = at - offset;
  return out;
}

/** Follows nodes that prefixes choose by. */
function byPrefix(first: number, out: Instruction): number {
  let node = first;
  if ((node & 7) === nodeKind.prefix)
    node = nodes[(node >> 3) + (out.rep === 0xf3 ? 2 : out.rep === 0xf2 ? 3 : out.operandSizePrefix ? 1 : 0)];
  return (node & 7) === nodeKind.address ? nodes[(node >> 3) + (out.addressSize >> 5)] : node;
}

/** Mandatory prefixes are part of the opcode. False if there is another that must not be. */
function dropMandatory(fact: number, out: Instruction): boolean {
  if ((fact & no66) !== 0 && out.operandSizePrefix) return false;
  if ((fact & mandatory66) !== 0) out.operandSizePrefix = false;
  if ((fact & mandatoryRep) !== 0) out.rep = 0;
  return true;
}

/** What MPX refuses is the NOP that it is without MPX. */
function boundExists(fact: number, out: Instruction): boolean {
  if (out.mode === 64) out.addressSize = 64; // 67 is ignored (SDM vol. 1, appendix of MPX)
  if (out.reg >= 4 || (!out.memory && out.rm >= 4 && (fact & boundRm) !== 0)) return false;
  return !out.memory || (out.addressSize !== 16 && !((fact & noRelative) !== 0 && out.base === 16));
}

/** Segment, control and debug register numbers that do not exist raise #UD. */
function registerExists(fact: number, out: Instruction): boolean {
  if ((fact & usesSreg) !== 0) {
    out.reg &= 7; // REX.R is ignored
    return out.reg < 6 && !(out.reg === 1 && (fact & writesSreg) !== 0);
  }
  if ((fact & usesCreg) !== 0) return out.reg === 0 || (out.reg >= 2 && out.reg <= 4) || out.reg === 8;
  return out.reg < 8;
}

import {
  factsOf,
  ignoresMod,
  boundRm,
  lockable,
  mandatory66,
  mandatoryRep,
  noRelative,
  opcodeRegister,
  sizeShift,
  tail,
  usesBound,
  usesCreg,
  usesDreg,
  usesSreg,
  writesSreg,
} from './form-facts';
import { forms } from './forms';
import { address16, address32, fail, outOfBytes, read16, read32 } from './address';
import type { Instruction } from './instruction';
import { decodeVector, isVectorPrefix } from './decode-vector';
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

function reset(out: Instruction, mode: 16 | 32 | 64): void {
  out.error = 'none';
  out.mode = mode;
  out.lock = false;
  out.rep = 0;
  out.segment = 3;
  out.segmentOverride = false;
  out.segmentPrefix = -1;
  out.operandSizePrefix = false;
  out.addressSizePrefix = false;
  out.rex = 0;
  out.modrm = -1;
  out.mod = 0;
  out.reg = 0;
  out.rm = 0;
  out.memory = false;
  out.base = -1;
  out.index = -1;
  out.scale = 1;
  out.displacementSize = 0;
  out.displacement = 0;
  out.displacementHigh = 0;
  out.immediate = 0;
  out.immediateHigh = 0;
  out.immediate2 = 0;
  out.branch = 0;
  out.vvvv = 0;
  out.is4 = 0;
  out.mask = 0;
  out.zeroing = false;
  out.broadcast = false;
  out.rounding = -1;
  out.sae = false;
}

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
  const available = end - offset;
  const limit = available > 15 ? offset + 15 : end;
  const long = mode === 64;
  reset(out, mode);
  const kinds = long ? 256 : 0;
  let at = offset;
  let rex = 0;
  let byte = 0;
  for (;;) {
    if (at >= limit) return outOfBytes(out, at - offset, available);
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
  out.rex = rex;

  let map = 0;
  if (byte === 0x0f) {
    if (at >= limit) return outOfBytes(out, at - offset, available);
    byte = bytes[at++];
    map = 256;
    if (byte === 0x38 || byte === 0x3a) {
      map = byte === 0x38 ? 512 : 768;
      if (at >= limit) return outOfBytes(out, at - offset, available);
      byte = bytes[at++];
    }
  }
  out.opcode = byte;
  return decodeForm(bytes, at, offset, available, limit, map, out);
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
  available: number,
  limit: number,
  map: number,
  out: Instruction,
): Instruction {
  const opcode = out.opcode;
  const rex = out.rex;
  let at = start;
  let context = 0;
  if (out.mode === 64) {
    context = rex & 8 ? 4 : out.operandSizePrefix ? 2 : 3;
    out.operandSize = context === 4 ? 64 : context === 2 ? 16 : 32;
    out.addressSize = out.addressSizePrefix ? 32 : 64;
  } else {
    const wide = out.mode === 32;
    context = wide !== out.operandSizePrefix ? 1 : 0;
    out.operandSize = context === 1 ? 32 : 16;
    out.addressSize = wide !== out.addressSizePrefix ? 32 : 16;
  }

  let node = root[context * 1024 + map + opcode];
  if (opcode === 0x90 && map === 0 && rex & 1 && out.rep !== 0xf3) node = rexB[context];
  let kind = node & 7;
  if (kind === nodeKind.escape) {
    if (at >= limit) return outOfBytes(out, at - offset, available);
    if (isVectorPrefix(opcode, map, bytes[at], out.mode))
      return decodeVector(bytes, at, offset, available, limit, out);
    node = nodes[node >> 3];
    kind = node & 7;
  }
  if (kind === nodeKind.prefix) {
    node = nodes[(node >> 3) + (out.rep === 0xf3 ? 2 : out.rep === 0xf2 ? 3 : out.operandSizePrefix ? 1 : 0)];
    kind = node & 7;
  }
  if (kind === nodeKind.address) {
    node = nodes[(node >> 3) + (out.addressSize >> 5)];
    kind = node & 7;
  }
  if (kind !== nodeKind.form) {
    if (at >= limit) return outOfBytes(out, at - offset, available);
    const modrm = bytes[at++];
    out.modrm = modrm;
    out.mod = modrm >> 6;
    const digit = (modrm >> 3) & 7;
    out.reg = digit | ((rex & 4) << 1);
    if (kind === nodeKind.modrm16) node = nodes[(node >> 3) + digit + (modrm >= 0xc0 ? 8 : 0)];
    else if (kind === nodeKind.modrm72) node = nodes[(node >> 3) + (modrm >= 0xc0 ? modrm - 0xb8 : digit)];
  }
  let form = node >> 3;
  if (form === 0) return fail(out, 'invalid-opcode', at - offset);
  let fact = facts[form];

  if (out.modrm >= 0) {
    out.rm = (out.modrm & 7) | ((rex & 1) << 3);
    if (out.modrm < 0xc0 && (fact & ignoresMod) === 0) {
      at = out.addressSize === 16 ? address16(bytes, at, limit, out) : address32(bytes, at, limit, rex, out);
      if (at < 0) return outOfBytes(out, limit - offset, available);
    }
    if ((fact & usesBound) !== 0 && !boundExists(fact, out)) {
      form = reservedNop[context];
      fact = facts[form];
    }
    if ((fact & (usesSreg | usesCreg | usesDreg)) !== 0 && !registerExists(fact, out)) {
      return fail(out, 'invalid-opcode', at - offset);
    }
  } else if ((fact & opcodeRegister) !== 0) {
    out.rm = (opcode & 7) | ((rex & 1) << 3);
  }
  if (out.lock && ((fact & lockable) === 0 || !out.memory)) return fail(out, 'invalid-lock', at - offset);
  if ((fact & mandatory66) !== 0) out.operandSizePrefix = false;
  if ((fact & mandatoryRep) !== 0) out.rep = 0;
  const size = (fact >> sizeShift) & 7;
  if (size !== 0) out.operandSize = (size * 16) as 16;

  out.form = form;
  at = decodeTail(bytes, at, limit, fact & 15, out);
  if (at < 0) return outOfBytes(out, limit - offset, available);
  out.length = at - offset;
  return out;
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

// Bytes of each tail, in the order of `tail`; moffs has the address size.
const tailSizes = [0, 1, 1, 2, 4, 4, 8, 3, 2, 1, 2, 4, 4, 6];

/** Immediates, branch displacements, far pointers, moffs. Returns the offset behind them, or -1. */
function decodeTail(bytes: Uint8Array, at: number, limit: number, kind: number, out: Instruction): number {
  if (kind === tail.none) return at;
  const next = at + (kind === tail.moffs ? out.addressSize >> 3 : tailSizes[kind]);
  if (next > limit) return -1;
  switch (kind) {
    case tail.imm8:
      out.immediate = bytes[at];
      break;
    case tail.imm8s:
      out.immediate = (bytes[at] << 24) >> 24;
      if (out.operandSize === 64) out.immediateHigh = out.immediate >> 31;
      break;
    case tail.imm16:
      out.immediate = read16(bytes, at);
      break;
    case tail.imm32:
      out.immediate = read32(bytes, at);
      break;
    case tail.imm32s:
      out.immediate = read32(bytes, at);
      out.immediateHigh = out.immediate >> 31;
      break;
    case tail.imm64:
      out.immediate = read32(bytes, at);
      out.immediateHigh = read32(bytes, at + 4);
      break;
    case tail.enter:
      out.immediate = read16(bytes, at);
      out.immediate2 = bytes[at + 2];
      break;
    case tail.twoBytes:
      out.immediate = bytes[at];
      out.immediate2 = bytes[at + 1];
      break;
    case tail.rel8:
      out.branch = (bytes[at] << 24) >> 24;
      break;
    case tail.rel16:
      out.branch = (read16(bytes, at) << 16) >> 16;
      break;
    case tail.rel32:
      out.branch = read32(bytes, at);
      break;
    case tail.far16:
      out.immediate = read16(bytes, at);
      out.immediate2 = read16(bytes, at + 2);
      break;
    case tail.far32:
      out.immediate = read32(bytes, at);
      out.immediate2 = read16(bytes, at + 4);
      break;
    default:
      moffs(bytes, at, out);
  }
  return next;
}

function moffs(bytes: Uint8Array, at: number, out: Instruction): void {
  out.memory = true;
  out.displacementSize = out.addressSize >> 3;
  out.displacement = out.addressSize === 16 ? read16(bytes, at) : read32(bytes, at) >>> 0;
  if (out.addressSize === 64) out.displacementHigh = read32(bytes, at + 4);
}

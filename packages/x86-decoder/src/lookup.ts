/*
 * The decoder's tables. A node is `index * 8 + kind`; the root is indexed by context, opcode map and opcode.
 * The context is the code size (16/32 or 64) together with the effective operand size.
 */
import type { Form } from './form';

export const nodeKind = {
  form: 0, // index = form id; no ModRM
  formModrm: 1, // index = form id; ModRM follows
  modrm16: 2, // index into nodes: [(mod === 3 ? 8 : 0) + reg]
  modrm72: 3, // index into nodes: [mod === 3 ? modrm - 0xC0 + 8 : reg]
  prefix: 4, // index into nodes: [0 none, 1 = 66, 2 = F3, 3 = F2]
  address: 5, // index into nodes: [0 = 16, 1 = 32, 2 = 64]
  escape: 6, // C4, C5, 62, 8F, 0F 0F, 90: index into nodes of the node if it is neither a vector prefix nor has REX.B
  before: 7, // prefixes and 0F
} as const;

/** Contexts: 0, 1 = 16/32-bit code with operand size 16, 32; 2, 3, 4 = 64-bit code with 16, 32, 64. */
const contexts: readonly { long: boolean; size: 16 | 32 | 64 }[] = [
  { long: false, size: 16 },
  { long: false, size: 32 },
  { long: true, size: 16 },
  { long: true, size: 32 },
  { long: true, size: 64 },
];

/** Map * 256 + opcode of what may introduce a VEX, EVEX, XOP or 3DNow! encoding, and of XCHG with a REX.B. */
const escapes = [0xc4, 0xc5, 0x62, 0x8f, 0x10f, 0x90];

const before = [0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3];

export interface Lookup {
  /** [context * 1024 + map * 256 + opcode] */
  readonly root: Int32Array;
  readonly nodes: Int32Array;
  /** Forms of opcode 90 with REX.B, by context. */
  readonly rexB: Int32Array;
  /** Forms of 0F 1A and 0F 1B without MPX, by context. */
  readonly reservedNop: Int32Array;
}

/** Two forms claim the same encoding. `code` is 'overlapping-rows'. */
export class OverlapError extends Error {
  readonly code = 'overlapping-rows';
  constructor(
    readonly first: Form,
    readonly second: Form,
  ) {
    super(
      `'${first.mnemonic}' and '${second.mnemonic}' overlap at opcode ${first.opcode.toString(16)} of map ${first.map}`,
    );
    this.name = 'OverlapError';
  }
}

/** True if the effective operand size `size` in this kind of code selects the form. */
function sizeMatches(form: Form, long: boolean, size: number): boolean {
  if ((form.modes & (long ? 2 : 1)) === 0) return false;
  if (form.operandSize === 0 || form.operandSize === size) return true;
  if (!long) return false;
  if (form.sizeRule === 'force64') return form.operandSize === 64;
  if (form.sizeRule === 'default64') return form.operandSize === 64 && size === 32;
  return form.sizeRule === 'max32' && form.operandSize === 32 && size === 64;
}

/** Rows that say more win over rows that say less; equal ones overlap. */
function specificity(form: Form, prefix: number): number {
  return (
    (form.prefix === prefix && prefix !== 0 ? 16 : 0) +
    (form.noPrefix ? 8 : 0) +
    (form.fixedModrm >= 0 ? 4 : 0) +
    (form.operandSize === 64 ? 2 : 0)
  );
}

const prefixBytes = [0, 0x66, 0xf3, 0xf2] as const;

/** The form keeps its meaning under a prefix that is mandatory for other forms of its opcode. */
function toleratesPrefix(form: Form, prefix: number): boolean {
  return !form.noPrefix && !(form.noRepeat && prefix >= 0xf2);
}

function hasAllModrm(form: Form): boolean {
  return form.modrm && form.mod === 'any' && form.digit < 0 && form.fixedModrm < 0;
}

/** Nothing behind the opcode or before it chooses between this form and none. */
function isPlain(form: Form): boolean {
  if (form.prefix !== 0 || form.noPrefix || form.noRepeat || form.addressSize !== 0) return false;
  return !form.modrm || hasAllModrm(form);
}

/** Collects the nodes of a table. */
export class Builder {
  readonly nodes: number[] = [];
  private readonly built = new Map<string, number>();

  private group(cells: readonly number[], kind: number): number {
    if (cells.every((cell) => cell === cells[0])) return cells[0];
    const index = this.nodes.length;
    this.nodes.push(...cells);
    return index * 8 + kind;
  }

  /** The node for these candidates; most opcodes have the same ones in several contexts. */
  build(candidates: readonly Form[]): number {
    if (candidates.length === 0) return 0;
    const [form] = candidates;
    if (candidates.length === 1 && isPlain(form))
      return form.id * 8 + (form.modrm ? nodeKind.formModrm : nodeKind.form);
    const key = candidates.map(({ id }) => id).join();
    const known = this.built.get(key);
    if (known !== undefined) return known;
    const node = this.byPrefix(candidates);
    this.built.set(key, node);
    return node;
  }

  /** The same for candidates that ModRM alone tells apart. */
  buildModrm(candidates: readonly Form[]): number {
    if (candidates.length === 0) return 0;
    const [form] = candidates;
    if (candidates.length === 1 && hasAllModrm(form)) return form.id * 8 + nodeKind.formModrm;
    const key = candidates.length === 1 ? `${form.id}` : candidates.map(({ id }) => id).join();
    let node = this.built.get(key);
    if (node === undefined) this.built.set(key, (node = this.byModrm(candidates, 0)));
    return node;
  }

  private byPrefix(candidates: readonly Form[]): number {
    if (candidates.every((form) => form.prefix === 0 && !form.noPrefix && !form.noRepeat))
      return this.byAddress(candidates, 0);
    const cells = prefixBytes.map((prefix) =>
      this.byAddress(
        candidates.filter(
          (form) => form.prefix === prefix || (form.prefix === 0 && toleratesPrefix(form, prefix)),
        ),
        prefix,
      ),
    );
    return this.group(cells, nodeKind.prefix);
  }

  private byAddress(candidates: readonly Form[], prefix: number): number {
    if (candidates.every((form) => form.addressSize === 0)) return this.byModrm(candidates, prefix);
    const cells = [16, 32, 64].map((size) =>
      this.byModrm(
        candidates.filter((form) => form.addressSize === 0 || form.addressSize === size),
        prefix,
      ),
    );
    return this.group(cells, nodeKind.address);
  }

  private byModrm(candidates: readonly Form[], prefix: number): number {
    const cells = new Cells(prefix);
    if (!candidates.some((form) => form.modrm)) {
      for (const form of candidates) cells.place(0, form);
      return cells.nodes(1)[0];
    }
    // With fixed ModRM bytes, each of the 64 register ones has a cell of its own.
    const fixed = candidates.some((form) => form.fixedModrm >= 0);
    const registers = fixed ? 8 : 1;
    for (const form of candidates) {
      if (form.fixedModrm >= 0) {
        cells.place(8 + form.fixedModrm - 0xc0, form);
        continue;
      }
      const digits = form.digit < 0 ? 8 : 1;
      for (let i = 0; i < digits; i++) {
        const digit = form.digit < 0 ? i : form.digit;
        if (form.mod !== 'register') cells.place(digit, form);
        if (form.mod === 'memory' || form.mod === 'sib') continue;
        for (let rm = 0; rm < registers; rm++) cells.place(8 + digit * registers + rm, form);
      }
    }
    return this.group(cells.nodes(8 + 8 * registers), fixed ? nodeKind.modrm72 : nodeKind.modrm16);
  }
}

/** The best form so far for each ModRM cell. */
class Cells {
  private readonly best: Form[] = [];
  private readonly ties: (Form | undefined)[] = [];
  constructor(private readonly prefix: number) {}

  place(cell: number, form: Form): void {
    const best = this.best[cell];
    const difference =
      best === undefined ? 1 : specificity(form, this.prefix) - specificity(best, this.prefix);
    if (difference > 0) {
      this.best[cell] = form;
      this.ties[cell] = undefined;
    } else if (difference === 0) {
      this.ties[cell] = form;
    }
  }

  /** Throws `OverlapError` if two forms claim a cell with equal right. */
  nodes(count: number): number[] {
    this.ties.forEach((form, cell) => {
      if (form !== undefined) throw new OverlapError(this.best[cell], form);
    });
    return Array.from({ length: count }, (_, cell) => {
      const form = this.best[cell];
      return form === undefined ? 0 : form.id * 8 + (form.modrm ? nodeKind.formModrm : nodeKind.form);
    });
  }
}

/** Builds the tables. Throws `OverlapError` if two rows claim the same bytes. */
export function buildLookup(forms: readonly Form[]): Lookup {
  const buckets: Form[][] = Array.from({ length: 1024 }, () => []);
  for (const form of forms) {
    if (form.id === 0) continue;
    const spread = form.operands.some((operand) => operand.kind === 'opreg') ? 8 : 1;
    for (let i = form.rexB ? 1 : 0; i < spread; i++) buckets[form.map * 256 + form.opcode + i].push(form);
  }
  const builder = new Builder();
  const root = new Int32Array(contexts.length * 1024);
  const rexB = new Int32Array(contexts.length);
  const reservedNop = new Int32Array(contexts.length);
  contexts.forEach(({ long, size }, context) => {
    buckets.forEach((bucket, opcode) => {
      if (bucket.length === 0) return;
      root[context * 1024 + opcode] = builder.build(bucket.filter((form) => sizeMatches(form, long, size)));
    });
    const exchange = forms.find((form) => form.rexB && form.operandSize === size);
    const nop = buckets[0x11a].find((form) => form.feature !== 'mpx' && sizeMatches(form, long, size));
    reservedNop[context] = nop === undefined ? 0 : nop.id;
    rexB[context] = exchange === undefined ? 0 : exchange.id * 8;
  });
  for (let context = 0; context < contexts.length; context++) {
    for (const opcode of escapes) {
      const at = context * 1024 + opcode;
      builder.nodes.push(root[at]);
      root[at] = (builder.nodes.length - 1) * 8 + nodeKind.escape;
    }
    for (const byte of before) root[context * 1024 + byte] = nodeKind.before;
    for (let rex = 0x40; contexts[context].long && rex < 0x50; rex++)
      root[context * 1024 + rex] = nodeKind.before;
  }
  return { root, nodes: Int32Array.from(builder.nodes), rexB, reservedNop };
}

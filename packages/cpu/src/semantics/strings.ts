import { call, i32, select, type I32, type Local } from '@trapgate/wasm-assembler';
import type { Builder, Semantics } from '../builder/builder';
import { AT, GPR, SEGMENT } from '../state/layout';
import type { MeaningTable } from './meaning';

type Bytes = 1 | 2 | 4;

/** Fewer iterations than this are done one by one. */
const LEAST_BLOCK = 8;

/** The moving parts of one string instruction (SDM vol. 1, 7.3.9). */
class StringOperation {
  readonly mask: I32;
  private readonly step: I32;

  constructor(
    readonly k: Builder,
    readonly bytes: Bytes,
  ) {
    this.mask = k.addressMask();
    // +bytes, or -bytes when EFLAGS.DF (bit 10) is set.
    const backwards = i32.and(i32.shrU(i32.load(k.s, AT.eflags), i32.const(10)), i32.const(1));
    this.step = k.let(i32.sub(i32.const(bytes), i32.mul(backwards, i32.const(2 * bytes))));
  }

  private masked(register: number): I32 {
    return this.k.let(i32.and(this.k.gpr(register, 32) as I32, this.mask));
  }

  source(write = false): I32 {
    const { k } = this;
    const offset = this.masked(GPR.esi);
    return k.variant.general ? k.segmentLinear(k.stringSegment(), offset, this.bytes, write) : offset;
  }

  destination(write: boolean): I32 {
    return this.k.segmentLinear(SEGMENT.es, this.masked(GPR.edi), this.bytes, write);
  }

  private put(register: number, value: I32): void {
    const { k } = this;
    if (!k.variant.general) return k.setGpr(register, 32, value);
    const kept = i32.and(k.gpr(register, 32) as I32, i32.xor(this.mask, i32.const(-1)));
    k.setGpr(register, 32, i32.or(kept, i32.and(value, this.mask)));
  }

  advance(...registers: number[]): void {
    for (const register of registers) this.put(register, i32.add(this.k.gpr(register, 32) as I32, this.step));
  }

  count(): I32 {
    return i32.and(this.k.gpr(GPR.ecx, 32) as I32, this.mask);
  }

  /**
   * Does as many iterations at once as lie in one page of source and destination, if there are enough of them and the
   * direction is up; `block` says how many it did (0: none, and `body` does one). All but one are accounted for here.
   */
  inBlocks(block: (done: Local<'i32'>) => void, body: () => void): void {
    const { k } = this;
    const done = k.fn.variable(i32.const(0));
    k.if(i32.and(i32.gtS(this.step, i32.const(0)), i32.geU(this.count(), i32.const(LEAST_BLOCK))), () =>
      block(done),
    );
    k.if(
      done.get,
      () => {
        const more = k.let(i32.sub(done.get, i32.const(1)));
        k.setGpr(GPR.ecx, 32, i32.sub(k.gpr(GPR.ecx, 32) as I32, more));
        k.setState32('budget', i32.sub(k.state32('budget'), more));
      },
      body,
    );
  }

  /** Iterations that fit the count, the budget, and the rest of the pages at `linears`; a leaf. */
  blockLength(...linears: I32[]): I32 {
    const { k } = this;
    const shift = i32.const(Math.log2(this.bytes));
    const least = (a: I32, b: I32): I32 => k.let(select(i32.ltU(a, b), a, b));
    const budget = k.let(i32.add(k.state32('budget'), i32.const(1)));
    return linears.reduce(
      (length, linear) => {
        const rest = i32.sub(i32.const(0x1000), i32.and(linear, i32.const(0xfff)));
        return least(length, k.let(i32.shrU(rest, shift)));
      },
      least(this.k.let(this.count()), budget),
    );
  }

  /** The page of `linear` for direct access, or 0. */
  place(linear: I32, write: boolean): I32 {
    const { k } = this;
    return k.let(call<'i32'>(k.functions.place, k.s, linear, i32.const(write ? 1 : 0)));
  }

  moveUp(register: number, bytes: I32): void {
    this.k.setGpr(register, 32, i32.add(this.k.gpr(register, 32) as I32, bytes));
  }

  decrementCount(): void {
    this.put(GPR.ecx, i32.sub(this.k.gpr(GPR.ecx, 32) as I32, i32.const(1)));
  }
}

/**
 * Repeats `body` under a REP prefix, one budgeted instruction an iteration; when the budget is used up, or code has been
 * written (it may be this very instruction), it is left with its registers advanced, to be executed again. `compares` says
 * whether a comparison ends the repetition.
 */
function repeated(
  operation: StringOperation,
  body: () => void,
  compares: boolean,
  block?: (done: Local<'i32'>) => void,
): void {
  const { k } = operation;
  const rep = k.repeat();
  k.if(i32.eqz(rep), body, () =>
    k.fn.block((done) => {
      k.fn.brIf(done, i32.eqz(operation.count()));
      k.setState32('codeWritten', i32.const(0));
      k.fn.loop((again) => {
        if (block && !k.variant.general) operation.inBlocks(block, body);
        else body();
        operation.decrementCount();
        k.fn.brIf(done, i32.eqz(operation.count()));
        // REPE (2) goes on while ZF = 1, REPNE (1) while ZF = 0.
        if (compares) k.fn.brIf(done, i32.eq(k.flags.zf(), i32.eq(rep, i32.const(1))));
        const budget = k.let(k.state32('budget'));
        k.if(i32.or(i32.leS(budget, i32.const(0)), k.state32('codeWritten')), () => k.leaveAgain());
        k.setState32('budget', i32.sub(budget, i32.const(1)));
        k.fn.br(again);
      });
    }),
  );
}

/** Copies within one page each; not where the destination begins inside the source, which REP MOVS replicates. */
function copyBlock(operation: StringOperation, done: Local<'i32'>): void {
  const { k, bytes } = operation;
  const source = k.gpr(GPR.esi, 32) as I32;
  const destination = k.gpr(GPR.edi, 32) as I32;
  const length = operation.blockLength(source, destination);
  k.if(i32.geU(length, i32.const(LEAST_BLOCK)), () => {
    const from = operation.place(source, false);
    const to = operation.place(destination, true);
    const size = k.let(i32.shl(length, i32.const(Math.log2(bytes))));
    const apart = i32.geU(k.let(i32.sub(to, from)), size);
    k.if(i32.and(i32.and(i32.ne(from, i32.const(0)), i32.ne(to, i32.const(0))), apart), () => {
      k.fn.memoryCopy(to, from, size);
      operation.moveUp(GPR.esi, size);
      operation.moveUp(GPR.edi, size);
      k.fn.set(done, length);
    });
  });
}

/** Fills within one page: by memory.fill where all bytes are equal, else word by word. */
function fillBlock(operation: StringOperation, done: Local<'i32'>): void {
  const { k, bytes } = operation;
  const destination = k.gpr(GPR.edi, 32) as I32;
  const length = operation.blockLength(destination);
  k.if(i32.geU(length, i32.const(LEAST_BLOCK)), () => {
    const to = operation.place(destination, true);
    k.if(to, () => {
      const size = k.let(i32.shl(length, i32.const(Math.log2(bytes))));
      const value = k.gpr(GPR.eax, bytes * 8) as I32;
      const byte = k.let(i32.and(value, i32.const(0xff)));
      const uniform =
        bytes === 1 ? i32.const(1) : i32.eq(value, i32.mul(byte, i32.const(bytes === 2 ? 0x101 : 0x1010101)));
      k.if(
        uniform,
        () => k.fn.memoryFill(to, byte, size),
        () => {
          const at = k.fn.variable(to);
          const end = k.let(i32.add(to, size));
          k.fn.loop((again) => {
            k.fn.store(bytes === 2 ? 'i32.store16' : 'i32.store', at.get, value);
            k.fn.set(at, i32.add(at.get, i32.const(bytes)));
            k.fn.brIf(again, i32.ltU(at.get, end));
          });
        },
      );
      operation.moveUp(GPR.edi, size);
      k.fn.set(done, length);
    });
  });
}

const movs =
  (bytes: Bytes): Semantics =>
  (k) => {
    const operation = new StringOperation(k, bytes);
    repeated(
      operation,
      () => {
        const value = k.load(bytes, operation.source());
        k.store(bytes, operation.destination(true), value);
        operation.advance(GPR.esi, GPR.edi);
      },
      false,
      (done) => copyBlock(operation, done),
    );
  };

const stos =
  (bytes: Bytes): Semantics =>
  (k) => {
    const operation = new StringOperation(k, bytes);
    repeated(
      operation,
      () => {
        k.store(bytes, operation.destination(true), k.gpr(GPR.eax, bytes * 8));
        operation.advance(GPR.edi);
      },
      false,
      (done) => fillBlock(operation, done),
    );
  };

const lods =
  (bytes: Bytes): Semantics =>
  (k) => {
    const operation = new StringOperation(k, bytes);
    repeated(
      operation,
      () => {
        k.setGpr(GPR.eax, bytes * 8, k.load(bytes, operation.source()));
        operation.advance(GPR.esi);
      },
      false,
    );
  };

const cmps =
  (bytes: Bytes): Semantics =>
  (k) => {
    const operation = new StringOperation(k, bytes);
    repeated(
      operation,
      () => {
        // Where both operands fault, processors report that of ES:EDI.
        const b = k.load(bytes, operation.destination(false)) as I32;
        const a = k.load(bytes, operation.source()) as I32;
        operation.advance(GPR.esi, GPR.edi);
        k.flags.sub(bytes * 8, a, b, k.let(i32.sub(a, b)));
      },
      true,
    );
  };

const scas =
  (bytes: Bytes): Semantics =>
  (k) => {
    const operation = new StringOperation(k, bytes);
    repeated(
      operation,
      () => {
        const a = k.gpr(GPR.eax, bytes * 8) as I32;
        const b = k.load(bytes, operation.destination(false)) as I32;
        operation.advance(GPR.edi);
        k.flags.sub(bytes * 8, a, b, k.let(i32.sub(a, b)));
      },
      true,
    );
  };

function sizes(name: string, make: (bytes: Bytes) => Semantics): MeaningTable {
  return {
    [`${name}b`]: { semantics: make(1), implicit: true },
    [`${name}w`]: { semantics: make(2), implicit: true },
    [`${name}d`]: { semantics: make(4), implicit: true },
  };
}

/** String instructions; INS and OUTS are host functions. */
export const STRINGS: MeaningTable = {
  ...sizes('movs', movs),
  ...sizes('stos', stos),
  ...sizes('lods', lods),
  ...sizes('cmps', cmps),
  ...sizes('scas', scas),
};

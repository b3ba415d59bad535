import { i32, type I32 } from '@trapgate/wasm-assembler';
import type { Builder, Semantics } from '../builder/builder';
import { AT, GPR, SEGMENT } from '../state/layout';
import type { MeaningTable } from './meaning';

type Bytes = 1 | 2 | 4;

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

  decrementCount(): void {
    this.put(GPR.ecx, i32.sub(this.k.gpr(GPR.ecx, 32) as I32, i32.const(1)));
  }
}

/**
 * Repeats `body` under a REP prefix, one budgeted instruction an iteration; when the budget is used up the instruction
 * is left with its registers advanced, to be executed again. `ends` says whether a comparison ends the repetition.
 */
function repeated(operation: StringOperation, body: () => void, compares: boolean): void {
  const { k } = operation;
  const rep = k.repeat();
  k.if(
    i32.eqz(rep),
    body,
    () =>
      k.fn.block((done) => {
        k.fn.brIf(done, i32.eqz(operation.count()));
        k.fn.loop((again) => {
          body();
          operation.decrementCount();
          k.fn.brIf(done, i32.eqz(operation.count()));
          // REPE (2) goes on while ZF = 1, REPNE (1) while ZF = 0.
          if (compares) k.fn.brIf(done, i32.eq(k.flags.zf(), i32.eq(rep, i32.const(1))));
          const budget = k.let(k.state32('budget'));
          k.if(i32.leS(budget, i32.const(0)), () => k.leaveAgain());
          k.setState32('budget', i32.sub(budget, i32.const(1)));
          k.fn.br(again);
        });
      }),
  );
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
        const a = k.load(bytes, operation.source()) as I32;
        const b = k.load(bytes, operation.destination(false)) as I32;
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
export const STRINGS: MeaningTable = { ...sizes('movs', movs), ...sizes('stos', stos), ...sizes('lods', lods), ...sizes('cmps', cmps), ...sizes('scas', scas) };

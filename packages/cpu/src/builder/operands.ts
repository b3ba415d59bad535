import { loadHost, storeHost, type AccessBytes } from '@trapgate/mmu';
import { i64, type I32 } from '@trapgate/wasm-assembler';
import type { OperandAccess } from '@trapgate/x86-decoder';
import type { Builder } from './builder';
import type { Value } from './values';

/** A register's bytes: `base` is a leaf expression. */
export interface Place {
  readonly base: I32;
  readonly offset: number;
}

/** An explicit operand. Reads fault before anything changes; `read` gives a local, zero-extended to i32 below 32 bits. */
export interface Operand {
  /** Bits. */
  readonly width: number;
  readonly isMemory: boolean;
  read(): Value;
  write(value: Value): void;
}

export class RegisterOperand implements Operand {
  readonly isMemory = false;
  constructor(
    private readonly k: Builder,
    readonly width: number,
    readonly place: Place,
  ) {}
  read(): Value {
    return this.k.loadPlace(this.place, this.width);
  }
  write(value: Value): void {
    this.k.storePlace(this.place, this.width, value);
  }
}

/** Read-write operands are translated once, with write intent, as hardware reports it. */
export class MemoryOperand implements Operand {
  readonly isMemory = true;
  private place: I32 | undefined;
  constructor(
    private readonly k: Builder,
    readonly width: number,
    private readonly access: OperandAccess,
  ) {}
  private get bytes(): AccessBytes {
    return (this.width / 8) as AccessBytes;
  }
  read(): Value {
    if (this.access !== 'rw') return this.k.load(this.bytes, this.k.linear());
    this.place = this.k.modify(this.bytes, this.k.linear());
    return this.k.let(loadHost(this.bytes, this.place) as Value);
  }
  write(value: Value): void {
    if (this.access !== 'rw') return this.k.store(this.bytes, this.k.linear(), value);
    if (!this.place)
      throw new Error(`${this.k.form.mnemonic}: a read-write operand is written before it is read`);
    storeHost(this.k.fn, this.bytes, this.place, value);
    this.k.commit(this.place);
  }
}

export class ImmediateOperand implements Operand {
  readonly isMemory = false;
  constructor(
    private readonly k: Builder,
    readonly width: number,
    private readonly value: I32,
  ) {}
  read(): Value {
    return this.width === 64 ? this.k.let(i64.extendI32S(this.value)) : this.value;
  }
  write(): void {
    throw new Error(`${this.k.form.mnemonic}: an immediate cannot be written`);
  }
}

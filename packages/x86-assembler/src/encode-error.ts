/**
 * - `unknown-mnemonic`: no such instruction
 * - `operand-mismatch`: no form of the instruction takes these operands in this mode
 * - `ambiguous-size`: forms for several memory sizes fit and none is stated
 * - `branch-out-of-range`: the target is too far for the only possible displacement
 * - `bad-address`: registers that do not make an effective address
 * - `bad-prefix`: a prefix that this instruction does not allow
 */
export type EncodeErrorCode =
  | 'unknown-mnemonic'
  | 'operand-mismatch'
  | 'ambiguous-size'
  | 'branch-out-of-range'
  | 'bad-address'
  | 'bad-prefix';

/** Thrown by `encode` for an instruction that has no encoding. */
export class EncodeError extends Error {
  constructor(
    readonly code: EncodeErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'EncodeError';
  }
}

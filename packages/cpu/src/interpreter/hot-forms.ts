import type { Form } from '@trapgate/x86-decoder';

const ALU = new Set(['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp', 'test', 'mov']);
const PLAIN = new Set([
  'lea',
  'push',
  'pop',
  'leave',
  'inc',
  'dec',
  'neg',
  'not',
  'xchg',
  'imul',
  'mul',
  'shl',
  'shr',
  'sar',
  'cdq',
  'cwde',
  'nop',
  'call',
  'ret',
  'jmp',
  'movzx',
  'movsx',
  'bt',
  'shld',
  'shrd',
  'cmpxchg',
]);
const ALSO_16 = new Set(['mov', 'cmp', 'test', 'movzx', 'movsx']);

/**
 * Whether a form has its handler inside the interpreter's one hot function (in 32-bit code); all others are functions of
 * their own, reached by call_indirect. The function has to stay well under 100 KB: beyond, engines take seconds and
 * hundreds of megabytes to optimize it.
 */
export function isHotForm(form: Form): boolean {
  const { mnemonic } = form;
  if (form.alias || form.far) return false;
  const relative = form.operands[0]?.kind === 'rel';
  if (relative && form.operandSize !== 32) return false;
  if (mnemonic[0] === 'j' && relative) return form.addressSize === 0;
  const width = form.operands[0]?.size ?? 32;
  const size16 = form.operandSize === 16 || width === 16;
  if (
    size16 &&
    !(
      ALSO_16.has(mnemonic) &&
      form.operands.every(
        (operand) => operand.kind === 'rm' || operand.kind === 'reg' || operand.kind === 'imm',
      )
    )
  )
    return false;
  if (mnemonic.startsWith('set')) return true;
  if (mnemonic.startsWith('cmov')) return width === 32;
  if (ALU.has(mnemonic)) return mnemonic !== 'adc' && mnemonic !== 'sbb' ? true : width === 32;
  if (!PLAIN.has(mnemonic)) return false;
  if (mnemonic === 'movzx' || mnemonic === 'movsx') return width === 32;
  if (mnemonic === 'nop') return true;
  if (mnemonic === 'shld' || mnemonic === 'shrd' || mnemonic === 'bt')
    return width === 32 && form.operands.at(-1)!.kind !== 'fixed';
  if (mnemonic === 'cmpxchg' || mnemonic === 'imul' || mnemonic === 'mul') return width === 32;
  return width === 32 || mnemonic === 'push' || mnemonic === 'ret';
}

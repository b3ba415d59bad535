import { i32, type I32 } from '@trapgate/wasm-assembler';
import { conditions } from '@trapgate/x86-decoder';
import type { Builder, Semantics } from '../builder/builder';
import { low32 } from '../builder/values';
import { GPR } from '../state/layout';
import type { MeaningTable } from './meaning';

const isRelative: (kind: string | undefined) => boolean = (kind) => kind === 'rel';

/** Takes a relative branch, whose target has to lie within CS. */
function branch(k: Builder): void {
  if (k.variant.general) k.requireCode(k.relativeTarget());
  k.jumpRelative();
}

const jmp: Semantics = (k, target) => {
  if (isRelative(k.form.operands[0]?.kind)) return branch(k);
  const destination = low32(target!.read());
  k.requireCode(destination);
  k.jump(destination);
};

const call: Semantics = (k, target) => {
  const width = k.form.operandSize;
  if (isRelative(k.form.operands[0]?.kind)) {
    if (k.variant.general) k.requireCode(k.relativeTarget());
    k.push(width, k.nextIp());
    return k.jumpRelative();
  }
  const destination = low32(target!.read());
  k.requireCode(destination);
  k.push(width, k.nextIp());
  k.jump(destination);
};

const ret: Semantics = (k, extra) => {
  const width = k.form.operandSize;
  const destination = low32(k.peek(width));
  k.requireCode(destination);
  k.drop(width / 8);
  if (extra) {
    const sum = i32.add(k.gpr(GPR.esp, 32) as I32, i32.and(low32(extra.read()), i32.const(0xffff)));
    k.setStackPointer(k.let(sum));
  }
  k.jump(destination);
};

const jcc =
  (condition: number): Semantics =>
  (k) =>
    k.if(k.flags.condition(condition), () => branch(k));

/** LOOP, LOOPE, LOOPNE: the count register has the address size. */
const loop =
  (also: 'always' | 'zero' | 'not-zero'): Semantics =>
  (k) => {
    const mask = k.addressMask();
    const ecx = k.gpr(GPR.ecx, 32) as I32;
    const count = k.let(i32.and(i32.sub(ecx, i32.const(1)), mask));
    const more = i32.ne(count, i32.const(0));
    const zf = also === 'always' ? i32.const(1) : also === 'zero' ? k.flags.zf() : i32.eqz(k.flags.zf());
    const taken = k.let(i32.and(more, zf));
    if (k.variant.general) k.if(taken, () => k.requireCode(k.relativeTarget()));
    k.setGpr(GPR.ecx, 32, i32.or(count, i32.and(ecx, i32.xor(mask, i32.const(-1)))));
    k.if(taken, () => k.jumpRelative());
  };

const jcxz: Semantics = (k) =>
  k.if(i32.eqz(i32.and(k.gpr(GPR.ecx, 32) as I32, k.addressMask())), () => branch(k));

/** Near control transfer (SDM vol. 1, 7.3.8); far transfers are host functions. */
export const CONTROL_TRANSFER: MeaningTable = {
  jmp: { semantics: jmp, implicit: true },
  call: { semantics: call, implicit: true },
  ret: { semantics: ret, implicit: true },
  loop: { semantics: loop('always'), implicit: true },
  loopz: { semantics: loop('zero'), implicit: true },
  loopnz: { semantics: loop('not-zero'), implicit: true },
  jcxz: { semantics: jcxz, implicit: true },
  jecxz: { semantics: jcxz, implicit: true },
  ...Object.fromEntries(
    conditions.map((name, code) => [`j${name}`, { semantics: jcc(code), implicit: true }]),
  ),
};

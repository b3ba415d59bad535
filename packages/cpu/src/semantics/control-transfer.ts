import { i32, type I32 } from '@trapgate/wasm-assembler';
import { conditions } from '@trapgate/x86-decoder';
import type { Semantics } from '../builder/builder';
import { low32 } from '../builder/values';
import { GPR } from '../state/layout';
import type { MeaningTable } from './meaning';

const isRelative: (kind: string | undefined) => boolean = (kind) => kind === 'rel';

const jmp: Semantics = (k, target) => {
  if (isRelative(k.form.operands[0]?.kind)) return k.jumpRelative();
  k.jump(low32(target!.read()));
};

const call: Semantics = (k, target) => {
  const width = k.form.operandSize;
  if (isRelative(k.form.operands[0]?.kind)) {
    k.push(width, k.nextIp());
    return k.jumpRelative();
  }
  const destination = low32(target!.read());
  k.push(width, k.nextIp());
  k.jump(destination);
};

const ret: Semantics = (k, extra) => {
  const width = k.form.operandSize;
  const destination = low32(k.peek(width));
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
    k.if(k.flags.condition(condition), () => k.jumpRelative());

/** LOOP, LOOPE, LOOPNE: the count register has the address size. */
const loop =
  (also: 'always' | 'zero' | 'not-zero'): Semantics =>
  (k) => {
    const mask = k.addressMask();
    const ecx = k.gpr(GPR.ecx, 32) as I32;
    const count = k.let(i32.and(i32.sub(ecx, i32.const(1)), mask));
    k.setGpr(GPR.ecx, 32, i32.or(count, i32.and(ecx, i32.xor(mask, i32.const(-1)))));
    const more = i32.ne(count, i32.const(0));
    const zf = also === 'always' ? i32.const(1) : also === 'zero' ? k.flags.zf() : i32.eqz(k.flags.zf());
    k.if(i32.and(more, zf), () => k.jumpRelative());
  };

const jcxz: Semantics = (k) => k.if(i32.eqz(i32.and(k.gpr(GPR.ecx, 32) as I32, k.addressMask())), () => k.jumpRelative());

/** Near control transfer (SDM vol. 1, 7.3.8); far transfers are host functions. */
export const CONTROL_TRANSFER: MeaningTable = {
  jmp: { semantics: jmp },
  call: { semantics: call, implicit: true },
  ret: { semantics: ret, implicit: true },
  loop: { semantics: loop('always'), implicit: true },
  loopz: { semantics: loop('zero'), implicit: true },
  loopnz: { semantics: loop('not-zero'), implicit: true },
  jcxz: { semantics: jcxz, implicit: true },
  jecxz: { semantics: jcxz, implicit: true },
  ...Object.fromEntries(conditions.map((name, code) => [`j${name}`, { semantics: jcc(code) }])),
};

import { type StateMaker } from './hardware-states';

const [AX, CX, DX, BX, SP, BP, SI] = [0, 1, 2, 3, 4, 5, 6];

/** Sets a register to a number (an exact integer); `size` 16 leaves what is above the low word. Negative ones are sign-extended. */
export function writeGpr({ gpr, group }: StateMaker, register: number, value: number, size = 0): void {
  const low = value >>> 0;
  gpr[2 * register] = size === 16 ? ((gpr[2 * register]! & 0xffff_0000) | (low & 0xffff)) >>> 0 : low;
  if (group.bits === 64) gpr[2 * register + 1] = Math.floor(value / 2 ** 32) >>> 0;
}

/** A register as a signed number; exact for what {@link writeGpr} has written. */
export function readGpr({ gpr, group }: StateMaker, register: number): number {
  const low = gpr[2 * register]!;
  return group.bits === 64 ? (gpr[2 * register + 1]! | 0) * 2 ** 32 + low : low | 0;
}

/** Registers that an instruction needs in order to do more than to fault. */
export function suitRegisters(maker: StateMaker): void {
  const { form, random, gpr } = maker;
  const { mnemonic } = form;
  if (/div/.test(mnemonic) && random.chance(70)) suitDivision(maker);
  if (/^(enter|leave)/.test(mnemonic) && random.chance(70)) writeGpr(maker, BP!, maker.stackPointer());
  if (/^(call|jmp)$/.test(mnemonic))
    for (const r of [AX, BX, SI]) if (random.chance(60)) writeGpr(maker, r!, maker.codeTarget());
  if (/^loop|^j[re]?cxz/.test(mnemonic) && random.chance(60))
    writeGpr(maker, CX!, random.pick([0, 1, 2, 0x10000, 0x10001, 0xffff_0000]));
  if (/^cmpxchg/.test(mnemonic) && random.chance(50))
    writeGpr(maker, AX!, random.pick([0, 0xffff_ffff, 0x80, 1]));
  if (/^pcmpestr/.test(mnemonic))
    for (const r of [AX, DX]) if (random.chance(80)) writeGpr(maker, r!, random.below(40) - 20);
  if (/^bt[src]?$/.test(mnemonic) && random.chance(70)) {
    for (let r = 0; r < 16; r++)
      if (random.chance(60) && r !== SP) writeGpr(maker, r, random.below(4096) - 2048);
  }
  if (/^(sh|sa|ro|rc)/.test(mnemonic) && random.chance(60))
    gpr[2 * CX!] = (gpr[2 * CX!]! & ~0xff) | random.below(36);
}

function suitDivision(maker: StateMaker): void {
  const { form, random, gpr } = maker;
  const size = form.operands[0]!.size;
  const ax = gpr[2 * AX!]!;
  if (size === 8)
    writeGpr(maker, AX!, random.chance(50) ? random.below(0x200) : (random.value() << 24) >> 24);
  else if (form.mnemonic === 'idiv' && random.chance(50)) writeGpr(maker, DX!, ax & 0x8000_0000 ? -1 : 0);
  else writeGpr(maker, DX!, random.pick([0, 0, 1, -1, random.below(100)]));
}

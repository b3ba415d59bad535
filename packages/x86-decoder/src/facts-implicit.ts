import { lazy } from './lazy';

/*
 * What instructions use without naming it as an operand. A row is
 *
 *   mnemonic ... : use ...
 *
 * mnemonic   `mul.8` is the form whose first operand has 8 bits, `imul/1` the one with one operand; such a row comes
 *            before the general one
 * use        register:ACCESS with ACCESS of r, w, rw, cr, cw, rcw (c: conditionally), or [s:base+index]BYTES:ACCESS or
 *            [es:base]BYTES:ACCESS; the base @ is the first operand
 *            registers: ax cx dx bx sp bp si di r11 with a size: 8, h (bits 8..15), 16, 32, 64, v (operand size), a (address
 *            size), x (64 in 64-bit code, else 32), e (64
 *            with REX.W, else 32); others by name; st0-7 is eight of them
 *            s is the segment register ds, unless a prefix chooses another
 *
 * Stack and string instructions are in facts-stack.ts and facts-string.ts.
 */
const rows = `
mul.8 imul.8/1 : ax8:r ax16:w
div.8 idiv.8 : ax16:rw
mul imul/1 : axv:rw dxv:w
div idiv : axv:rw dxv:rw
cbw : ax8:r axh:w
cwde : ax16:r ax32:w
cdqe : ax32:r ax64:w
cwd cdq cqo : axv:r dxv:w
daa das : ax8:rw
aaa aas aad : ax16:rw
aam : ax8:r ax16:w
salc : ax8:w
lahf : axh:w
sahf : axh:r
xlatb : bxa:r ax8:rw [s:bxa+al]1:r
cmpxchg.8 : ax8:rcw
cmpxchg : axv:rcw
cmpxchg8b : ax32:rcw dx32:rcw bx32:cr cx32:cr
cmpxchg16b : ax64:rcw dx64:rcw bx64:cr cx64:cr
lds : ds:w
les : es:w
lss : ss:w
lfs : fs:w
lgs : gs:w
cpuid : ax32:rw cx32:cr cx32:w dx32:w bx32:w
rdtsc : ax32:w dx32:w
rdtscp : ax32:w dx32:w cx32:w
rdpmc rdmsr : cx32:r ax32:w dx32:w
wrmsr : cx32:r ax32:r dx32:r
xgetbv : cx32:r ax32:w dx32:w
xsetbv : cx32:r ax32:r dx32:r
xsave xsave64 xsaveopt xsaveopt64 xsavec xsavec64 xsaves xsaves64 xrstor xrstor64 xrstors xrstors64 : ax32:r dx32:r
fxsave fxsave64 : st0-7:r xmm*:r
fxrstor fxrstor64 : st0-7:w xmm*:w
monitor monitorx : axa:r cx32:r dx32:r s:r
mwait : ax32:r cx32:r
mwaitx : ax32:r cx32:r bx32:cr
clzero : axa:r [s:axa]64:w
clts : cr0:rw
smsw : cr0:r
lmsw : cr0:rw
sysenter : spx:w cs:w ss:w
sysexit : cxe:r dxe:r spx:w cs:w ss:w
syscall.64 syscall : cxx:w r11:w cs:w ss:w
sysret : cxe:r r11d:r cs:w ss:w
getsec : ax32:r bx32:cr cx32:cr dx32:cr
swapgs : gs:rw
vmrun : axa:r
vmload : axa:r fs:w gs:w
vmsave : axa:r fs:r gs:r
invlpga : axa:r cx32:r
skinit : ax32:r
vmfunc : ax32:r cx32:r
maskmovq : dia:r s:r [s:dia]8:cw
maskmovdqu vmaskmovdqu : dia:r s:r [s:dia]16:cw
pcmpestrm : ax32:r dx32:r xmm0:w
pcmpestri : ax32:r dx32:r cx32:w
pcmpestrm64 : ax64:r dx64:r xmm0:w
pcmpestri64 : ax64:r dx64:r cx32:w
pcmpistrm : xmm0:w
pcmpistri vpcmpistri : cx32:w
vpcmpestrm : ax32:r dx32:r zmm0:w
vpcmpestri : ax32:r dx32:r cx32:w
vpcmpestrm64 : ax64:r dx64:r zmm0:w
vpcmpestri64 : ax64:r dx64:r cx32:w
vpcmpistrm : zmm0:w
mulx : dxe:r
ldtilecfg tilerelease : tmm0-7:w
vzeroall : zmm*:w
vzeroupper : xmm*:r zmm*:w

aesencwide128kl aesdecwide128kl aesencwide256kl aesdecwide256kl : xmm0-7:rw
encodekey128 : xmm0:rw xmm1:w xmm2:w xmm4:w xmm5:w xmm6:w
encodekey256 : xmm0:rw xmm1:rw xmm2:w xmm3:w xmm4:w xmm5:w xmm6:w
loadiwkey hreset : ax32:r
encls enclu enclv : ax32:rcw bxx:crcw cxx:crcw dxx:crcw s:cr
pconfig : ax32:rw bxx:crcw cxx:crcw dxx:crcw s:cr
movdir64b enqcmd enqcmds : [es:@]64:w
umonitor : [s:@]1:r
tpause umwait : ax32:r dx32:r
xbegin : ax32:cw
erets : cs:r ss:r
eretu : cs:w ss:w
lkgs : gs:w
rdpkru rdpru : cx32:r ax32:w dx32:w
wrpkru wrmsrns : cx32:r ax32:r dx32:r
rdmsrlist : cx64:rcw dia:cr sia:cr [s:dia]0:cw [s:sia]0:cr
wrmsrlist : cx64:rcw dia:cr sia:cr [s:dia]0:cr [s:sia]0:cr
pbndkb : ax64:w bx64:r cx64:r [s:bxa]0:r [s:cxa]0:w
seamcall : ax64:r
seamops : ax64:rw cx64:cr dx64:cr r8:cr r9:cr
invlpgb : axa:r cx32:r dx32:r
pvalidate : axa:r ax32:w cx32:r dx32:r
psmash : ax64:rw
rmpadjust : ax64:rw cx64:r dx64:r
rmpupdate : ax64:rw cx64:r [s:cxa]16:r
rmpquery : ax64:rw cx64:w dx8:r dx64:w
llwpcb : [s:@]0:r

xcryptecb : cxa:rcw sia:crcw dia:crcw bxa:cr dxa:cr [es:bxa]0:cr [es:dia]0:cw [es:dxa]0:cr [es:sia]0:cr
ccs_encrypt : axa:cr cxa:rcw sia:crcw dia:crcw bxa:cr dxa:cr [es:bxa]0:cr [es:dia]0:cw [es:dxa]0:cr [es:sia]0:cr
xcryptcbc xcryptctr xcryptcfb xcryptofb : axa:cr cxa:rcw sia:crcw dia:crcw bxa:cr dxa:cr [es:axa]0:cr [es:axa]0:cw [es:bxa]0:cr [es:dia]0:cw [es:dxa]0:cr [es:sia]0:cr
ccs_hash : axa:rcw bxa:cr cxa:rcw sia:crcw dia:cr [es:dia]0:cr [es:dia]0:cw [es:sia]0:cr
xsha1 xsha256 : axa:rcw cxa:rcw sia:crcw dia:cr [es:dia]0:cr [es:dia]0:cw [es:sia]0:cr
xsha512 xsha512_alt : cxa:rcw sia:crcw dia:cr [es:dia]0:cr [es:dia]0:cw [es:sia]0:cr
montmul : ax32:crcw cx32:rcw dx32:cw sia:cr [es:sia]0:cr
xstore : dia:rw ax32:w dx32:r [es:dia]0:w
xstore_alt : cxa:rcw dia:crcw ax32:cw dx32:cr [es:dia]0:cw

fchs fabs frndint fsqrt f2xm1 : st0:rw
fsin fcos fptan fsincos : st0:rcw
fxtract : st0:rw
ftst fxam : st0:r
fyl2x fyl2xp1 fpatan : st0:r st1:rw
fprem fprem1 fscale : st1:r st0:rw
fcompp fucompp : st0:r st1:r
fst fstp fist fistp fisttp fbstp : st0:r
fadd/1 fmul/1 fsub/1 fsubr/1 fdiv/1 fdivr/1 fiadd fimul fisub fisubr fidiv fidivr : st0:rw
fcom/1 fcomp/1 ficom ficomp : st0:r
fnsave : st0-7:r
frstor : st0-7:w
`;

const table: () => ReadonlyMap<string, string> = /* @__PURE__ */ lazy(parse);

/** The uses of the row for a mnemonic with these operands, '' if there is none. */
export function implicitUses(mnemonic: string, firstSize: number, operands: number): string {
  const parsed = table();
  const sized = `${mnemonic}.${firstSize}`;
  return (
    parsed.get(`${sized}/${operands}`) ??
    parsed.get(sized) ??
    parsed.get(`${mnemonic}/${operands}`) ??
    parsed.get(mnemonic) ??
    ''
  );
}

function parse(): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const row of rows.split('\n')) {
    const [mnemonics, uses] = row.split(' : ');
    if (uses !== undefined) for (const mnemonic of mnemonics.split(' ')) map.set(mnemonic, uses);
  }
  return map;
}

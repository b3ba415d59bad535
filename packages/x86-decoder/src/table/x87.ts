// x87 FPU instructions (Intel SDM vol. 1, 5.2; vol. 2, appendix B.17). Their condition codes are not in EFLAGS.

/** The six arithmetic operations and two compares on st0 with memory or a stack register. */
const arithmetic = (digit: number, name: string, dst: string): string => `
${name} m32:r               | D8 /${digit} | fpu |
${name} m64:r               | DC /${digit} | fpu |
${name} st0:${dst}, sti     | D8 /${digit} | fpu |
fi${name.slice(1)} m32:r    | DA /${digit} | fpu |
fi${name.slice(1)} m16:r    | DE /${digit} | fpu |
`;

export const x87Rows = [
  arithmetic(0, 'fadd', 'rw'),
  arithmetic(1, 'fmul', 'rw'),
  arithmetic(2, 'fcom', 'r'),
  arithmetic(3, 'fcomp', 'r'),
  arithmetic(4, 'fsub', 'rw'),
  arithmetic(5, 'fsubr', 'rw'),
  arithmetic(6, 'fdiv', 'rw'),
  arithmetic(7, 'fdivr', 'rw'),
  `
fadd sti:rw, st0     | DC /0 | fpu |
fmul sti:rw, st0     | DC /1 | fpu |
fcom st0, sti        | DC /2 | fpu | alias
fcomp st0, sti       | DC /3 | fpu | alias
fsubr sti:rw, st0    | DC /4 | fpu |
fsub sti:rw, st0     | DC /5 | fpu |
fdivr sti:rw, st0    | DC /6 | fpu |
fdiv sti:rw, st0     | DC /7 | fpu |
faddp sti:rw, st0    | DE /0 | fpu |
fmulp sti:rw, st0    | DE /1 | fpu |
fcomp st0, sti       | DE /2 | fpu | alias
fcompp               | DE D9 | fpu |
fsubrp sti:rw, st0   | DE /4 | fpu |
fsubp sti:rw, st0    | DE /5 | fpu |
fdivrp sti:rw, st0   | DE /6 | fpu |
fdivp sti:rw, st0    | DE /7 | fpu |

fld m32              | D9 /0 | fpu |
fst m32:w            | D9 /2 | fpu |
fstp m32:w           | D9 /3 | fpu |
fldenv m112          | D9 /4 | fpu | o16
fldenv m224          | D9 /4 | fpu | o32+
fldcw m16            | D9 /5 | fpu |
fnstenv m112:w       | D9 /6 | fpu | o16
fnstenv m224:w       | D9 /6 | fpu | o32+
fnstcw m16:w         | D9 /7 | fpu |
fld sti              | D9 /0 | fpu |
fxch st0:rw, sti:rw  | D9 /1 | fpu |
fnop                 | D9 D0 | fpu |
fstp sti:w           | D9 /3 | fpu | alias
fchs                 | D9 E0 | fpu |
fabs                 | D9 E1 | fpu |
ftst                 | D9 E4 | fpu |
fxam                 | D9 E5 | fpu |
fld1                 | D9 E8 | fpu |
fldl2t               | D9 E9 | fpu |
fldl2e               | D9 EA | fpu |
fldpi                | D9 EB | fpu |
fldlg2               | D9 EC | fpu |
fldln2               | D9 ED | fpu |
fldz                 | D9 EE | fpu |
f2xm1                | D9 F0 | fpu |
fyl2x                | D9 F1 | fpu |
fptan                | D9 F2 | fpu |
fpatan               | D9 F3 | fpu |
fxtract              | D9 F4 | fpu |
fprem1               | D9 F5 | fpu387 |
fdecstp              | D9 F6 | fpu |
fincstp              | D9 F7 | fpu |
fprem                | D9 F8 | fpu |
fyl2xp1              | D9 F9 | fpu |
fsqrt                | D9 FA | fpu |
fsincos              | D9 FB | fpu387 |
frndint              | D9 FC | fpu |
fscale               | D9 FD | fpu |
fsin                 | D9 FE | fpu387 |
fcos                 | D9 FF | fpu387 |

fcmovb st0:rw, sti   | DA /0 | cmov | r:c
fcmove st0:rw, sti   | DA /1 | cmov | r:z
fcmovbe st0:rw, sti  | DA /2 | cmov | r:cz
fcmovu st0:rw, sti   | DA /3 | cmov | r:p
fucompp              | DA E9 | fpu387 |

fild m32             | DB /0 | fpu |
fisttp m32:w         | DB /1 | sse3 |
fist m32:w           | DB /2 | fpu |
fistp m32:w          | DB /3 | fpu |
fld m80              | DB /5 | fpu |
fstp m80:w           | DB /7 | fpu |
fcmovnb st0:rw, sti  | DB /0 | cmov | r:c
fcmovne st0:rw, sti  | DB /1 | cmov | r:z
fcmovnbe st0:rw, sti | DB /2 | cmov | r:cz
fcmovnu st0:rw, sti  | DB /3 | cmov | r:p
fneni                | DB E0 | fpu  |
fndisi               | DB E1 | fpu  |
fnclex               | DB E2 | fpu  |
fninit               | DB E3 | fpu  |
fnsetpm              | DB E4 | fpu287 |
fucomi st0, sti      | DB /5 | cmov | w:zpc c:osa
fcomi st0, sti       | DB /6 | cmov | w:zpc c:osa

fld m64              | DD /0 | fpu |
fisttp m64:w         | DD /1 | sse3 |
fst m64:w            | DD /2 | fpu |
fstp m64:w           | DD /3 | fpu |
frstor m752          | DD /4 | fpu | o16
frstor m864          | DD /4 | fpu | o32+
fnsave m752:w        | DD /6 | fpu | o16
fnsave m864:w        | DD /6 | fpu | o32+
fnstsw m16:w         | DD /7 | fpu |
ffree sti:n          | DD /0 | fpu |
fxch st0:rw, sti:rw  | DD /1 | fpu | alias
fst sti:w            | DD /2 | fpu |
fstp sti:w           | DD /3 | fpu |
fucom st0, sti       | DD /4 | fpu387 |
fucomp st0, sti      | DD /5 | fpu387 |

fild m16             | DF /0 | fpu |
fisttp m16:w         | DF /1 | sse3 |
fist m16:w           | DF /2 | fpu |
fistp m16:w          | DF /3 | fpu |
fbld m80             | DF /4 | fpu |
fild m64             | DF /5 | fpu |
fbstp m80:w          | DF /6 | fpu |
fistp m64:w          | DF /7 | fpu |
ffreep sti:n         | DF /0 | fpu |
fxch st0:rw, sti:rw  | DF /1 | fpu | alias
fstp sti:w           | DF /2 | fpu | alias
fstp sti:w           | DF /3 | fpu | alias
fnstsw ax:w          | DF E0 | fpu287 |
fucomip st0, sti     | DF /5 | cmov | w:zpc c:osa
fcomip st0, sti      | DF /6 | cmov | w:zpc c:osa
`,
].join('\n');

// Binary, decimal, logical, shift, rotate, bit instructions (Intel SDM vol. 1, 5.1.2 to 5.1.6).

const arithmetic = (number: number, name: string, flags: string): string => {
  const op = (low: number): string => (number * 8 + low).toString(16).padStart(2, '0').toUpperCase();
  const dst = name === 'cmp' ? 'r' : 'rw';
  const lock = name === 'cmp' ? '' : 'lock';
  return `
${name} rm8:${dst}, r8      | ${op(0)} /r      | 8086 | ${lock} ${flags}
${name} rmv:${dst}, rv      | ${op(1)} /r      | 8086 | ${lock} ${flags}
${name} r8:${dst}, rm8      | ${op(2)} /r      | 8086 | ${flags}
${name} rv:${dst}, rmv      | ${op(3)} /r      | 8086 | ${flags}
${name} al:${dst}, imm8     | ${op(4)}         | 8086 | ${flags}
${name} acc:${dst}, immz    | ${op(5)}         | 8086 | ${flags}
${name} rm8:${dst}, imm8    | 80 /${number}    | 8086 | ${lock} ${flags}
${name} rmv:${dst}, immz    | 81 /${number}    | 8086 | ${lock} ${flags}
${name} rm8:${dst}, imm8    | 82 /${number}    | 8086 | ${lock} ${flags} i64 alias
${name} rmv:${dst}, imms8   | 83 /${number}    | 8086 | ${lock} ${flags}
`;
};

const shift = (digit: number, name: string, byOne: string, byCount: string, alias = ''): string => `
${name} rm8:rw, imm8 | C0 /${digit} | 186  | ${byCount} ${alias}
${name} rmv:rw, imm8 | C1 /${digit} | 186  | ${byCount} ${alias}
${name} rm8:rw, 1    | D0 /${digit} | 8086 | ${byOne} ${alias}
${name} rmv:rw, 1    | D1 /${digit} | 8086 | ${byOne} ${alias}
${name} rm8:rw, cl   | D2 /${digit} | 8086 | ${byCount} ${alias}
${name} rmv:rw, cl   | D3 /${digit} | 8086 | ${byCount} ${alias}
`;

export const aluRows = [
  arithmetic(0, 'add', 'w:oszapc'),
  arithmetic(1, 'or', 'w:szp c:oc u:a'),
  arithmetic(2, 'adc', 'r:c w:oszapc'),
  arithmetic(3, 'sbb', 'r:c w:oszapc'),
  arithmetic(4, 'and', 'w:szp c:oc u:a'),
  arithmetic(5, 'sub', 'w:oszapc'),
  arithmetic(6, 'xor', 'w:szp c:oc u:a'),
  arithmetic(7, 'cmp', 'w:oszapc'),
  shift(0, 'rol', 'w:oc', 'w:c u:o'),
  shift(1, 'ror', 'w:oc', 'w:c u:o'),
  shift(2, 'rcl', 'r:c w:oc', 'r:c w:c u:o'),
  shift(3, 'rcr', 'r:c w:oc', 'r:c w:c u:o'),
  shift(4, 'shl', 'w:oszpc u:a', 'w:szpc u:oa'),
  shift(5, 'shr', 'w:oszpc u:a', 'w:szpc u:oa'),
  shift(6, 'shl', 'w:oszpc u:a', 'w:szpc u:oa', 'alias'),
  shift(7, 'sar', 'w:szpc c:o u:a', 'w:szpc u:oa'),
  `
inc opr16:rw           | 40+r       | 8086 | o16 i64 w:oszap
inc opr32:rw           | 40+r       | 8086 | o32 i64 w:oszap
dec opr16:rw           | 48+r       | 8086 | o16 i64 w:oszap
dec opr32:rw           | 48+r       | 8086 | o32 i64 w:oszap
inc rm8:rw             | FE /0      | 8086 | lock w:oszap
dec rm8:rw             | FE /1      | 8086 | lock w:oszap
inc rmv:rw             | FF /0      | 8086 | lock w:oszap
dec rmv:rw             | FF /1      | 8086 | lock w:oszap

test rm8, r8           | 84 /r      | 8086 | w:szp c:oc u:a
test rmv, rv           | 85 /r      | 8086 | w:szp c:oc u:a
test al, imm8          | A8         | 8086 | w:szp c:oc u:a
test acc, immz         | A9         | 8086 | w:szp c:oc u:a
test rm8, imm8         | F6 /0      | 8086 | w:szp c:oc u:a
test rm8, imm8         | F6 /1      | 8086 | w:szp c:oc u:a alias
not rm8:rw             | F6 /2      | 8086 | lock
neg rm8:rw             | F6 /3      | 8086 | lock w:oszapc
mul rm8                | F6 /4      | 8086 | w:oc u:szap
imul rm8               | F6 /5      | 8086 | w:oc u:szap
div rm8                | F6 /6      | 8086 | u:oszapc
idiv rm8               | F6 /7      | 8086 | u:oszapc
test rmv, immz         | F7 /0      | 8086 | w:szp c:oc u:a
test rmv, immz         | F7 /1      | 8086 | w:szp c:oc u:a alias
not rmv:rw             | F7 /2      | 8086 | lock
neg rmv:rw             | F7 /3      | 8086 | lock w:oszapc
mul rmv                | F7 /4      | 8086 | w:oc u:szap
imul rmv               | F7 /5      | 8086 | w:oc u:szap
div rmv                | F7 /6      | 8086 | u:oszapc
idiv rmv               | F7 /7      | 8086 | u:oszapc
imul rv:w, rmv, immz   | 69 /r      | 186  | w:oc u:szap
imul rv:w, rmv, imms8  | 6B /r      | 186  | w:oc u:szap
imul rv:rw, rmv        | 0F AF /r   | 386  | w:oc u:szap

daa                    | 27         | 8086 | i64 r:ac w:szapc u:o
das                    | 2F         | 8086 | i64 r:ac w:szapc u:o
aaa                    | 37         | 8086 | i64 r:a w:ac u:oszp
aas                    | 3F         | 8086 | i64 r:a w:ac u:oszp
aam imm8               | D4         | 8086 | i64 w:szp u:oac
aad imm8               | D5         | 8086 | i64 w:szp u:oac

shld rmv:rw, rv, imm8  | 0F A4 /r   | 386  | w:szpc u:oa
shld rmv:rw, rv, cl    | 0F A5 /r   | 386  | w:szpc u:oa
shrd rmv:rw, rv, imm8  | 0F AC /r   | 386  | w:szpc u:oa
shrd rmv:rw, rv, cl    | 0F AD /r   | 386  | w:szpc u:oa
bt rmv, rv             | 0F A3 /r   | 386  | w:c u:osap
bts rmv:rw, rv         | 0F AB /r   | 386  | lock w:c u:osap
btr rmv:rw, rv         | 0F B3 /r   | 386  | lock w:c u:osap
btc rmv:rw, rv         | 0F BB /r   | 386  | lock w:c u:osap
bt rmv, imm8           | 0F BA /4   | 386  | w:c u:osap
bts rmv:rw, imm8       | 0F BA /5   | 386  | lock w:c u:osap
btr rmv:rw, imm8       | 0F BA /6   | 386  | lock w:c u:osap
btc rmv:rw, imm8       | 0F BA /7   | 386  | lock w:c u:osap
bsf rv:rw, rmv         | 0F BC /r   | 386  | w:z u:osapc
bsr rv:rw, rmv         | 0F BD /r   | 386  | w:z u:osapc
tzcnt rv:w, rmv        | F3 0F BC /r | bmi1 | w:zc u:osap
lzcnt rv:w, rmv        | F3 0F BD /r | lzcnt | w:zc u:osap
popcnt rv:w, rmv       | F3 0F B8 /r | popcnt | w:z c:osapc
set{cc} rm8:w          | 0F 90+c /r | 386  |

adcx ry:rw, rmy        | 66 0F38 F6 /r | adx | r:c w:c
adox ry:rw, rmy        | F3 0F38 F6 /r | adx | r:o w:o
crc32 r32:rw, rm8      | F2 0F38 F0 /r | sse4.2 |
crc32 r64:rw, rm8      | F2 0F38 F0 /r | sse4.2 | o64
crc32 r32:rw, rm16     | F2 0F38 F1 /r | sse4.2 | o16
crc32 r32:rw, rm32     | F2 0F38 F1 /r | sse4.2 | o32
crc32 r64:rw, rm64     | F2 0F38 F1 /r | sse4.2 | o64
`,
].join('\n');

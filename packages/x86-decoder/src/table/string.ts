// String instructions (Intel SDM vol. 1, 5.1.8, 5.1.9). Their operands are implied.

export const stringRows = `
movsb  | A4 | 8086 | rep r:d
movsw  | A5 | 8086 | o16 rep r:d
movsd  | A5 | 386  | o32 rep r:d
movsq  | A5 | lm   | o64 rep r:d
cmpsb  | A6 | 8086 | repz r:d w:oszapc
cmpsw  | A7 | 8086 | o16 repz r:d w:oszapc
cmpsd  | A7 | 386  | o32 repz r:d w:oszapc
cmpsq  | A7 | lm   | o64 repz r:d w:oszapc
stosb  | AA | 8086 | rep r:d
stosw  | AB | 8086 | o16 rep r:d
stosd  | AB | 386  | o32 rep r:d
stosq  | AB | lm   | o64 rep r:d
lodsb  | AC | 8086 | rep r:d
lodsw  | AD | 8086 | o16 rep r:d
lodsd  | AD | 386  | o32 rep r:d
lodsq  | AD | lm   | o64 rep r:d
scasb  | AE | 8086 | repz r:d w:oszapc
scasw  | AF | 8086 | o16 repz r:d w:oszapc
scasd  | AF | 386  | o32 repz r:d w:oszapc
scasq  | AF | lm   | o64 repz r:d w:oszapc
insb   | 6C | 186  | rep io r:d
insw   | 6D | 186  | o16 rep io r:d
insd   | 6D | 386  | o32+ rep io r:d
outsb  | 6E | 186  | rep io r:d
outsw  | 6F | 186  | o16 rep io r:d
outsd  | 6F | 386  | o32+ rep io r:d
`;

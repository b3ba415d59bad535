import { describe, expect, it } from 'vitest';
import { RandomBytes } from '../test/random-bytes';
import { decode, formatIntel, forms, Instruction } from './index';

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));

// mode, bytes, text at address 1000h; or the error
const cases = `
32 83448b1005             add dword ptr [ebx+ecx*4+10h],5
32 8b4424fc               mov eax,[esp-4]
32 8b2c6500000000         mov ebp,[0]
32 668e00                 mov es,[eax]
16 8b04                   mov ax,[si]
16 268b843412             mov ax,es:[si+1234h]
16 8b4600                 mov ax,[bp]
16 8b163412               mov dx,[1234h]
16 66e800000000           data32 call 00001006h
16 678b0424               mov ax,[esp]
16 ea00100020             jmp far 1000h,2000h
64 488b0510000000         mov rax,[1017h]
64 48b80807060504030201   mov rax,102030405060708h
64 4883c0ff               add rax,0FFFFFFFFFFFFFFFFh
64 40b401                 mov spl,1
64 b401                   mov ah,1
64 4466894508             mov [rbp+8],ax
64 66894508               mov [rbp+8],ax
64 4190                   xchg r8d,eax
64 50                     push rax
64 6650                   push ax
64 66e800000000           call 0000000000001006h
32 90                     nop
32 f390                   pause
32 f30fb8c1               popcnt eax,ecx
32 660f6ec1               movd xmm0,ecx
64 66480f6ec1             movq xmm0,rcx
32 0f6ec1                 movd mm0,ecx
32 f20f10c1               movsd xmm0,xmm1
32 f3a5                   rep movsd [edi],[esi]
32 64ac                   lodsb fs:[esi]
32 e305                   jecxz 00001007h
32 67e305                 jcxz 00001008h
64 67e305                 jecxz 0000000000001008h
32 0f2007                 mov edi,cr0
32 0f01d8                 vmrun eax
32 d9c9                   fxch
32 dfe0                   fnstsw ax
32 f00fb10b               lock cmpxchg [ebx],ecx
32 c8341202               enter 1234h,2
32 f001c0                 invalid-lock
64 c5f858c1               vaddps xmm0,xmm0,xmm1
64 62f17c48584101         vaddps zmm0,zmm0,[rcx+40h]
64 62f17cdf58c1           vaddps zmm0{k7}{z}{ru-sae},zmm0,zmm1
64 62f17c7858c1           vaddps zmm0{rz-sae},zmm0,zmm1
64 62f17c6858c1           invalid-opcode
64 8fe97880c1             vfrczps xmm0,xmm1
64 0f0fc19e               pfadd mm0,mm1
32 c50a                   lds ecx,[edx]
64 c50a                   truncated
64 66c5f858c1             invalid-opcode
64 48c5f858c1             invalid-opcode
64 f0c5f858c1             invalid-opcode
32 f083000000             lock add dword ptr [eax],0
32 f0833800               invalid-lock
32 f090                   invalid-lock
32 8ec8                   invalid-opcode
32 0f20c8                 invalid-opcode
32 8ef0                   invalid-opcode
64 06                     invalid-opcode
64 60                     invalid-opcode
32 0f04                   invalid-opcode
32 f30f28c1               invalid-opcode
32 0f                     truncated
32 66                     truncated
32 8b                     truncated
32 8b04                   truncated
32 b8010203               truncated
32 666666666666666666666666666690   data16
32 66666666666666666666666666666690 too-long
32 2e2e2e2e2e2e2e2e2e2e2e83c001     add eax,1
32 2e2e2e2e2e2e2e2e2e2e2e2e2e83c001 too-long
`;

describe('decode', () => {
  const out = new Instruction();
  for (const line of cases.trim().split('\n')) {
    const [mode, hex, text] = /^(\d\d) (\w+) +(.*)$/.exec(line)!.slice(1);
    it(line.replace(/ +/g, ' '), () => {
      const bytes = bytesOf(hex);
      decode(bytes, 0, bytes.length, Number(mode) as 16 | 32 | 64, out);
      if (out.form === 0) expect(out.error).toBe(text);
      else if (text === 'data16') expect(forms[out.form].mnemonic).toBe('nop');
      else expect(formatIntel(out, 0x1000)).toBe(text);
    });
  }

  it('gives every prefix of an instruction as truncated', () => {
    const bytes = bytesOf('65c784b3443322117856341290');
    for (let end = 0; end < 12; end++) {
      decode(bytes, 0, end, 32, out);
      expect([out.form, out.error, out.length]).toEqual([0, 'truncated', end]);
    }
    expect(decode(bytes, 0, bytes.length, 32, out).length).toBe(12);
  });

  it('gives the same whatever was decoded before', () => {
    const reused = new Instruction();
    const random = new RandomBytes(1);
    const bytes = new Uint8Array(16 * 4096);
    for (const mode of [16, 32, 64] as const) {
      random.fill(bytes, mode);
      for (let at = 0; at < bytes.length; at += 16) {
        const fresh = decode(bytes, at, bytes.length, mode, new Instruction());
        decode(bytes, at, bytes.length, mode, reused);
        if (JSON.stringify(fresh) !== JSON.stringify(reused)) expect({ ...reused }).toEqual({ ...fresh });
      }
    }
  });

  it('starts at the offset and stays inside the end', () => {
    const bytes = bytesOf('9090b80100000090');
    decode(bytes, 2, 7, 32, out);
    expect([forms[out.form].mnemonic, out.immediate, out.length]).toEqual(['mov', 1, 5]);
    expect(decode(bytes, 2, 6, 32, out).error).toBe('truncated');
  });

  it('resolves default segments and 16-bit addressing to register numbers', () => {
    decode(bytesOf('8b42fe'), 0, 3, 16, out);
    expect([out.segment, out.base, out.index, out.displacement]).toEqual([2, 5, 6, -2]);
    decode(bytesOf('3e8b45fe'), 0, 4, 32, out);
    expect([out.segment, out.segmentOverride, out.base, out.index]).toEqual([3, true, 5, -1]);
    decode(bytesOf('648b00'), 0, 3, 32, out);
    expect([out.segment, out.segmentOverride]).toEqual([4, true]);
  });

  it('leaves nothing behind from the instruction before', () => {
    const reused = new Instruction();
    for (const hex of ['f36567c7843412785634129090', 'f0410fc74c2408', '48b80807060504030201', 'c8341202']) {
      decode(bytesOf(hex), 0, hex.length / 2, 64, reused);
    }
    decode(bytesOf('c3'), 0, 1, 32, reused);
    const fresh = decode(bytesOf('c3'), 0, 1, 32, new Instruction());
    expect({ ...reused }).toEqual({ ...fresh });
  });
});

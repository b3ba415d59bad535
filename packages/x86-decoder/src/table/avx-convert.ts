// Conversions of AVX, F16C, AVX-512, AVX512-FP16, AVX512-BF16 and AVX-NE-CONVERT (Intel SDM vol. 2).

const [f, dq, fp16] = ['avx512f', 'avx512dq', 'avx512_fp16'];

export const avxConvertRows = `
vcvtsi2ss xmm:w, xmmv, rmy          | lig.f3.0f 2a /r | vex.wy avx, evex.wy ${f} | er
vcvtsi2sd xmm:w, xmmv, rmy          | lig.f2.0f 2a /r | vex.wy avx, evex.wy ${f} | er
vcvttss2si ry:w, xmmrm32            | lig.f3.0f 2c /r | vex.wy avx, evex.wy ${f} | sae
vcvttsd2si ry:w, xmmrm64            | lig.f2.0f 2c /r | vex.wy avx, evex.wy ${f} | sae
vcvtss2si ry:w, xmmrm32             | lig.f3.0f 2d /r | vex.wy avx, evex.wy ${f} | er
vcvtsd2si ry:w, xmmrm64             | lig.f2.0f 2d /r | vex.wy avx, evex.wy ${f} | er
vcvtps2pd vec:w, vecrmH/b32         | lx.np.0f 5a /r | vex.wig avx, evex.w0 ${f} | kz sae
vcvtpd2ps vecH:w, vecrm/b64         | lx.66.0f 5a /r | vex.wig avx, evex.w1 ${f} | kz er
vcvtss2sd xmm:w, xmmv, xmmrm32      | lig.f3.0f 5a /r | vex.wig avx, evex.w0 ${f} | kz sae
vcvtsd2ss xmm:w, xmmv, xmmrm64      | lig.f2.0f 5a /r | vex.wig avx, evex.w1 ${f} | kz er
vcvtdq2ps vec:w, vecrm/b32          | lx.np.0f 5b /r | vex.wig avx, evex.w0 ${f} | kz er
vcvtps2dq vec:w, vecrm/b32          | lx.66.0f 5b /r | vex.wig avx, evex.w0 ${f} | kz er
vcvttps2dq vec:w, vecrm/b32         | lx.f3.0f 5b /r | vex.wig avx, evex.w0 ${f} | kz sae
vcvttpd2dq vecH:w, vecrm/b64        | lx.66.0f e6 /r | vex.wig avx, evex.w1 ${f} | kz sae
vcvtdq2pd vec:w, vecrmH/b32         | lx.f3.0f e6 /r | vex.wig avx, evex.w0 ${f} | kz er
vcvtpd2dq vecH:w, vecrm/b64         | lx.f2.0f e6 /r | vex.wig avx, evex.w1 ${f} | kz er
vcvtqq2ps vecH:w, vecrm/b64         | lx.np.0f 5b /r | evex.w1 ${dq} | kz er
vcvtqq2pd vec:w, vecrm/b64          | lx.f3.0f e6 /r | evex.w1 ${dq} | kz er
vcvttps2udq vec:w, vecrm/b32        | lx.np.0f 78 /r | evex.w0 ${f} | kz sae
vcvttpd2udq vecH:w, vecrm/b64       | lx.np.0f 78 /r | evex.w1 ${f} | kz sae
vcvttps2uqq vec:w, vecrmH/b32       | lx.66.0f 78 /r | evex.w0 ${dq} | kz sae
vcvttpd2uqq vec:w, vecrm/b64        | lx.66.0f 78 /r | evex.w1 ${dq} | kz sae
vcvttss2usi ry:w, xmmrm32           | lig.f3.0f 78 /r | evex.wy ${f} | sae
vcvttsd2usi ry:w, xmmrm64           | lig.f2.0f 78 /r | evex.wy ${f} | sae
vcvtps2udq vec:w, vecrm/b32         | lx.np.0f 79 /r | evex.w0 ${f} | kz er
vcvtpd2udq vecH:w, vecrm/b64        | lx.np.0f 79 /r | evex.w1 ${f} | kz er
vcvtps2uqq vec:w, vecrmH/b32        | lx.66.0f 79 /r | evex.w0 ${dq} | kz er
vcvtpd2uqq vec:w, vecrm/b64         | lx.66.0f 79 /r | evex.w1 ${dq} | kz er
vcvtss2usi ry:w, xmmrm32            | lig.f3.0f 79 /r | evex.wy ${f} | er
vcvtsd2usi ry:w, xmmrm64            | lig.f2.0f 79 /r | evex.wy ${f} | er
vcvttps2qq vec:w, vecrmH/b32        | lx.66.0f 7a /r | evex.w0 ${dq} | kz sae
vcvttpd2qq vec:w, vecrm/b64         | lx.66.0f 7a /r | evex.w1 ${dq} | kz sae
vcvtudq2pd vec:w, vecrmH/b32        | lx.f3.0f 7a /r | evex.w0 ${f} | kz er
vcvtuqq2pd vec:w, vecrm/b64         | lx.f3.0f 7a /r | evex.w1 ${dq} | kz er
vcvtudq2ps vec:w, vecrm/b32         | lx.f2.0f 7a /r | evex.w0 ${f} | kz er
vcvtuqq2ps vecH:w, vecrm/b64        | lx.f2.0f 7a /r | evex.w1 ${dq} | kz er
vcvtps2qq vec:w, vecrmH/b32         | lx.66.0f 7b /r | evex.w0 ${dq} | kz er
vcvtpd2qq vec:w, vecrm/b64          | lx.66.0f 7b /r | evex.w1 ${dq} | kz er
vcvtusi2ss xmm:w, xmmv, rmy         | lig.f3.0f 7b /r | evex.wy ${f} | er
vcvtusi2sd xmm:w, xmmv, rmy         | lig.f2.0f 7b /r | evex.wy ${f} | er
vcvtph2ps vec:w, vecrmH             | lx.66.0f38 13 /r | vex.w0 f16c, evex.w0 ${f} | kz sae
vcvtps2ph vecrmH:w, vec, imm8       | lx.66.0f3a 1d /r | vex.w0 f16c, evex.w0 ${f} | kz sae

vcvtss2sh xmm:w, xmmv, xmmrm32      | lig.np.5 1d /r | evex.w0 ${fp16} | kz er
vcvtps2phx vecH:w, vecrm/b32        | lx.66.5 1d /r | evex.w0 ${fp16} | kz er
vcvtsi2sh xmm:w, xmmv, rmy          | lig.f3.5 2a /r | evex.wy ${fp16} | er
vcvttsh2si ry:w, xmmrm16            | lig.f3.5 2c /r | evex.wy ${fp16} | sae
vcvtsh2si ry:w, xmmrm16             | lig.f3.5 2d /r | evex.wy ${fp16} | er
vcvtph2pd vec:w, vecrmQ/b16         | lx.np.5 5a /r | evex.w0 ${fp16} | kz sae
vcvtpd2ph vecQ:w, vecrm/b64         | lx.66.5 5a /r | evex.w1 ${fp16} | kz er
vcvtsh2sd xmm:w, xmmv, xmmrm16      | lig.f3.5 5a /r | evex.w0 ${fp16} | kz sae
vcvtsd2sh xmm:w, xmmv, xmmrm64      | lig.f2.5 5a /r | evex.w1 ${fp16} | kz er
vcvtdq2ph vecH:w, vecrm/b32         | lx.np.5 5b /r | evex.w0 ${fp16} | kz er
vcvtqq2ph vecQ:w, vecrm/b64         | lx.np.5 5b /r | evex.w1 ${fp16} | kz er
vcvtph2dq vec:w, vecrmH/b16         | lx.66.5 5b /r | evex.w0 ${fp16} | kz er
vcvttph2dq vec:w, vecrmH/b16        | lx.f3.5 5b /r | evex.w0 ${fp16} | kz sae
vcvttph2udq vec:w, vecrmH/b16       | lx.np.5 78 /r | evex.w0 ${fp16} | kz sae
vcvttph2uqq vec:w, vecrmQ/b16       | lx.66.5 78 /r | evex.w0 ${fp16} | kz sae
vcvttsh2usi ry:w, xmmrm16           | lig.f3.5 78 /r | evex.wy ${fp16} | sae
vcvtph2udq vec:w, vecrmH/b16        | lx.np.5 79 /r | evex.w0 ${fp16} | kz er
vcvtph2uqq vec:w, vecrmQ/b16        | lx.66.5 79 /r | evex.w0 ${fp16} | kz er
vcvtsh2usi ry:w, xmmrm16            | lig.f3.5 79 /r | evex.wy ${fp16} | er
vcvttph2qq vec:w, vecrmQ/b16        | lx.66.5 7a /r | evex.w0 ${fp16} | kz sae
vcvtudq2ph vecH:w, vecrm/b32        | lx.f2.5 7a /r | evex.w0 ${fp16} | kz er
vcvtuqq2ph vecQ:w, vecrm/b64        | lx.f2.5 7a /r | evex.w1 ${fp16} | kz er
vcvtph2qq vec:w, vecrmQ/b16         | lx.66.5 7b /r | evex.w0 ${fp16} | kz er
vcvtusi2sh xmm:w, xmmv, rmy         | lig.f3.5 7b /r | evex.wy ${fp16} | er
vcvttph2uw vec:w, vecrm/b16         | lx.np.5 7c /r | evex.w0 ${fp16} | kz sae
vcvttph2w vec:w, vecrm/b16          | lx.66.5 7c /r | evex.w0 ${fp16} | kz sae
vcvtph2uw vec:w, vecrm/b16          | lx.np.5 7d /r | evex.w0 ${fp16} | kz er
vcvtph2w vec:w, vecrm/b16           | lx.66.5 7d /r | evex.w0 ${fp16} | kz er
vcvtw2ph vec:w, vecrm/b16           | lx.f3.5 7d /r | evex.w0 ${fp16} | kz er
vcvtuw2ph vec:w, vecrm/b16          | lx.f2.5 7d /r | evex.w0 ${fp16} | kz er
vcvtph2psx vec:w, vecrmH/b16        | lx.66.6 13 /r | evex.w0 ${fp16} | kz sae
vcvtsh2ss xmm:w, xmmv, xmmrm16      | lig.np.6 13 /r | evex.w0 ${fp16} | kz sae

vcvtne2ps2bf16 vec:w, vecv, vecrm/b32 | lx.f2.0f38 72 /r | evex.w0 avx512_bf16 | kz
vcvtneps2bf16 vecH:w, vecrm/b32     | lx.f3.0f38 72 /r | vex.w0 avx-ne-convert, evex.w0 avx512_bf16 | kz
vdpbf16ps vec:rw, vecv, vecrm/b32   | lx.f3.0f38 52 /r | evex.w0 avx512_bf16 | kz
vcvtneoph2ps vec:w, mL              | lx.np.0f38 b0 /r | vex.w0 avx-ne-convert |
vcvtneeph2ps vec:w, mL              | lx.66.0f38 b0 /r | vex.w0 avx-ne-convert |
vcvtneebf162ps vec:w, mL            | lx.f3.0f38 b0 /r | vex.w0 avx-ne-convert |
vcvtneobf162ps vec:w, mL            | lx.f2.0f38 b0 /r | vex.w0 avx-ne-convert |
vbcstnesh2ps vec:w, m16             | lx.66.0f38 b1 /r | vex.w0 avx-ne-convert |
vbcstnebf162ps vec:w, m16           | lx.f3.0f38 b1 /r | vex.w0 avx-ne-convert |
`;

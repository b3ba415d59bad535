import { describe, expect, it } from 'vitest';
import { encode, EncodeError, immediate, memory, register, type EncodeOptions, type Operand } from './index';

function bytes(mnemonic: string, operands: readonly Operand[], options?: EncodeOptions): string {
  return [...encode(mnemonic, operands, options).bytes]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ');
}

function errorOf(mnemonic: string, operands: readonly Operand[], options?: EncodeOptions): EncodeError {
  try {
    encode(mnemonic, operands, options);
  } catch (error) {
    if (error instanceof EncodeError) return error;
    throw error;
  }
  throw new Error(`'${mnemonic}' was encoded`);
}

const [eax, ebx, ax, al] = ['eax', 'ebx', 'ax', 'al'].map(register) as [Operand, Operand, Operand, Operand];

describe('encode', () => {
  it('chooses the shortest form', () => {
    expect(bytes('add', [eax, immediate(5)])).toBe('83 c0 05');
    expect(bytes('add', [eax, immediate(0x1234)])).toBe('05 34 12 00 00');
    expect(bytes('add', [al, immediate(5)])).toBe('04 05');
    expect(bytes('mov', [eax, memory({ displacement: 0x1234 })])).toBe('a1 34 12 00 00');
    expect(bytes('push', [immediate(-1)])).toBe('6a ff');
    expect(bytes('shl', [eax, immediate(1)])).toBe('d1 e0');
    expect(bytes('inc', [eax])).toBe('40');
    expect(bytes('inc', [eax], { mode: 64 })).toBe('ff c0');
  });

  it('keeps what may change later at full length', () => {
    const relocatable = { ...immediate(5), kind: 'immediate', relocatable: true } as const;
    expect(bytes('add', [eax, relocatable])).toBe('05 05 00 00 00');
    const address = memory({ base: 'ebx', displacement: 5, relocatable: true });
    expect(bytes('mov', [ebx, address])).toBe('8b 9b 05 00 00 00');
  });

  it('puts the prefixes that the mode needs', () => {
    expect(bytes('mov', [ax, memory({ base: 'bx', segment: 4 })])).toBe('64 66 67 8b 07');
    expect(bytes('mov', [eax, ebx], { mode: 16 })).toBe('66 89 d8');
    expect(bytes('movsd', [], { rep: 'rep', mode: 16 })).toBe('f3 66 a5');
    expect(bytes('mov', [register('r8'), register('rax')], { mode: 64 })).toBe('49 89 c0');
  });

  it('computes branch distances from absolute targets', () => {
    expect(bytes('jmp', [immediate(0x1000)], { address: 0x1000 })).toBe('eb fe');
    expect(bytes('jz', [immediate(0x2000)], { address: 0x1000 })).toBe('0f 84 fa 0f 00 00');
    expect(bytes('jmp', [immediate(0)], { address: 0xfff0, mode: 16 })).toBe('eb 0e');
  });

  it('computes RIP-relative distances past the immediate', () => {
    const target = memory({ displacement: 0x1100, ripRelative: true, size: 32 });
    expect(bytes('mov', [target, immediate(1)], { address: 0x1000, mode: 64 })).toBe(
      'c7 05 f6 00 00 00 01 00 00 00',
    );
  });

  it('says with a code why there is no encoding', () => {
    expect(errorOf('frobnicate', []).code).toBe('unknown-mnemonic');
    expect(errorOf('mov', [eax, ax])).toMatchObject({
      code: 'operand-mismatch',
      message: "'mov' does not take (eax, ax) in 32-bit code; the registers differ in size: 32 and 16 bits",
    });
    expect(errorOf('lidt', [eax]).message).toBe("'lidt' does not take (eax) in 32-bit code; it takes (m48)");
    expect(errorOf('mov', [register('rax'), immediate(1)]).message).toContain(
      'rax exists in 64-bit code only',
    );
    expect(errorOf('inc', [memory({ base: 'eax' })]).code).toBe('ambiguous-size');
    expect(errorOf('loop', [immediate(0x1000)]).code).toBe('branch-out-of-range');
    expect(errorOf('mov', [eax, memory({ base: 'ax' })]).code).toBe('bad-address');
    expect(errorOf('mov', [eax, memory({ base: 'eax', index: 'esp' })]).code).toBe('bad-address');
    expect(errorOf('mov', [eax, ebx], { lock: true }).code).toBe('bad-prefix');
    expect(errorOf('add', [eax, ebx], { rep: 'rep' }).code).toBe('bad-prefix');
    expect(errorOf('mov', [register('ah'), register('r8b')], { mode: 64 }).message).toContain(
      'ah cannot be used',
    );
  });

  it('reports a value that is cut', () => {
    expect(encode('mov', [al, immediate(0x1ff)]).warning).toBe('511 does not fit 8 bits and is cut');
    expect(encode('mov', [al, immediate(0xff)]).warning).toBe('');
  });
});

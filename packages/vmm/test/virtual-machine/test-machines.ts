import { VirtualMachine, type VirtualMachineOptions } from '@trapgate/vmm';
import { guest } from '../small-guests';

export const HELLO = `
        mov esi, text
        mov ecx, 5
        mov dx, 0x3F8
        rep outsb
        mov eax, 0x12345678
        jmp go
text:   db "hello"
go:
`;
export const ENDLESS = 'xor ebx, ebx\nagain: inc ebx\njmp again';

/** Page tables at 10000h: the first 4 MiB as themselves, 400000h on to 80000h by one page, 800000h by a large page. */
export const PAGED = `
        mov dword [0x10000], 0x11027
        mov dword [0x10004], 0x12001    ; read-only, supervisor
        mov dword [0x10008], 0x00000087 ; 4 MiB page
        xor eax, eax
fill:   mov edx, eax
        shl edx, 12
        or edx, 7
        mov [0x11000 + eax * 4], edx
        inc eax
        cmp eax, 1024
        jb fill
        mov dword [0x12000], 0x80003
        mov eax, 0x10
        mov cr4, eax
        mov eax, 0x10000
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        mov dword [0x80000], 0x11223344
`;

export const make = (code: string, options: VirtualMachineOptions = {}): Promise<VirtualMachine> =>
  VirtualMachine.create({ memoryMiB: 2, kernel: guest(code), ...options });

export function listen(machine: VirtualMachine): () => string {
  const decoder = new TextDecoder();
  let text = '';
  machine.on('serial', ({ bytes }) => (text += decoder.decode(bytes)));
  return () => text;
}

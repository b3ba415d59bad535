import { assemble } from '@trapgate/x86-assembler';

/** A Multiboot image with `code` as its 32-bit program, which starts with a stack. */
export function guest(code: string): Uint8Array {
  return assemble(`
        bits 32
        org 0x100000
header: dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000)
        dd header, header, 0, 0, start
start:  mov esp, 0x90000
${code}
`).bytes;
}

/** Turns the machine off. */
export const POWER_OFF = `
        mov dx, 0x604
        mov ax, 0x2000
        out dx, ax
`;

/**
 * Counts ticks of the 8254 at about 1 kHz, by interrupt gates of its own, and sends a character for each: the low
 * three bits of the time-stamp counter as a digit. After \`ticks\` it turns the machine off.
 */
export const ticking = (ticks: number): string => `
        lgdt [gdtr]
        lidt [idtr]
        mov eax, tick
        mov [idt + 0x20 * 8], ax
        mov word [idt + 0x20 * 8 + 2], 0x10
        mov word [idt + 0x20 * 8 + 4], 0x8E00
        shr eax, 16
        mov [idt + 0x20 * 8 + 6], ax
        mov al, 0x11                    ; 8259: vectors 20h-27h, only IRQ 0
        out 0x20, al
        mov al, 0x20
        out 0x21, al
        mov al, 4
        out 0x21, al
        mov al, 1
        out 0x21, al
        mov al, 0xFE
        out 0x21, al
        mov al, 0x34                    ; 8254: counter 0, mode 2
        out 0x43, al
        mov al, 0xA9
        out 0x40, al
        mov al, 0x04
        out 0x40, al
        mov ecx, ${ticks}
        sti
wait_:  hlt
        jmp wait_
tick:   rdtsc
        shr eax, 10
        and al, 7
        add al, '0'
        mov dx, 0x3F8
        out dx, al
        mov al, 0x20
        out 0x20, al
        dec ecx
        jnz back
${POWER_OFF}
back:   iretd
        align 8
gdt:    dq 0, 0
        dq 0x00CF9B000000FFFF, 0x00CF93000000FFFF
gdtr:   dw 31
        dd gdt
idtr:   dw 0x21 * 8 - 1
        dd idt
idt:    times 0x21 dq 0
`;

import { Machine } from '@trapgate/vmm';
import { assemble } from '@trapgate/x86-assembler';

// A kernel of a few instructions: prints a line on the first serial port and turns the machine off.
const { bytes } = assemble(`
        bits 32
        org 0x100000
header: dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000)  ; Multiboot, with address fields
        dd header, header, 0, 0, start
start:  mov esi, text
        mov ecx, length
        mov dx, 0x3F8
        rep outsb
        mov dx, 0x604           ; ACPI PM1a control: SLP_EN, power off
        mov ax, 0x2000
        out dx, ax
text:   db "Hello from the guest", 10
length  equ $ - text
`);

let output = '';
const machine = Machine.create({
  memoryMiB: 4,
  serial: { write: (byte) => (output += String.fromCharCode(byte)) },
});
machine.load({ kind: 'auto', kernel: bytes });
void machine.run().then((exit) => {
  console.log(`${output}The machine ended: ${exit.reason}`);
  console.log(`Bytes sent: ${machine.statistics.ports.find((row) => row.port === 0x3f8)?.writes}`);
});

// Boots a kernel with the built package until its console shows a text, and prints how many milliseconds that took.
// node boot-in-node.mjs KERNEL INITRAMFS COMMAND-LINE MIB TEXT
import { VirtualMachine } from '../../../packages/vmm/dist/index.js';

const [kernel, initrd, commandLine, memoryMiB, text] = process.argv.slice(2);
const machine = await VirtualMachine.create({ kernel, initrd, commandLine, memoryMiB: Number(memoryMiB) });
/* global performance, TextDecoder */
const decoder = new TextDecoder();
let output = '';
const shown = new Promise((resolve) => {
  machine.on('serial', ({ bytes }) => {
    output = (output + decoder.decode(bytes, { stream: true })).slice(-4096);
    if (output.includes(text)) resolve();
  });
});
const start = performance.now();
void machine.run();
await shown;
console.log(Math.round(performance.now() - start));
await machine.dispose();

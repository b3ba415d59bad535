// The peer, v86, as its users run it in Node.js: its own build, its JIT, the BIOS files of Debian's seabios.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { V86, type V86Options } from 'v86';

const firmwareFolders = ['/usr/share/seabios', '/usr/share/qemu'];

function firmware(name: string): ArrayBuffer {
  const file = firmwareFolders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
  if (file === undefined) throw new Error(`v86 needs ${name}: install Debian's package seabios`);
  return contents(file);
}

/** The bytes of a file in an ArrayBuffer of their own, which v86 asks for. */
export function contents(file: string): ArrayBuffer {
  return new Uint8Array(readFileSync(file)).buffer;
}

const wrapsAbove = 0xc000_0000;

/** Adds up v86's count of instructions, which has 32 bits and starts again when the machine is reset. */
export class InstructionCounter {
  #last = 0;
  #total = 0;
  constructor(private readonly emulator: V86) {}

  /** To be called at least once in every thousand million instructions. */
  read(): number {
    const now = this.emulator.get_instruction_counter();
    const isReset = now < this.#last && this.#last < wrapsAbove;
    this.#total += isReset ? now : (now - this.#last) >>> 0;
    this.#last = now;
    return this.#total;
  }
}

/** Makes a stopped v86 machine. */
export function createPeer(options: V86Options): Promise<V86> {
  const emulator = new V86({
    wasm_path: fileURLToPath(import.meta.resolve('v86').replace(/libv86\.m?js$/, 'v86.wasm')),
    bios: { buffer: firmware('bios.bin') },
    vga_bios: { buffer: firmware('vgabios.bin') },
    vga_memory_size: 8 * 1024 * 1024,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    fastboot: true,
    autostart: false,
    ...options,
  });
  return new Promise((resolve) => emulator.add_listener('emulator-loaded', () => resolve(emulator)));
}

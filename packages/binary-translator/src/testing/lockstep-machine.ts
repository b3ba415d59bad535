import { AT, Processor, STATE, type ProcessorHost, type Stop, type Translation } from '@trapgate/cpu';
import { MEMORY_MAP, PhysicalMemory, PROCESSOR_MAP } from '@trapgate/mmu';
import { PORT } from './guest-calls';
import { PLACE } from './guest-places';

/** Fields of the state block that both engines have to leave alike. EFLAGS is read through the registers: its parts are lazy. */
const ARCHITECTURAL =
  /^(gpr|rip|cpl|mode|stackMask|interruptShadow|selector|segment\w+|gdtr\w+|idtr\w+|cr\d|efer|pdpte|dr|sysenter\w+|\w*star|sfmask|kernelGsBase|pat|apicBase|tscOffset|fpr|xmm|fpu\w+|mxcsr|performance\w+)$/;

export interface Range {
  readonly name: string;
  readonly at: number;
  readonly length: number;
}

function compared(): readonly Range[] {
  const ranges: Range[] = [];
  for (const [name, { width, count = 1 }] of STATE.fields) {
    if (ARCHITECTURAL.test(name)) ranges.push({ name, at: STATE.offset(name), length: (width / 8) * count });
  }
  return ranges;
}

export const COMPARED = compared();
/** The same, adjacent ranges as one. */
const MERGED = COMPARED.reduce<{ at: number; end: number }[]>((list, { at, length }) => {
  const last = list.at(-1);
  if (last && last.end === at) last.end = at + length;
  else list.push({ at, end: at + length });
  return list;
}, []);

const mix = (hash: number, value: number): number =>
  Math.imul((hash ^ value) >>> 0, 0x9e37_79b1) ^ (hash >>> 15);

/** Devices that answer by what they were asked before, and remember when they were asked. */
class Devices implements ProcessorHost {
  hash = 1;
  processor!: Processor;
  vector = 0x20;

  private record(...values: number[]): number {
    for (const value of values) this.hash = mix(this.hash, value);
    return this.hash;
  }
  readPort(port: number, size: 1 | 2 | 4): number {
    return (
      (this.record(port, size, this.processor.instructions) >>> 3) &
      (size === 4 ? 0x7fff_ffff : 2 ** (8 * size) - 1)
    );
  }
  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    this.record(port, size, value, this.processor.instructions);
    if (port === PORT.raise) this.processor.setInterruptLine(true);
    else if (port === PORT.nonMaskable) this.processor.raiseNmi();
    else if (port === PORT.stop) this.processor.requestStop();
  }
  readMmio(physical: number, size: 1 | 2 | 4): number {
    return (this.record(physical, size) >>> 5) & (size === 4 ? 0x07ff_ffff : 2 ** (8 * size) - 1);
  }
  writeMmio(physical: number, size: 1 | 2 | 4, value: number): void {
    this.record(physical, size, value);
  }
  acknowledgeInterrupt(): number {
    this.processor.setInterruptLine(false);
    this.record(this.processor.instructions);
    this.vector = 0x20 + ((this.vector + 1) & 15);
    return this.vector;
  }
  readTimestamp(): number {
    return this.processor.instructions;
  }
}

/** One engine's machine with a program in it. */
export class LockstepMachine {
  readonly memory = PhysicalMemory.create({ ramBytes: PLACE.ramBytes });
  readonly devices = new Devices();
  readonly processor: Processor;
  readonly state: Uint8Array;
  readonly ram: Uint8Array;

  constructor(image: Uint8Array, boot: number, translation?: Translation) {
    const { memory } = this;
    this.processor = new Processor({ memory, host: this.devices, ...(translation ? { translation } : {}) });
    this.devices.processor = this.processor;
    this.state = memory.bytes.subarray(MEMORY_MAP.processors + PROCESSOR_MAP.state);
    this.ram = memory.bytes.subarray(MEMORY_MAP.ram, MEMORY_MAP.ram + PLACE.ramBytes);
    memory.writeBytes(0, image);
    const { registers } = this.processor;
    registers.cr0 = 0x11;
    registers.setSegment('cs', { selector: 8, base: 0, limit: 0xffff_ffff, attributes: 0xc09b });
    for (const name of ['ss', 'ds', 'es', 'fs', 'gs'] as const)
      registers.setSegment(name, { selector: 16, base: 0, limit: 0xffff_ffff, attributes: 0xc093 });
    registers.eip = boot;
    registers.esp = PLACE.kernelStackTop;
  }

  run(count: number): Stop {
    return this.processor.run(count);
  }

  /** A field of the state block, as hexadecimal bytes. */
  field({ at, length }: Range): string {
    return Buffer.from(this.state.subarray(at, at + length)).toString('hex');
  }

  /** Physical address of a linear one, or -1: for reports only. */
  physical(linear: number): number {
    const { cr0, cr3, cr4 } = this.processor.registers;
    if ((cr0 & 0x8000_0000) === 0) return linear;
    const pae = (cr4 & 0x20) !== 0;
    const [size, shift] = pae ? [8, 21] : [4, 22];
    const read = (address: number): number => this.memory.read32(address);
    const directory = pae ? read((cr3 & ~31) + 8 * (linear >>> 30)) & ~0xfff : cr3 & ~0xfff;
    const entry = read(directory + size * ((linear >>> shift) & (pae ? 0x1ff : 0x3ff)));
    const large = 2 ** shift - 1;
    if ((entry & 0x80) !== 0) return (entry & ~large) | (linear & large);
    if ((entry & 1) === 0) return -1;
    const page = read((entry & ~0xfff) + size * ((linear >>> 12) & (pae ? 0x1ff : 0x3ff)));
    return (page & 1) === 0 ? -1 : (page & ~0xfff) | (linear & 0xfff);
  }

  get linearEip(): number {
    const base = new DataView(this.state.buffer, this.state.byteOffset).getUint32(AT.segmentBase + 8, true);
    return (this.processor.registers.eip + base) >>> 0;
  }
}

/** Whether registers, flags and counts are the same. */
export function sameState(a: LockstepMachine, b: LockstepMachine): boolean {
  return (
    a.processor.instructions === b.processor.instructions &&
    a.processor.registers.eflags === b.processor.registers.eflags &&
    a.devices.hash === b.devices.hash &&
    MERGED.every(({ at, end }) => Buffer.compare(a.state.subarray(at, end), b.state.subarray(at, end)) === 0)
  );
}

export const sameRam = (a: LockstepMachine, b: LockstepMachine): boolean =>
  Buffer.compare(a.ram, b.ram) === 0;

/** What differs, in words. */
export function differences(a: LockstepMachine, b: LockstepMachine): string[] {
  const found: string[] = [];
  const compare = (name: string, left: unknown, right: unknown): void => {
    if (left !== right) found.push(`${name}: interpreter ${String(left)}, translator ${String(right)}`);
  };
  compare('instructions', a.processor.instructions, b.processor.instructions);
  compare('eflags', a.processor.registers.eflags.toString(16), b.processor.registers.eflags.toString(16));
  compare('device accesses (hash)', a.devices.hash, b.devices.hash);
  for (const range of COMPARED) compare(range.name, a.field(range), b.field(range));
  for (let at = 0; at < a.ram.length && found.length < 20; at++)
    if (a.ram[at] !== b.ram[at]) compare(`RAM ${at.toString(16)}`, a.ram[at], b.ram[at]);
  return found;
}

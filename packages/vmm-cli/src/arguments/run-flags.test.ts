import { describe, expect, it } from 'vitest';
import { UsageError } from '../usage-error';
import { parseRunArguments, type RunRequest } from './run-flags';

const DEFAULTS: RunRequest = {
  kind: 'run',
  memoryMiB: 128,
  engine: 'wasm',
  icount: false,
  serial: { kind: 'stdio', escapes: true },
  reboot: true,
  given: { memory: false, icount: false },
  log: [],
};

/** Splits at spaces; `~` stands for a space within an argument. */
const split = (line: string): string[] =>
  line
    .split(' ')
    .filter(Boolean)
    .map((word) => word.replaceAll('~', ' '));

describe('the arguments of vmm run', () => {
  it.each<[string, Partial<RunRequest>]>([
    ['', {}],
    ['-kernel bzImage -initrd rd.gz', { kernel: 'bzImage', initrd: 'rd.gz' }],
    ['--kernel bzImage', { kernel: 'bzImage' }],
    ['--kernel=bzImage', { kernel: 'bzImage' }],
    ['-append console=ttyS0~quiet', { append: 'console=ttyS0 quiet' }],
    ['-append -v', { append: '-v' }],
    ['-append a -append b', { append: 'b' }],
    ['-m 256', { memoryMiB: 256 }],
    ['-m 256M', { memoryMiB: 256 }],
    ['-m 1G', { memoryMiB: 1024 }],
    ['-m 2g', { memoryMiB: 2048 }],
    ['-m 65536k', { memoryMiB: 64 }],
    ['-m size=64', { memoryMiB: 64 }],
    ['-m 3072', { memoryMiB: 3072 }],
    ['-m 1', { memoryMiB: 1 }],
    ['-nographic -display none -snapshot -smp 1 -accel wasm', {}],
    ['-accel interp', { engine: 'interp' }],
    ['-smp cpus=1', {}],
    ['-cpu max', { cpu: 'max' }],
    ['-serial stdio', { serial: { kind: 'stdio', escapes: false } }],
    ['-serial mon:stdio', { serial: { kind: 'stdio', escapes: true } }],
    ['-serial file:out.log', { serial: { kind: 'file', path: 'out.log' } }],
    ['-serial null', { serial: { kind: 'null' } }],
    ['-no-reboot', { reboot: false }],
    ['-d in_asm,int,mmu,out_asm -D log', { log: ['in_asm', 'int', 'mmu', 'out_asm'], logFile: 'log' }],
    ['-icount', { icount: true }],
    ['-icount on', { icount: true }],
    ['-icount off', { icount: false }],
    ['-icount shift=3', { icount: { nanosecondsPerInstruction: 8 } }],
    ['-icount 0', { icount: { nanosecondsPerInstruction: 1 } }],
    ['-icount shift=4,sleep=off', { icount: { nanosecondsPerInstruction: 16, sleep: false } }],
    ['-icount sleep=on', { icount: { sleep: true } }],
    ['-icount -nographic', { icount: true }],
    ['-device isa-debug-exit', { debugExit: { iobase: 0x501, iosize: 2 } }],
    ['-device isa-debug-exit,iobase=0xf4,iosize=0x4', { debugExit: { iobase: 0xf4, iosize: 4 } }],
    ['-device isa-debug-exit,iosize=1,iobase=244', { debugExit: { iobase: 244, iosize: 1 } }],
    ['-loadvm a -savevm b', { loadvm: 'a', savevm: 'b' }],
    ['-loadvm a -kernel k -append x', { loadvm: 'a', kernel: 'k', append: 'x' }],
  ])('%s', (line, expected) => {
    const given = { memory: /(^| )-m /.test(line), icount: line.includes('-icount') };
    expect(parseRunArguments(split(line))).toEqual({ ...DEFAULTS, given, ...expected });
  });

  it.each([
    ['-kernal x', "unknown flag '-kernal'; the nearest known one is -kernel"],
    ['--kernelle=x', 'the nearest known one is -kernel'],
    ['-initramfs x', 'the nearest known one is -initrd'],
    ['-nogrpahic', 'the nearest known one is -nographic'],
    ['-smpp 1', 'the nearest known one is -smp'],
    ['-M pc', 'the nearest known one is -m'],
    ['-noreboot', 'the nearest known one is -no-reboot'],
    ['-', "unexpected argument '-'"],
    ['bzImage', "unexpected argument 'bzImage'; a kernel is given by -kernel FILE"],
    ['-kernel', '-kernel needs a value: -kernel FILE'],
    ['-kernel -nographic', '-kernel needs a value: -kernel FILE'],
    ['-nographic=1', "-nographic takes no value: leave out '=1'"],
    ['-initrd x', '-initrd needs a kernel to go with it; add -kernel FILE'],
    ['-m 0', '-m 0: too little memory; give from 1 to 3072 MiB'],
    ['-m 512K', 'too little memory'],
    ['-m 1536K', 'not a whole number of MiB'],
    ['-m 4G', 'too much memory'],
    ['-m 99999999999999999999', 'too much memory'],
    ['-m lots', 'not a memory size'],
    ['-m -5', 'not a memory size'],
    ['-smp 2', 'the machine has one processor'],
    ['-accel kvm', 'there are interp, wasm'],
    ['-serial tcp:1', 'use stdio, mon:stdio, file:FILE or null'],
    ['-serial file:', 'use stdio, mon:stdio, file:FILE or null'],
    ['-serial null -serial stdio', 'the machine has one serial port'],
    ['-display gtk', 'there is no display'],
    ['-d ot_asm', "unknown item 'ot_asm'; the nearest is out_asm"],
    ['-d int,', "unknown item ''"],
    ['-icount shift=auto', 'use on, off or shift=N'],
    ['-icount shift=1,sleep=no', 'use on, off or shift=N'],
    ['-icount ,', 'use on, off or shift=N'],
    ['-icount shift=11', 'N from 0 to 10'],
    ['-device e1000', 'unknown device; the nearest known one is isa-debug-exit'],
    ['-device isa-debug-exit,port=1', "bad property 'port=1'"],
    ['-device isa-debug-exit,iobase=0xffff', 'below 0x10000'],
    ['-device isa-debug-exit,iosize=3', 'iosize 1, 2 or 4'],
  ])('%s is refused', (line, message) => {
    expect(() => parseRunArguments(split(line))).toThrow(UsageError);
    expect(() => parseRunArguments(split(line))).toThrow(message);
  });

  it.each([
    ['-help', 'help'],
    ['--help', 'help'],
    ['-h', 'help'],
    ['-cpu help', 'list-processors'],
    ['-d help', 'list'],
    ['-device help', 'list'],
    ['-accel ?', 'list'],
  ])('%s asks a question', (line, kind) => {
    expect(parseRunArguments(split(line)).kind).toBe(kind);
  });
});

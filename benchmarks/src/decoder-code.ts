import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { benchmarksFolder } from './benchmarks-folder';
import { realCode } from './real-code';

/** The executable segments of a 64-bit little-endian ELF file, one after the other. */
function executableBytes64(elf: Uint8Array): Uint8Array {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const [table, entryBytes, entries] = [
    Number(view.getBigUint64(32, true)),
    view.getUint16(54, true),
    view.getUint16(56, true),
  ];
  const isCode = (at: number) => view.getUint32(at, true) === 1 && (view.getUint32(at + 4, true) & 1) === 1;
  const segments = Array.from({ length: entries }, (_, index) => table + index * entryBytes)
    .filter(isCode)
    .map((at) => [Number(view.getBigUint64(at + 8, true)), Number(view.getBigUint64(at + 32, true))] as const)
    .map(([offset, length]) => elf.subarray(offset, offset + length));
  return new Uint8Array(Buffer.concat(segments));
}

const wanted = 'busybox-static:amd64';

/** Debian's busybox for amd64, fetched once through apt, then kept; TRAPGATE_BUSYBOX64 names another file. */
function busybox64(): string {
  const given = process.env['TRAPGATE_BUSYBOX64'];
  if (given) return given;
  const folder = join(benchmarksFolder(), '.cache', 'busybox-amd64');
  const file = join(folder, 'bin', 'busybox');
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  execFileSync('apt-get', ['download', wanted], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  execFileSync('sh', ['-c', 'dpkg-deb -x busybox-static_*_amd64.deb .'], { cwd: folder });
  return file;
}

export interface RealCode {
  readonly bits: 32 | 64;
  readonly code: Uint8Array;
}

/** What a compiler made of busybox, for both kinds of code; the 64-bit one where apt has it. */
export function decoderCode(initramfs: string): RealCode[] {
  const codes: RealCode[] = [{ bits: 32, code: realCode(initramfs) }];
  try {
    codes.push({ bits: 64, code: executableBytes64(readFileSync(busybox64())) });
  } catch (error) {
    process.stderr.write(
      `no 64-bit code: apt-get download ${wanted} failed (${String(error).split('\n')[0]})\n`,
    );
  }
  return codes;
}

/** Passes over the same code, which tell how many instructions they met. */
export interface Passes {
  /** Decodes only. */
  decode(): number;
  /** Decodes, and reads mnemonic, length and every operand. */
  read(): number;
  /** Decodes, and makes a text of each instruction. */
  intel(): number;
  att(): number;
}

const processorSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Processor seconds for one instruction, after a warm-up. */
function cost(pass: () => number, least: number): number {
  const run = (limit: number) => {
    const start = processorSeconds();
    let instructions = 0;
    let elapsed = 0;
    while (elapsed < limit) {
      instructions += pass();
      elapsed = processorSeconds() - start;
    }
    return elapsed / instructions;
  };
  run(least / 2);
  return run(least);
}

/** Instructions a second: decode32, intel32 ... A formatter's time is what its pass takes beyond decoding. */
export function decoderRates(
  codes: readonly RealCode[],
  passes: (code: RealCode) => Passes,
): Record<string, number> {
  const rates: Record<string, number> = {};
  for (const code of codes) {
    const { decode, read, intel, att } = passes(code);
    const bare = cost(decode, 1);
    rates[`decode${code.bits}`] = 1 / cost(read, 1);
    rates[`intel${code.bits}`] = 1 / (cost(intel, 1) - bare);
    rates[`att${code.bits}`] = 1 / (cost(att, 1) - bare);
  }
  return rates;
}

/** Where the code is said to be, for branch targets. */
export const codeAddress = 0x40_0000;

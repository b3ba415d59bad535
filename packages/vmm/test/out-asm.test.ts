// `-d out_asm`: each translated region, as guest code, as operations, and as WebAssembly that an independent assembler takes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Machine } from '@trapgate/vmm';
import { assemble } from '@trapgate/x86-assembler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** A Multiboot guest that adds numbers in a loop, and then a loop that writes memory. */
const SOURCE = `
bits 32
org 0x100000
header: dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000), header, header, 0, 0, start
start:  mov ecx, 9000
        xor eax, eax
add_:   add eax, ecx
        dec ecx
        jnz add_
        mov ecx, 9000
store:  mov [0x180000 + ecx * 4], eax
        dec ecx
        jnz store
        cli
        hlt
`;

const folder = mkdtempSync(join(tmpdir(), 'trapgate-out-asm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wabt = ((): boolean => {
  try {
    return execFileSync('wat2wasm', ['--version']).length > 0;
  } catch {
    return false;
  }
})();

interface Region {
  readonly title: string;
  readonly guest: string[];
  readonly operations: string;
  readonly text: string;
}

function regionsOf(lines: readonly string[]): Region[] {
  const parts = lines.join('\n').split(/^(?=out_asm: region)/m);
  return parts
    .filter((part) => part.startsWith('out_asm: region'))
    .map((part) => {
      const [head, operations, text] = part.split(/^out_asm: (?:operations|WebAssembly)\n/m);
      const [title, ...guest] = head!.trimEnd().split('\n');
      return { title: title!, guest, operations: operations!, text: text! };
    });
}

let regions: Region[];
let lines: string[];

beforeAll(async () => {
  lines = [];
  const machine = Machine.create({
    memoryMiB: 2,
    icount: true,
    engine: 'wasm',
    log: { flags: ['out_asm'], write: (line) => lines.push(line) },
  });
  machine.load({ kind: 'auto', kernel: assemble(SOURCE).bytes });
  expect((await machine.run()).reason).toBe('halted');
  regions = regionsOf(lines);
});

describe('the log of translations', () => {
  test('has the guest code of each loop, with physical addresses', () => {
    const code = regions.map(({ guest }) => guest.map((line) => line.trim()));
    expect(code).toContainEqual([
      '00100027  add eax,ecx',
      '00100029  dec ecx',
      '0010002a  jne short 00100027h',
      ...code.find(([first]) => first === '00100027  add eax,ecx')!.slice(3),
    ]);
    expect(code.some((region) => region.includes('00100031  mov [ecx*4+180000h],eax'))).toBe(true);
  });

  test('has each region once, with as many instructions as its title says', () => {
    expect(new Set(regions.map(({ title }) => title)).size).toBe(regions.length);
    for (const { title, guest } of regions) {
      expect(title).toMatch(/^out_asm: region at physical [0-9a-f]{8}, \d+ instructions$/);
      expect(Number(/(\d+) instructions/.exec(title)![1])).toBe(guest.length);
    }
  });

  test('has the operations of the loop, typed, and the same in the text format', () => {
    const { operations, text } = regions.find(({ guest }) => guest[0]!.includes('add eax,ecx'))!;
    expect(operations).toMatch(/^ {2}func r_100_27\(\$0: i32, \$1: i32, \$2: i32, \$3: i64\) -> i32, i64$/m);
    expect(operations).toMatch(/: i32 = i32\.add \$\d+, \$5$/m);
    expect(operations).toMatch(/loop @loop\d+/);
    expect(text).toMatch(/\(i32\.add \(local\.get \d+\) \(local\.get 5\)\)/);
  });

  // CI has wabt; elsewhere the test is skipped where it is not installed.
  test.skipIf(!wabt && !process.env['CI'])('is text that wat2wasm makes a valid module of', () => {
    for (const [n, { text }] of regions.entries()) {
      const called = new Set([...text.matchAll(/\(call \$(\w+)/g)].map(([, name]) => name!));
      const types: Record<string, string> = {
        store4: '(param i32 i32 i32) (result i32)',
        materialize: '',
        callCold: '(param i32 i32 i32 i32 i32) (result i32)',
      };
      const imports = [...called].map((name) => {
        expect(types, `the signature of ${name}`).toHaveProperty(name);
        return `(import "env" "${name}" (func $${name} ${types[name]}))`;
      });
      const module = `(module ${imports.join(' ')} (import "env" "memory" (memory 1)) (table 1 funcref)\n${text})`;
      const file = join(folder, `region-${n}.wat`);
      writeFileSync(file, module);
      execFileSync('wat2wasm', ['--enable-tail-call', file, '-o', `${file}.wasm`], { stdio: 'pipe' });
      expect(WebAssembly.validate(readFileSync(`${file}.wasm`))).toBe(true);
    }
  });
});

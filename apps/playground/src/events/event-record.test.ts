import { VirtualMachine } from '@trapgate/vmm';
import { assemble } from '@trapgate/x86-assembler';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { recordJson, timelineCsv } from './event-export';
import { countedRows, KINDS, rowsSince, sumsOf } from './event-kinds';
import { EventRecord } from './event-record';

/** 1,000 times INT 30h and a write to a port, a #UD, and a loop that becomes hot; then all over again. */
const GUEST = `
        bits 32
        org 0x100000
header: dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000)
        dd header, header, 0, 0, start
%macro gate 2
        mov eax, %2
        mov [idt + %1 * 8], ax
        mov word [idt + %1 * 8 + 2], 0x10
        mov word [idt + %1 * 8 + 4], 0x8E00
        shr eax, 16
        mov [idt + %1 * 8 + 6], ax
%endmacro
start:  mov esp, 0x90000
        lidt [idtr]
        gate 6, undefined
        gate 0x30, call
again:  mov ecx, 1000
calls:  int 0x30
        out 0x80, al
        dec ecx
        jnz calls
        ud2
        mov ecx, 100000
hot:    dec ecx
        jnz hot
        jmp again
call:   iretd
undefined: add dword [esp], 2
        iretd
idtr:   dw 0x31 * 8 - 1
        dd idt
        align 8
idt:    times 0x31 dq 0
`;

describe('the record of events', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('counts each kind, in totals and by samples, anew if asked to, and exports both', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { bytes, symbols } = assemble(GUEST);
    await using machine = await VirtualMachine.create({
      memoryMiB: 2,
      kernel: bytes,
      icount: { sleep: false },
    });
    const record = new EventRecord();
    record.watch(machine);
    await record.sample();
    await machine.breakpoints.add(symbols.get('again')!);
    await machine.run();
    await machine.breakpoints.clear();
    const round = 1 + 5 * 1000 + 2 + 1 + 2 * 100000 + 1;
    await machine.step(round);
    await record.sample();
    const total = (what: string) => record.totals.find((row) => row.what === what)?.count;
    expect(record.sumOfKinds).toMatchObject({ interrupts: 0, 'system calls': 1000, 'port I/O': 1000 });
    expect(record.sumOfKinds.exceptions).toBe(1);
    expect(record.sumOfKinds.translations).toBeGreaterThan(0);
    expect([total('INT 30h'), total('#UD (vector 6)')]).toEqual([1000, 1]);
    expect(record.samples.at(-1)!.counts).toEqual(record.sumOfKinds);

    record.clear();
    expect(record.sumOfKinds).toEqual(sumsOf([]));
    expect(record.totals).toEqual([]);
    await machine.step(round);
    await record.sample();
    expect(record.sumOfKinds).toMatchObject({ exceptions: 1, 'system calls': 1000, 'port I/O': 1000 });

    const [head, ...lines] = timelineCsv(record).trimEnd().split('\r\n');
    expect(head).toBe(`second,${KINDS.join(',')}`);
    expect(lines).toHaveLength(record.samples.length);
    expect(lines.at(-1)!.split(',').slice(1).map(Number)).toEqual(
      KINDS.map((kind) => record.samples.at(-1)!.counts[kind]),
    );
    expect(JSON.parse(recordJson(record))).toEqual({ totals: record.totals, samples: record.samples });

    await machine.reset();
    await machine.step(100);
    await record.sample();
    expect(total('INT 30h')).toBeLessThan(1000);
    record.watch(machine);
  });

  it('names what a machine counts', () => {
    const counted = {
      instructions: 1,
      guestNanoseconds: 1,
      runningMilliseconds: 1,
      idleMilliseconds: 0,
      mmioReads: 0,
      mmioWrites: 0,
      interrupts: [{ vector: 0x20, count: 3 }],
      ports: [{ port: 0x3f8, device: 'COM1', reads: 1, writes: 2 }],
      systemCalls: [
        { kind: 'int', vector: 0x80, count: 5 },
        { kind: 'sysenter', count: 7 },
      ],
    } as const;
    const rows = countedRows(counted);
    expect(rows.map(({ kind, what, count }) => [kind, what, count])).toEqual([
      ['interrupts', 'vector 20h', 3],
      ['system calls', 'INT 80h', 5],
      ['system calls', 'SYSENTER', 7],
      ['port I/O', 'port 3F8h (COM1)', 3],
    ]);
    expect(sumsOf(rowsSince(rows, rows.slice(0, 2)))).toMatchObject({ interrupts: 0, 'system calls': 7 });
    // After a reset counts are smaller than before.
    expect(rowsSince([{ ...rows[0]!, count: 2 }], rows)[0]!.count).toBe(2);
  });
});

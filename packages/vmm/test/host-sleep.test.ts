import { VirtualMachine } from '@trapgate/vmm';
import { expect, it } from 'vitest';
import { buildKernel } from '../../../guests/build';
import { guest } from './small-guests';

/** For each byte received: hours, minutes and seconds of the real-time clock in BCD, and the high half of the TSC. */
const CLOCK = `
next:   mov dx, 0x3FD
        in al, dx
        test al, 1
        jz next
        mov dx, 0x3F8
        in al, dx
update: mov al, 0x0A                    ; not while it is updating
        out 0x70, al
        in al, 0x71
        test al, 0x80
        jnz update
        mov bl, 4
        call field
        mov bl, 2
        call field
        mov bl, 0
        call field
        rdtsc
        mov ecx, edx
        mov al, cl
        call send
        mov al, ch
        call send
        jmp next
field:  mov al, bl
        out 0x70, al
        in al, 0x71
send:   mov ah, al
        mov dx, 0x3FD
busy:   in al, dx
        test al, 0x20
        jz busy
        mov al, ah
        mov dx, 0x3F8
        out dx, al
        ret
`;

/** A host whose clocks can be set on, as they are when it has slept. */
function sleepyHost() {
  let slept = 0;
  return {
    now: () => performance.now() + slept,
    date: () => Date.now() + slept,
    sleep: (milliseconds: number) => void (slept += milliseconds),
  };
}

const HOUR = 3_600_000;

it('the clocks of a guest are right when its host has slept', async () => {
  const hostClock = sleepyHost();
  await using machine = await VirtualMachine.create({ memoryMiB: 2, kernel: guest(CLOCK), hostClock });
  let received: number[] = [];
  machine.on('serial', ({ bytes }) => received.push(...bytes));
  void machine.run();
  const read = async (): Promise<{ seconds: number; tsc: number }> => {
    received = [];
    await machine.sendSerial('x');
    await expect.poll(() => received.length).toBe(5);
    const [hours, minutes, seconds] = received.slice(0, 3).map((bcd) => (bcd >> 4) * 10 + (bcd & 15));
    const tsc = (received[3]! + received[4]! * 256) * 2 ** 32;
    return { seconds: hours! * 3600 + minutes! * 60 + seconds!, tsc };
  };
  const inDay = (): number => Math.floor(hostClock.date() / 1000) % 86_400;
  const apart = (a: number, b: number): number => Math.min(Math.abs(a - b), 86_400 - Math.abs(a - b));
  const before = await read();
  expect(apart(before.seconds, inDay())).toBeLessThan(2);
  hostClock.sleep(5 * HOUR);
  const after = await read();
  expect(apart(after.seconds, inDay())).toBeLessThan(2);
  expect(apart(after.seconds, before.seconds)).toBeGreaterThan(4 * 3600);
  // 1 GHz: 2^32 of them are 4.3 s.
  expect(Math.abs((after.tsc - before.tsc) / 1e9 - 5 * 3600)).toBeLessThan(10);
});

it('a guest goes on at once when its host has slept, and is not flooded with the interrupts that it missed', async () => {
  const hostClock = sleepyHost();
  const { image } = buildKernel();
  await using machine = await VirtualMachine.create({ memoryMiB: 8, kernel: image, hostClock });
  let text = '';
  machine.on('serial', ({ bytes }) => (text += new TextDecoder().decode(bytes)));
  void machine.run();
  await expect.poll(() => text, { timeout: 10_000 }).toContain('trapgate> ');
  const ticks = async (): Promise<number> =>
    (await machine.stats()).interrupts.find(({ vector }) => vector === 0x20)?.count ?? 0;
  const before = await ticks();
  hostClock.sleep(HOUR);
  text = '';
  await machine.sendSerial('echo good morning\r');
  const start = performance.now();
  await expect.poll(() => text, { timeout: 10_000 }).toContain('\ngood morning');
  const seconds = (performance.now() - start) / 1000;
  expect((await ticks()) - before).toBeLessThan(100 + 200 * seconds);
});

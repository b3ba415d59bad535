import { describe, expect, test } from 'vitest';
import { make } from './test-machines';

const ECHO = `
again:  mov dx, 0x3FD
wait_:  in al, dx
        test al, 1
        jz wait_
        mov dx, 0x3F8
        in al, dx
        out dx, al
        jmp again`;

describe('consoles', () => {
  test('what is written comes back, in any amount, in order', async () => {
    await using machine = await make(ECHO);
    const { readable, writable } = machine.serial;
    expect(machine.serial.readable).toBe(readable);
    const run = machine.run();
    const text = Array.from({ length: 3000 }, (_, n) => `line ${n}\n`).join('');
    const writer = writable.getWriter();
    const written = (async () => {
      for (let at = 0; at < text.length; at += 5000) await writer.write(text.slice(at, at + 5000));
    })();
    const reader = readable.getReader();
    let echo = '';
    while (echo.length < text.length) echo += new TextDecoder().decode((await reader.read()).value);
    await written;
    expect(echo === text).toBe(true);
    await machine.dispose();
    expect(await run).toEqual({ reason: 'stopped' });
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    await expect(writer.write('x')).rejects.toMatchObject({ code: 'ERR_DISPOSED' });
  });

  test('a guest whose reader does not read waits, and goes on when it does', async () => {
    const flood = 'mov al, 65\nmov dx, 0x3F8\nagain: out dx, al\njmp again';
    await using machine = await make(flood);
    const reader = machine.serial.readable.getReader();
    void machine.run();
    const written = async (): Promise<number> =>
      (await machine.stats()).ports.find(({ port }) => port === 0x3f8)?.writes ?? 0;
    const settled = async (): Promise<number> => {
      for (let before = -1; ;) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const now = await written();
        if (now === before) return now;
        before = now;
      }
    };
    const first = await settled();
    expect(first).toBeGreaterThan(2 ** 18 - 1);
    expect(first).toBeLessThan(2 ** 21);
    let taken = 0;
    while (taken < first) taken += (await reader.read()).value!.length;
    expect(taken).toBe(first);
    expect(await settled()).toBeGreaterThan(first);
    await reader.cancel(); // nobody wants it any more: the guest runs on
    const now = await written();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await written()).toBeGreaterThan(now);
  });
});

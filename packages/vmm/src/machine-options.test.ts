import { expect, test } from 'vitest';
import { MachineError } from './errors';
import { checkOptions, type MachineOptions } from './machine-options';

test.each<[MachineOptions, string, string]>([
  [{ memoryMiB: 0 }, 'ERR_MEMORY_SIZE', '1 to 3072 MiB of memory, not 0'],
  [{ memoryMiB: 3073 }, 'ERR_MEMORY_SIZE', 'not 3073'],
  [{ memoryMiB: 1.5 }, 'ERR_MEMORY_SIZE', 'not 1.5'],
  [{ memoryMiB: NaN }, 'ERR_MEMORY_SIZE', 'not NaN'],
  [{ icount: { nanosecondsPerInstruction: 0 } }, 'ERR_ICOUNT', 'not 0'],
  [{ icount: { nanosecondsPerInstruction: -1 } }, 'ERR_ICOUNT', 'not -1'],
  [{ debugExit: { iobase: 0xffff, iosize: 4 } }, 'ERR_DEBUG_EXIT', '4 at 65535'],
  [{ engine: 'jit' as 'interp' }, 'ERR_ENGINE', "'jit'"],
])('%j is refused with %s', (options, code, words) => {
  const check = (): unknown => checkOptions(options);
  expect(check).toThrow(MachineError);
  expect(check).toThrow(words);
  expect(check).toThrow(expect.objectContaining({ code }));
});

test('defaults', () => {
  expect(checkOptions({})).toEqual({ ramBytes: 128 * 2 ** 20, instructionTime: null });
  expect(checkOptions({ icount: true }).instructionTime).toEqual({
    nanosecondsPerInstruction: 10,
    sleep: true,
  });
});

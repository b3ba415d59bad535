import { expect, test } from 'vitest';
import { exceptionLine, machineReport } from './report';

const at = { cs: 0x60, eip: 0xc1000000, cr2: 0x10 };

test.each([
  [{ ...at, vector: 14, error: 2 }, '#PF(0002) at 0060:c1000000, linear address 00000010'],
  [{ ...at, vector: 13, error: 0 }, '#GP(0000) at 0060:c1000000'],
  [{ ...at, vector: 6, error: -1 }, '#UD at 0060:c1000000'],
  [{ ...at, vector: 32, error: -1 }, 'vector 32 at 0060:c1000000'],
])('%j', (exception, line) => expect(exceptionLine(exception)).toBe(line));

test('the report ends with the exceptions', () => {
  expect(machineReport('eax=00000000\n', [{ ...at, vector: 6, error: -1 }])).toBe(
    'eax=00000000\nlast exceptions, oldest first:\n  #UD at 0060:c1000000',
  );
  expect(machineReport('eax=00000000', [])).toBe('eax=00000000\nno exceptions so far');
});

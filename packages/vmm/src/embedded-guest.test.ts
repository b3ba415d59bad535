import { expect, test } from 'vitest';
import { decodeBase64, embeddedGuest } from './embedded-guest';
import { MachineError } from './errors';

test.each([0, 1, 2, 3, 4, 255, 256, 257])('base64 of %i bytes', (length) => {
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 89) & 0xff);
  expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toEqual(bytes);
});

test('from sources there is no guest, and the error says why', () => {
  expect(embeddedGuest).toThrow(MachineError);
  expect(embeddedGuest).toThrow('build');
});

import { MachineError } from './errors';
import { guestImageBase64 } from './guest-image';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Bytes from base64 (RFC 4648 section 4); no host offers this everywhere. */
export function decodeBase64(text: string): Uint8Array {
  const value = new Map(Array.from(ALPHABET, (character, index) => [character, index]));
  const digits = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((digits.length * 6) / 8));
  let bits = 0;
  let pending = 0;
  let at = 0;
  for (const digit of digits) {
    pending = (pending << 6) | value.get(digit)!;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (pending >> bits) & 0xff;
    pending &= (1 << bits) - 1;
  }
  return bytes;
}

/**
 * The Multiboot image of the guest that ships inside this package: a small kernel with a shell on the serial port.
 * Its command line `demo` makes it run its demonstration and power off.
 * Throws `MachineError` (`ERR_NO_EMBEDDED_GUEST`) when run from sources: the build puts the image in.
 */
export function embeddedGuest(): Uint8Array {
  if (guestImageBase64 === '') {
    throw new MachineError(
      'ERR_NO_EMBEDDED_GUEST',
      'the embedded guest is put in by the build; build this package first',
    );
  }
  return decodeBase64(guestImageBase64);
}

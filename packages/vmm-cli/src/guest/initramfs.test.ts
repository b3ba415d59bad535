import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { appletNames, createInitramfs, DEFAULT_INIT } from './initramfs';

const BUSYBOX = Buffer.from('\x7fELF..\0[\0[[\0ash\0busybox\0cat\0sh\0\0after\0', 'latin1');

const unpacked = (image: Uint8Array): string => gunzipSync(image).toString('latin1');

describe('the initramfs', () => {
  it.each([
    ['the whole table', BUSYBOX, ['[', '[[', 'ash', 'busybox', 'cat', 'sh']],
    ['up to a name out of order', Buffer.from('\0[\0[[\0cat\0ash\0'), ['[', '[[', 'cat']],
    ['up to the end of the file', Buffer.from('\0[\0[[\0cat\0da'), ['[', '[[', 'cat']],
    ['without a table', Buffer.from('no table'), ['sh']],
  ])('finds the applets of busybox: %s', (_, bytes, names) => {
    expect(appletNames(bytes)).toEqual(names);
  });

  it('holds busybox once, a link for each applet, and the init script', () => {
    const text = unpacked(createInitramfs({ busybox: BUSYBOX }));
    expect(text.split('\x7fELF')).toHaveLength(2);
    for (const name of ['bin/[[', 'bin/ash', 'bin/cat', 'bin/sh', 'dev/console', 'dev/ttyS0']) {
      expect(text).toContain(`${name}\0`);
    }
    expect(text).toContain(DEFAULT_INIT);
  });

  it('takes another init script', () => {
    const text = unpacked(createInitramfs({ busybox: BUSYBOX, init: '#!/bin/sh\necho mine\n' }));
    expect(text).toContain('echo mine');
    expect(text).not.toContain('Debian is up');
  });

  it('is the same for the same input', () => {
    expect(createInitramfs({ busybox: BUSYBOX })).toEqual(createInitramfs({ busybox: BUSYBOX }));
  });
});

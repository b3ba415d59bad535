import { beforeEach, describe, expect, it } from 'vitest';
import { PagingMachine } from './testing/paging-machine';

const machine = new PagingMachine();
beforeEach(() => machine.reset());

/** 32-bit paging: directory at 1000h, its entry 1 at 1004h; a table at 2000h, its entry 3 at 200Ch. */
const LINEAR = 0x0040_3123;
const PDE = 0x1004;
const PTE = 0x200c;
/** PAE paging: directory at 3000h, its entry 2 at 3010h; a table at 2000h, its entry 3 at 2018h. */
const PAE_PDE = 0x3010;
const PAE_PTE = 0x2018;

describe('without paging', () => {
  it.each([
    ['an address is its own translation', 0x0012_3456, -1, '123456 wx'],
    ['up to 4 GB', 0xffff_fff0, -1, 'fffffff0 wx'],
    ['A20 masked: bit 20 is clear', 0x0012_3456, ~0x10_0000, '23456 wx'],
    ['A20 masked: other bits are kept', 0xffff_fff0, ~0x10_0000, 'ffeffff0 wx'],
  ])('%s', (_title, linear, mask, result) => {
    machine.set('a20Mask', mask);
    expect(['r', 'uw', 'f'].map((access) => machine.walk(linear, access))).toEqual([result, result, result]);
  });
});

// Error codes: 1 = P, 2 = W/R, 4 = U/S, 8 = RSVD, 10h = I/D.
describe('32-bit paging (4.3)', () => {
  it.each([
    ['4 KB page', '', '2000 PW', '5000 PWD', 'r', '5123 wx'],
    ['a page is not writable in the TLB before it is dirty', '', '2000 PW', '5000 PW', 'r', '5123 x'],
    ['a write makes it dirty', '', '2000 PW', '5000 PW', 'w', '5123 wx'],
    ['directory entry not present, read', '', '2000 W', '5000 PW', 'r', '#PF 0'],
    ['directory entry not present, write', '', '2000 W', '5000 PW', 'w', '#PF 2'],
    ['directory entry not present, user write', '', '2000 WU', '5000 PWU', 'uw', '#PF 6'],
    ['table entry not present, read', '', '2000 PW', '5000 W', 'r', '#PF 0'],
    ['table entry not present, user read', '', '2000 PWU', '5000 WU', 'ur', '#PF 4'],
    ['fetch: I/D is not shown without NXE or SMEP', '', '2000 PW', '5000 W', 'f', '#PF 0'],
    ['fetch: NXE without PAE does not show I/D', 'NXE', '2000 PW', '5000 W', 'f', '#PF 0'],
    ['fetch: SMEP shows I/D', 'SMEP', '2000 PW', '5000 W', 'f', '#PF 10'],
    ['user page, user read', '', '2000 PU', '5000 PU', 'ur', '5123 x'],
    ['supervisor table entry, user read', '', '2000 PWU', '5000 PW', 'ur', '#PF 5'],
    ['supervisor directory entry, user read', '', '2000 PW', '5000 PWU', 'ur', '#PF 5'],
    ['supervisor page, user write', '', '2000 PW', '5000 PW', 'uw', '#PF 7'],
    ['read-only table entry, user write', '', '2000 PWU', '5000 PU', 'uw', '#PF 7'],
    ['read-only directory entry, user write', '', '2000 PU', '5000 PWU', 'uw', '#PF 7'],
    ['read-only page, supervisor write, WP clear', '', '2000 P', '5000 P', 'w', '5123 wx'],
    ['read-only user page, supervisor write, WP clear', '', '2000 PU', '5000 PU', 'w', '5123 wx'],
    ['read-only page, supervisor write, WP set', 'WP', '2000 PW', '5000 P', 'w', '#PF 3'],
    ['read-only directory entry, supervisor write, WP set', 'WP', '2000 P', '5000 PW', 'w', '#PF 3'],
    ['read-only dirty page, supervisor read, WP set', 'WP', '2000 PW', '5000 PD', 'r', '5123 x'],
    ['read-only dirty page, supervisor read, WP clear', '', '2000 PW', '5000 PD', 'r', '5123 wx'],
    ['read-only dirty page, user read, WP clear', '', '2000 PWU', '5000 PUD', 'ur', '5123 x'],
    ['SMEP: supervisor fetch from a user page', 'SMEP', '2000 PWU', '5000 PWU', 'f', '#PF 11'],
    ['SMEP: supervisor fetch, a supervisor level above', 'SMEP', '2000 PW', '5000 PWU', 'f', '5123 x'],
    ['SMEP: user fetch', 'SMEP', '2000 PWU', '5000 PWU', 'uf', '5123 x'],
    ['SMEP: supervisor read of a user page', 'SMEP', '2000 PWU', '5000 PWU', 'r', '5123'],
    ['SMEP: user fetch from a supervisor page', 'SMEP', '2000 PW', '5000 PW', 'uf', '#PF 15'],
    ['bit 7 is ignored without PSE', '', '2000 PWS', '5000 PW', 'r', '5123 x'],
    ['bit 7 of a table entry is PAT', 'PSE', '2000 PW', '5000 PWS', 'r', '5123 x'],
    ['a page outside RAM', '', '2000 PW', 'fee00000 PWD', 'r', 'fee00123 wx'],
    ['a table outside RAM reads as not present', '', 'fee00000 PW', '5000 PW', 'r', '#PF 0'],
  ])('%s', (_title, options, pde, pte, access, result) => {
    machine.enable(options);
    machine.put(PDE, 4, pde);
    machine.put(PTE, 4, pte);
    expect(machine.walk(LINEAR, access)).toBe(result);
  });

  it.each([
    ['4 MB page', 'PSE', '400000 PWSD', 'r', '403123 wxL'],
    ['clean', 'PSE', '400000 PWS', 'r', '403123 xL'],
    ['write', 'PSE', '400000 PWS', 'w', '403123 wxL'],
    ['bit 12 is PAT', 'PSE', '401000 PWSD', 'r', '403123 wxL'],
    ['not present: reserved bits do not matter', 'PSE', '600000 WS', 'w', '#PF 2'],
    ['bit 21 is reserved', 'PSE', '600000 PWS', 'r', '#PF 9'],
    ['bit 21 is reserved, user write', 'PSE', '600000 PWUS', 'uw', '#PF f'],
    ['PSE-36: bit 13 is physical bit 32', 'PSE', '402000 PWSD', 'r', '100403123 wxL'],
    ['PSE-36: bit 16 is physical bit 35', 'PSE', '410000 PWSD', 'r', '800403123 wxL'],
    ['36 physical bits: bit 17 is reserved', 'PSE', '420000 PWSD', 'r', '#PF 9'],
    ['36 physical bits: bit 20 is reserved', 'PSE', '500000 PWSD', 'r', '#PF 9'],
    ['user write to a read-only page', 'PSE', '400000 PUS', 'uw', '#PF 7'],
    ['user read of a supervisor page', 'PSE', '400000 PWS', 'ur', '#PF 5'],
    ['supervisor write with WP', 'PSE WP', '400000 PUS', 'w', '#PF 3'],
    ['SMEP', 'PSE SMEP', '400000 PWUS', 'f', '#PF 11'],
  ])('4 MB pages: %s', (_title, options, pde, access, result) => {
    machine.enable(options);
    machine.put(PDE, 4, pde);
    expect(machine.walk(LINEAR, access)).toBe(result);
  });
});

describe('PAE paging (4.4)', () => {
  it.each([
    ['4 KB page', 'PAE', '2000 PW', '5000 PWD', 'r', '5123 wx'],
    ['above 4 GB', 'PAE', '2000 PW', 'f00005000 PWD', 'r', 'f00005123 wx'],
    ['directory entry not present', 'PAE', '2000 W', '5000 PW', 'w', '#PF 2'],
    ['table entry not present', 'PAE', '2000 PW', '5000 W', 'w', '#PF 2'],
    ['fetch: I/D is not shown without NXE', 'PAE', '2000 PW', '5000 W', 'f', '#PF 0'],
    ['fetch: NXE shows I/D', 'PAE NXE', '2000 PW', '5000 W', 'f', '#PF 10'],
    ['user fetch', 'PAE NXE', '2000 PWU', '5000 W', 'uf', '#PF 14'],
    ['supervisor table entry, user read', 'PAE', '2000 PWU', '5000 PW', 'ur', '#PF 5'],
    ['supervisor directory entry, user write', 'PAE', '2000 PW', '5000 PWU', 'uw', '#PF 7'],
    ['read-only, user write', 'PAE', '2000 PU', '5000 PWU', 'uw', '#PF 7'],
    ['read-only, supervisor write, WP clear', 'PAE', '2000 P', '5000 P', 'w', '5123 wx'],
    ['read-only, supervisor write, WP set', 'PAE WP', '2000 PW', '5000 P', 'w', '#PF 3'],
    ['no-execute table entry, fetch', 'PAE NXE', '2000 PW', '5000 PWX', 'f', '#PF 11'],
    ['no-execute directory entry, fetch', 'PAE NXE', '2000 PWX', '5000 PW', 'f', '#PF 11'],
    ['no-execute, user fetch', 'PAE NXE', '2000 PWU', '5000 PWUX', 'uf', '#PF 15'],
    ['no-execute, read', 'PAE NXE', '2000 PW', '5000 PWDX', 'r', '5123 w'],
    ['bit 63 is reserved without NXE', 'PAE', '2000 PW', '5000 PWX', 'r', '#PF 9'],
    ['bit 63 of the directory entry is reserved without NXE', 'PAE', '2000 PWX', '5000 PW', 'w', '#PF b'],
    ['bit 36 is reserved', 'PAE', '2000 PW', '1000005000 PW', 'r', '#PF 9'],
    ['bit 62 is reserved', 'PAE', '2000 PW', '4000000000005000 PW', 'r', '#PF 9'],
    ['bit 36 of the directory entry is reserved', 'PAE', '1000002000 PWU', '5000 PWU', 'ur', '#PF d'],
    ['reserved bit, fetch with NXE', 'PAE NXE', '2000 PW', '1000005000 PW', 'f', '#PF 19'],
    ['reserved before protection', 'PAE', '2000 P', '1000005000 P', 'uw', '#PF f'],
    ['not present before reserved', 'PAE', '2000 PW', '1000005000 W', 'r', '#PF 0'],
    ['a table above 4 GB reads as not present', 'PAE', '100002000 PW', '5000 PW', 'r', '#PF 0'],
    ['SMEP', 'PAE SMEP', '2000 PWU', '5000 PWU', 'f', '#PF 11'],
  ])('%s', (_title, options, pde, pte, access, result) => {
    machine.enable(options);
    machine.set('pdpte', 0x3001);
    machine.put(PAE_PDE, 8, pde);
    machine.put(PAE_PTE, 8, pte);
    expect(machine.walk(LINEAR, access)).toBe(result);
  });

  it.each([
    ['2 MB page', 'PAE', '600000 PWSD', 'r', '603123 wxL'],
    ['CR4.PSE does not matter', 'PAE PSE', '600000 PWSD', 'r', '603123 wxL'],
    ['above 4 GB', 'PAE', 'f00600000 PWSD', 'r', 'f00603123 wxL'],
    ['bit 12 is PAT', 'PAE', '601000 PWSD', 'r', '603123 wxL'],
    ['bit 13 is reserved', 'PAE', '602000 PWSD', 'r', '#PF 9'],
    ['bit 20 is reserved', 'PAE', '700000 PWSD', 'w', '#PF b'],
    ['bit 36 is reserved', 'PAE', '1000600000 PWSD', 'r', '#PF 9'],
    ['not present', 'PAE', '602000 WSD', 'r', '#PF 0'],
    ['no-execute', 'PAE NXE', '600000 PWSX', 'f', '#PF 11'],
    ['bit 63 is reserved without NXE', 'PAE', '600000 PWSX', 'r', '#PF 9'],
    ['user write to a read-only page', 'PAE', '600000 PUS', 'uw', '#PF 7'],
  ])('2 MB pages: %s', (_title, options, pde, access, result) => {
    machine.enable(options);
    machine.set('pdpte', 0x3001);
    machine.put(PAE_PDE, 8, pde);
    expect(machine.walk(LINEAR, access)).toBe(result);
  });

  it.each([
    [0, 0x0040_3123, '5123 x'],
    [1, 0x4040_3123, '5123 x'],
    [2, 0x8040_3123, '5123 x'],
    [3, 0xc040_3123, '5123 x'],
  ])(
    'page-directory-pointer entry %i maps its gigabyte, and none other is used',
    (element, linear, result) => {
      machine.enable('PAE');
      machine.set('pdpte', 0x3001, element);
      machine.put(PAE_PDE, 8, '2000 PW');
      machine.put(PAE_PTE, 8, '5000 PW');
      expect(machine.walk(linear, 'r')).toBe(result);
      expect(machine.walk((linear + 0x4000_0000) >>> 0, 'uw')).toBe('#PF 6');
    },
  );

  it('a directory above 4 GB reads as not present', () => {
    machine.enable('PAE');
    machine.set('pdpte', 0x1_0000_3001n);
    machine.put(PAE_PDE, 8, '2000 PW');
    expect(machine.walk(LINEAR, 'r')).toBe('#PF 0');
  });
});

describe('accessed and dirty bits (4.8)', () => {
  it.each([
    ['read: accessed at both levels', '', '2000 PWU', '5000 PWU', 'ur', 'A', 'A'],
    ['fetch: accessed', '', '2000 PWU', '5000 PWU', 'uf', 'A', 'A'],
    ['write: the leaf is dirty, too', '', '2000 PWU', '5000 PWU', 'uw', 'A', 'AD'],
    ['write through a read-only entry without WP', '', '2000 P', '5000 P', 'w', 'A', 'AD'],
    ['read of a dirty page', '', '2000 PW', '5000 PWD', 'r', 'A', 'AD'],
    ['not present: nothing', '', '2000 PWU', '5000 WU', 'uw', '', ''],
    ['protection: nothing', '', '2000 PWU', '5000 PU', 'uw', '', ''],
    ['privilege: nothing', '', '2000 PWU', '5000 PW', 'ur', '', ''],
    ['4 MB page: read', 'PSE', '400000 PWS', '0', 'r', 'A', ''],
    ['4 MB page: write', 'PSE', '400000 PWS', '0', 'w', 'AD', ''],
  ])('%s', (_title, options, pde, pte, access, upper, leaf) => {
    machine.enable(options);
    machine.put(PDE, 4, pde);
    machine.put(PTE, 4, pte);
    machine.walk(LINEAR, access);
    expect([machine.marks(PDE), machine.marks(PTE)]).toEqual([upper, leaf]);
  });

  it.each([
    ['read', 'PAE', '2000 PW', '5000 PW', 'r', 'A', 'A'],
    ['write', 'PAE', '2000 PW', '5000 PW', 'w', 'A', 'AD'],
    ['no-execute', 'PAE NXE', '2000 PW', '5000 PWX', 'f', '', ''],
    ['reserved bit', 'PAE', '2000 PW', '1000005000 PW', 'w', '', ''],
    ['2 MB page: write', 'PAE', '600000 PWS', '0', 'w', 'AD', ''],
  ])('PAE: %s', (_title, options, pde, pte, access, upper, leaf) => {
    machine.enable(options);
    machine.set('pdpte', 0x3001);
    machine.put(PAE_PDE, 8, pde);
    machine.put(PAE_PTE, 8, pte);
    machine.walk(LINEAR, access);
    expect([machine.marks(PAE_PDE), machine.marks(PAE_PTE)]).toEqual([upper, leaf]);
  });

  it('nothing else in the entries changes', () => {
    machine.enable();
    machine.put(PDE, 4, '2e18 PWU');
    machine.put(PTE, 4, '5f98 PWU');
    machine.walk(LINEAR, 'uw');
    expect([machine.memory.read32(PDE), machine.memory.read32(PTE)]).toEqual([0x2e3f, 0x5fff]);
  });

  it('a directory that maps itself: the entry that serves at both levels becomes dirty', () => {
    machine.enable();
    machine.put(0x1ffc, 4, '1000 PW');
    expect(machine.walk(0xffff_f123, 'w')).toBe('1123 wx');
    expect(machine.marks(0x1ffc)).toBe('AD');
  });
});

describe('A20 masked, with paging', () => {
  it('clears bit 20 of the translation and of the addresses of the tables', () => {
    machine.enable();
    machine.set('a20Mask', ~0x10_0000);
    machine.set('cr3', 0x10_1000);
    machine.put(PDE, 4, '102000 PW');
    machine.put(PTE, 4, '305000 PW');
    expect(machine.walk(LINEAR, 'w')).toBe('205123 wx');
    expect([machine.marks(PDE), machine.marks(PTE)]).toEqual(['A', 'AD']);
  });

  it('PAE: likewise', () => {
    machine.enable('PAE');
    machine.set('a20Mask', ~0x10_0000);
    machine.set('pdpte', 0x10_3001);
    machine.put(PAE_PDE, 8, '102000 PW');
    machine.put(PAE_PTE, 8, 'f00305000 PW');
    expect(machine.walk(LINEAR, 'w')).toBe('f00205123 wx');
    expect([machine.marks(PAE_PDE), machine.marks(PAE_PTE)]).toEqual(['A', 'AD']);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { MEMORY_MAP, PROCESSOR_MAP } from './memory-map';
import { PagingMachine } from './testing/paging-machine';
import { tlbEntries } from './tlb-entries';

const machine = new PagingMachine();
const { memory } = machine;
const SIZES = [1, 2, 4, 8] as const;
const WIDE_SIZES = [2, 4, 8] as const;
const VALUE = 0x8877_6655_4433_2211n;
const cut = (bytes: number, value: bigint): bigint => BigInt.asUintN(8 * bytes, value);

/** Linear pages 403h and 404h, which the tests below map to physical pages 5 and 9. */
const LINEAR = 0x0040_3000;
const PAGE_0 = 0x5000;
const PAGE_1 = 0x9000;
const PTE_0 = 0x200c;
const PTE_1 = 0x2010;

function map(first: string, second = '9000 PWU', options = ''): void {
  machine.enable(options);
  machine.put(0x1004, 4, '2000 PWU');
  machine.put(PTE_0, 4, first);
  machine.put(PTE_1, 4, second);
}

beforeEach(() => machine.reset());

describe('TLB entries after a fill', () => {
  it.each([
    ['read of a clean page', '5000 PWU', '', false, 'r', 'rx'],
    ['read of a dirty page', '5000 PWUD', '', false, 'r', 'rwx'],
    ['write', '5000 PWU', '', false, 'w', 'rwx'],
    ['fetch', '5000 PWU', '', false, 'f', 'rx'],
    ['read-only dirty page, supervisor, WP set', '5000 PUD', 'WP', false, 'r', 'rx'],
    ['read-only dirty page, supervisor, WP clear', '5000 PUD', '', false, 'r', 'rwx'],
    ['read-only dirty page, user', '5000 PUD', '', true, 'r', 'rx'],
    ['writable dirty page, user', '5000 PWUD', '', true, 'r', 'rwx'],
    ['user page, supervisor with SMEP', '5000 PWUD', 'SMEP', false, 'r', 'rw'],
    ['a fault leaves none', '5000 PW', '', true, 'r', ''],
    ['memory-mapped device', 'fee00000 PWUD', '', false, 'w', ''],
    ['video window', 'a0000 PWUD', '', false, 'w', ''],
    ['RAM just below the video window', '9f000 PWUD', '', false, 'w', 'rwx'],
    ['RAM just above the video window', 'c0000 PWUD', '', false, 'w', 'rwx'],
    ['last page of RAM', '7ff000 PWUD', '', false, 'w', 'rwx'],
    ['page behind RAM', '800000 PWUD', '', false, 'w', ''],
  ])('%s', (_title, pte, options, user, access, tags) => {
    map(pte, '0', options);
    machine.context(user);
    machine.fill(LINEAR + 0x123, access);
    expect(machine.tags(LINEAR)).toBe(tags);
  });

  it('no-execute pages get no execute tag', () => {
    machine.enable('PAE NXE');
    machine.set('pdpte', 0x3001);
    machine.put(0x3010, 8, '2000 PW');
    machine.put(0x2018, 8, '5000 PWX');
    machine.fill(LINEAR, 'w');
    expect(machine.tags(LINEAR)).toBe('rw');
  });

  it('a page with decoded code never gets a write tag', () => {
    map('5000 PWUD');
    machine.markCode(PAGE_0 + 0xfc0);
    machine.fill(LINEAR, 'w');
    expect(machine.tags(LINEAR)).toBe('rx');
    machine.store(4, LINEAR, 1n);
    machine.add(4, LINEAR, 1n);
    expect(machine.tags(LINEAR)).toBe('rx');
  });

  it.each([
    ['4 KB', '5000 PWU', '', 0],
    ['4 MB', '400000 PWUS', 'PSE', 1],
  ])('%s pages: largePagesCached', (_title, entry, options, cached) => {
    map(entry, '0', options);
    if (options) machine.put(0x1004, 4, entry);
    machine.fill(LINEAR, 'r');
    expect(machine.get('largePagesCached')).toBe(cached);
  });

  it('belong to one privilege and one generation', () => {
    map('5000 PWU');
    machine.context(false, 1);
    machine.fill(LINEAR, 'w');
    const seen = [machine.tags(LINEAR)];
    machine.context(true, 1);
    seen.push(machine.tags(LINEAR));
    machine.context(false, 2);
    seen.push(machine.tags(LINEAR));
    expect(seen).toEqual(['rwx', '', '']);
  });

  it('a cached translation lasts until the generation changes', () => {
    map('5000 PWU');
    memory.write32(PAGE_0, 0x55);
    memory.write32(PAGE_1, 0x99);
    const seen = [machine.load(4, LINEAR)];
    machine.put(PTE_0, 4, '9000 PWU');
    seen.push(machine.load(4, LINEAR));
    machine.context(false, 2);
    seen.push(machine.load(4, LINEAR));
    expect(seen).toEqual([0x55n, 0x55n, 0x99n]);
  });

  it('a page that becomes writable needs no flush', () => {
    map('5000 PU', '0', 'WP');
    expect(machine.store(4, LINEAR, 1n)).toBe('#PF 3 at 403000');
    machine.load(4, LINEAR);
    machine.put(PTE_0, 4, '5000 PWU');
    expect(machine.store(4, LINEAR, 1n)).toBe('none');
  });

  it('the first write after reads sets the dirty bit', () => {
    map('5000 PWU');
    machine.load(4, LINEAR);
    const seen = [machine.marks(PTE_0)];
    machine.store(4, LINEAR, 1n);
    seen.push(machine.marks(PTE_0));
    expect(seen).toEqual(['A', 'AD']);
  });

  it('two pages that share an entry displace each other', () => {
    map('5000 PWU');
    machine.put(0x1008, 4, '6000 PWU');
    machine.put(0x600c, 4, '9000 PWU');
    memory.write32(PAGE_0, 0x55);
    memory.write32(PAGE_1, 0x99);
    const far = LINEAR + 0x40_0000;
    expect([LINEAR, far, LINEAR, far].map((linear) => machine.load(4, linear))).toEqual([
      0x55n,
      0x99n,
      0x55n,
      0x99n,
    ]);
  });
});

describe.each(SIZES)('%i-byte accesses to RAM within a page', (bytes) => {
  it.each([0, 0x123, 0x1000 - bytes])('at page offset %i: load, store, modify', (offset) => {
    map('5000 PWU');
    const seen: bigint[] = [];
    for (const value of [VALUE, 0x1122_3344_5566_7788n]) {
      expect(machine.store(bytes, LINEAR + offset, value)).toBe('none');
      expect(machine.add(bytes, LINEAR + offset, 1n)).toBe('none');
      seen.push(machine.load(bytes, LINEAR + offset));
    }
    expect(seen).toEqual([cut(bytes, VALUE + 1n), cut(bytes, 0x1122_3344_5566_7789n)]);
    expect(memory.readBytes(PAGE_0 + offset, bytes)[0]).toBe(0x89);
  });

  it.each([
    ['load', '5000 WU', '#PF 4 at 403008'],
    ['store', '5000 PU', '#PF 7 at 403008'],
    ['add', '5000 PU', '#PF 7 at 403008'],
  ] as const)('%s faults', (kind, pte, fault) => {
    map(pte);
    machine.context(true);
    const linear = LINEAR + 8;
    if (kind === 'load') expect([machine.load(bytes, linear), machine.takeFault()]).toEqual([0n, fault]);
    else expect(machine[kind](bytes, linear, 1n)).toBe(fault);
    expect(memory.read32(PAGE_0 + 8)).toBe(0);
  });
});

describe.each(WIDE_SIZES)('%i-byte accesses that cross a page', (bytes) => {
  const splits = Array.from({ length: bytes - 1 }, (_, n) => n + 1);
  /** The bytes of both pages around the boundary. */
  const both = (first: number): bigint => {
    const parts = [
      ...memory.readBytes(PAGE_0 + 0x1000 - first, first),
      ...memory.readBytes(PAGE_1, bytes - first),
    ];
    return parts.reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n);
  };

  it.each(splits)('%i bytes in the first page: store, modify, load', (first) => {
    map('5000 PWU');
    const linear = LINEAR + 0x1000 - first;
    expect(machine.store(bytes, linear, VALUE)).toBe('none');
    expect(both(first)).toBe(cut(bytes, VALUE));
    expect(machine.add(bytes, linear, 0x0101_0101_0101_0101n)).toBe('none');
    expect(both(first)).toBe(cut(bytes, VALUE + 0x0101_0101_0101_0101n));
    expect(machine.load(bytes, linear)).toBe(both(first));
    expect([PTE_0, PTE_1].map((pte) => machine.marks(pte))).toEqual(['AD', 'AD']);
  });

  it.each([
    ['first page', '5000 PU', '9000 PWU', `#PF 7 at ${(LINEAR + 0xfff).toString(16)}`],
    ['second page', '5000 PWU', '9000 PU', '#PF 7 at 404000'],
    ['second page, not present', '5000 PWU', '9000 WU', '#PF 6 at 404000'],
    ['both', '5000 PU', '9000 PU', `#PF 7 at ${(LINEAR + 0xfff).toString(16)}`],
  ])('a fault on the %s leaves memory as it was', (_title, first, second, fault) => {
    map(first, second);
    machine.context(true);
    memory.write8(PAGE_0 + 0xfff, 0xaa);
    memory.write8(PAGE_1, 0xbb);
    const linear = LINEAR + 0xfff;
    expect([machine.store(bytes, linear, 0n), machine.add(bytes, linear, 1n)]).toEqual([fault, fault]);
    expect([memory.read8(PAGE_0 + 0xfff), memory.read8(PAGE_1)]).toEqual([0xaa, 0xbb]);
  });

  it('a load that faults on the second page gives its first address', () => {
    map('5000 PWU', '9000 PW');
    machine.context(true);
    expect([machine.load(bytes, LINEAR + 0xfff), machine.takeFault()]).toEqual([0n, '#PF 5 at 404000']);
  });

  it('a page at the end of the linear address space goes on at 0', () => {
    map('5000 PWU');
    machine.put(0x1000, 4, '2000 PWU');
    machine.put(0x1ffc, 4, '3000 PWU');
    machine.put(0x3ffc, 4, '5000 PWU');
    machine.put(0x2000, 4, '9000 PWU');
    expect(machine.store(bytes, 0xffff_ffff, VALUE)).toBe('none');
    expect(both(1)).toBe(cut(bytes, VALUE));
    expect(machine.load(bytes, 0xffff_ffff)).toBe(cut(bytes, VALUE));
  });

  it('a store over its own page table translates both pages first', () => {
    // Linear page 404h is its own table: the store's second part makes it not present.
    map('5000 PWU', '2000 PWU');
    const linear = LINEAR + 0xfff;
    machine.put(0x2000, 4, '2000 PWU');
    expect(machine.store(bytes, linear, 0n)).toBe('none');
    expect(memory.read8(0x2000)).toBe(0);
    expect(machine.takeFault()).toBe('none');
  });

  it('a store whose first part moves the second page goes where both pages were before', () => {
    // The first page is the table; its last bytes are the second page's entry.
    machine.enable();
    machine.put(0x1004, 4, '2000 PWU');
    machine.put(0x2ff8, 4, '2000 PWU');
    machine.put(0x2ffc, 4, '9000 PWU');
    const linear = 0x7f_f000 - Math.min(4, bytes - 1);
    memory.write8(PAGE_1, 0xff);
    expect(machine.store(bytes, linear, 0n)).toBe('none');
    expect(memory.read8(PAGE_1)).toBe(0);
    machine.put(0x2ffc, 4, '9000 PWU');
    expect(machine.store(bytes, linear, -1n)).toBe('none');
    expect([memory.read8(0x2fff), memory.read8(PAGE_1), machine.calls]).toEqual([0xff, 0xff, []]);
  });
});

describe('probe of 16 bytes', () => {
  it.each([
    ['within a page', 0xff0, '5000 PWU', '9000 PU', 'none'],
    ['within a page that is read-only', 0xff0, '5000 PU', '9000 PWU', '#PF 7 at 403ff0'],
    ['over two pages', 0xff1, '5000 PWU', '9000 PWU', 'none'],
    ['second page read-only', 0xff1, '5000 PWU', '9000 PU', '#PF 7 at 404000'],
    ['first page not present', 0xff1, '5000 WU', '9000 PU', '#PF 6 at 403ff1'],
  ])('%s', (_title, offset, first, second, fault) => {
    map(first, second);
    machine.context(true);
    expect(machine.probe(LINEAR + offset)).toBe(fault);
  });
});

describe('direct access to a page', () => {
  it.each([
    ['read', '5000 PU', false, '5123', 'A'],
    ['write', '5000 PWU', true, '5123', 'AD'],
    ['write, read-only', '5000 PU', true, 'none', ''],
    ['not present', '5000 WU', false, 'none', ''],
    ['supervisor page', '5000 PW', false, 'none', ''],
    ['device', 'fee00000 PWU', false, 'none', 'A'],
    ['read of a page with code', '6000 PWU', false, '6123', 'A'],
    ['write of a page with code', '6000 PWU', true, 'none', 'AD'],
  ])('%s', (_title, pte, write, place, marks) => {
    map(pte);
    machine.context(true);
    machine.markCode(0x6000);
    expect([machine.place(LINEAR + 0x123, write), machine.marks(PTE_0)]).toEqual([place, marks]);
    expect(machine.place(LINEAR + 0x123, write)).toBe(place);
    expect([machine.takeFault(), machine.calls]).toEqual(['none', []]);
  });

  it('none while alignment is checked', () => {
    map('5000 PWU');
    machine.set('alignmentCheck', 1);
    expect([machine.place(LINEAR, false), machine.place(LINEAR, true)]).toEqual(['none', 'none']);
  });
});

describe('memory-mapped devices', () => {
  it.each([
    [1, 'fee00010:1', 0x10n],
    [2, 'fee00010:2', 0x0010n],
    [4, 'fee00010:4', 0xfee0_0010n],
  ] as const)('%i-byte accesses stay whole', (bytes, place, read) => {
    map('fee00000 PWU');
    const linear = LINEAR + 0x10;
    expect(machine.load(bytes, linear)).toBe(read);
    expect(machine.store(bytes, linear, VALUE)).toBe('none');
    expect(machine.add(bytes, linear, 1n)).toBe('none');
    const hex = (value: bigint): string => cut(bytes, value).toString(16);
    expect(machine.calls).toEqual([
      `read ${place}`,
      `write ${place} ${hex(VALUE)}`,
      `read ${place}`,
      `write ${place} ${hex(read + 1n)}`,
    ]);
  });

  it('8-byte accesses are two of 4 bytes, the lower first', () => {
    map('fee00000 PWU');
    expect(machine.load(8, LINEAR)).toBe(0xfee0_0004_fee0_0000n);
    machine.store(8, LINEAR, VALUE);
    machine.add(8, LINEAR, 1n);
    expect(machine.calls).toEqual([
      'read fee00000:4',
      'read fee00004:4',
      'write fee00000:4 44332211',
      'write fee00004:4 88776655',
      'read fee00000:4',
      'read fee00004:4',
      'write fee00000:4 fee00001',
      'write fee00004:4 fee00004',
    ]);
  });

  it('an unaligned access within a page stays whole', () => {
    map('fee00000 PWU');
    machine.load(4, LINEAR + 3);
    expect(machine.calls).toEqual(['read fee00003:4']);
  });

  it('the video window is a device, without paging', () => {
    machine.load(2, 0xb_8000);
    machine.store(1, 0xa_0000, 7n);
    machine.add(1, 0xb_ffff, 1n);
    expect(machine.calls).toEqual(['read b8000:2', 'write a0000:1 7', 'read bffff:1', 'write bffff:1 0']);
    machine.store(1, 0x9_ffff, 1n);
    machine.store(1, 0xc_0000, 1n);
    expect(machine.calls).toHaveLength(4);
  });

  it('from RAM into a device: bytes', () => {
    map('5000 PWU', 'fee00000 PWU');
    memory.write16(PAGE_0 + 0xffe, 0x2211);
    machine.mmio = (physical) => 0xd0 + (physical & 0xf);
    expect(machine.load(4, LINEAR + 0xffe)).toBe(0xd1d0_2211n);
    machine.store(4, LINEAR + 0xffe, 0x4433_2211n);
    expect(machine.calls).toEqual([
      'read fee00000:1',
      'read fee00001:1',
      'write fee00000:1 33',
      'write fee00001:1 44',
    ]);
    machine.calls = [];
    machine.add(4, LINEAR + 0xffe, 0x0101_0101n);
    expect(memory.read16(PAGE_0 + 0xffe)).toBe(0x2312 - 0x100 + 0x100);
    expect(machine.calls).toEqual([
      'read fee00000:1',
      'read fee00001:1',
      'write fee00000:1 d1',
      'write fee00001:1 d2',
    ]);
  });

  it('a fault on RAM behind a device: the device sees nothing', () => {
    map('fee00000 PWU', '9000 PU');
    machine.context(true);
    expect(machine.store(4, LINEAR + 0xffe, 0n)).toBe('#PF 7 at 404000');
    expect(machine.add(4, LINEAR + 0xffe, 0n)).toBe('#PF 7 at 404000');
    expect(machine.calls).toEqual([]);
  });

  it('above 4 GB nothing answers: reads give ones, writes are lost', () => {
    machine.enable('PAE');
    machine.set('pdpte', 0x3001);
    machine.put(0x3010, 8, '2000 PW');
    machine.put(0x2018, 8, '100005000 PW');
    expect(SIZES.map((bytes) => machine.load(bytes, LINEAR))).toEqual(SIZES.map((bytes) => cut(bytes, -1n)));
    for (const bytes of SIZES) {
      expect(machine.store(bytes, LINEAR, 0n)).toBe('none');
      expect(machine.add(bytes, LINEAR, 1n)).toBe('none');
    }
    expect(memory.read32(PAGE_0)).toBe(0);
    expect([machine.calls, machine.tags(LINEAR)]).toEqual([[], '']);
  });
});

describe('writes near decoded code', () => {
  // The line 5040h..507Fh holds code.
  it.each([
    ['the byte before the line', 1, 0x03f, []],
    ['into the line from before', 2, 0x03f, ['code 503f:2']],
    ['first byte', 1, 0x040, ['code 5040:1']],
    ['last byte', 1, 0x07f, ['code 507f:1']],
    ['out of the line', 8, 0x07c, ['code 507c:8']],
    ['the byte behind the line', 1, 0x080, []],
    ['elsewhere in the page', 4, 0x800, []],
  ] as const)('%s', (_title, bytes, offset, calls) => {
    map('5000 PWU');
    machine.markCode(PAGE_0 + 0x40);
    machine.store(bytes, LINEAR + offset, VALUE);
    expect(machine.load(bytes, LINEAR + offset)).toBe(cut(bytes, VALUE));
    const stored = machine.calls;
    machine.calls = [];
    machine.add(bytes, LINEAR + offset, 1n);
    expect([stored, machine.calls]).toEqual([calls, calls]);
    expect(machine.load(bytes, LINEAR + offset)).toBe(cut(bytes, VALUE + 1n));
  });

  it('the last line of a page and the first of the next', () => {
    map('5000 PWU');
    machine.markCode(PAGE_0 + 0xfc0);
    machine.markCode(PAGE_1);
    machine.store(4, LINEAR + 0xffe, 0n);
    machine.add(4, LINEAR + 0xffe, 0n);
    expect(new Set(machine.calls)).toEqual(
      new Set(['code 5ffe:1', 'code 5fff:1', 'code 9000:1', 'code 9001:1']),
    );
  });

  it('reads tell nothing', () => {
    map('5000 PWU');
    machine.markCode(PAGE_0);
    machine.load(4, LINEAR);
    machine.probe(LINEAR);
    expect(machine.calls).toEqual([]);
  });
});

describe('alignment check', () => {
  it.each([
    ['1 byte', 1, 3, 'none'],
    ['2 bytes', 2, 1, 'vector 17 0'],
    ['4 bytes', 4, 2, 'vector 17 0'],
    ['8 bytes', 8, 4, 'vector 17 0'],
    ['aligned', 8, 8, 'none'],
    ['before a page fault', 4, 0xffe, 'vector 17 0'],
  ] as const)('%s', (_title, bytes, offset, fault) => {
    map('5000 PWU', '9000 U');
    machine.set('alignmentCheck', 1);
    const linear = LINEAR + offset;
    machine.load(bytes, linear);
    const faults = [machine.takeFault(), machine.store(bytes, linear, 1n), machine.add(bytes, linear, 1n)];
    expect(faults.map((text) => text.replace(/ at .*/, ''))).toEqual([fault, fault, fault]);
    expect(machine.tags(LINEAR)).toBe('');
  });
});

it('tells of accesses while they are watched, of writes and of bits in page tables before they happen', () => {
  map('5000 PWU', '9000 PWU');
  machine.set('watching', 2);
  machine.load(4, LINEAR + 8);
  expect(machine.calls).toEqual(['marked 1004 7', 'marked 200c 7', 'accessed 403008 4 0']);
  machine.calls = [];
  machine.store(4, LINEAR + 8, 1n);
  expect(machine.calls).toEqual(['marked 200c 27', 'accessed 403008 4 2']);
  machine.calls = [];
  machine.store(4, LINEAR + 0xffe, 1n);
  expect(machine.calls).toEqual(['marked 2010 7', 'accessed 403ffe 4 2']);
  expect(machine.tags(LINEAR)).toBe('');
  machine.calls = [];
  machine.set('watching', 0);
  machine.put(PTE_0, 4, '5000 PWU');
  machine.store(4, LINEAR + 8, 1n);
  expect(machine.calls).toEqual([]);
});

it('lists what the TLB holds for the present generation', () => {
  map('5000 PWUD', '9000 PUD');
  machine.set('cr0', -0x7ffe_ffff);
  machine.load(4, LINEAR + 0x1000);
  machine.context(true, 1);
  machine.load(4, LINEAR);
  const list = (): unknown[] =>
    tlbEntries(memory.buffer, MEMORY_MAP.processors + PROCESSOR_MAP.tlb, machine.get('tlbContext'));
  expect(list()).toEqual([
    { linear: LINEAR, physical: PAGE_0, user: true, writable: true, executable: true },
    { linear: LINEAR + 0x1000, physical: PAGE_1, user: false, writable: false, executable: true },
  ]);
  machine.context(false, 2);
  expect(list()).toEqual([]);
});

it('reports fills while they are observed', () => {
  map('5000 PWU');
  machine.set('observeFills', 1);
  machine.load(4, LINEAR + 8);
  machine.store(4, LINEAR + 8, 0n);
  machine.load(4, LINEAR + 8);
  expect(machine.calls).toEqual(['filled 403008 5008 0', 'filled 403008 5008 2']);
});

import { PciFunction } from './pci-function';

// Intel 82441FX (PMC) data sheet (290549), "Programmable Attribute Map Registers".
const PMC_CONFIGURATION = 0x50;
const PAM0 = 0x59;
const PAM_COUNT = 7;
const DRAM_ROW_BOUNDARIES = 0x60;
const SMRAM = 0x72;
const PAM_READ = 1;
const PAM_WRITE = 2;

/** Where accesses to a part of C0000h-FFFFFh go: RAM if true, else to the bus, where the ROMs are. */
export interface ShadowRegion {
  readonly base: number;
  readonly length: number;
  readonly readsRam: boolean;
  readonly writesRam: boolean;
}

/** The host bridge, device 0: identity, and the attributes of the memory that firmware copies its ROMs to. */
export class I440fx extends PciFunction {
  constructor(shadowChanged?: (regions: readonly ShadowRegion[]) => void) {
    super({ vendor: 0x8086, device: 0x1237, revision: 0x02, classCode: 0x06_00_00, status: 0x0280 });
    this.allowWrites(PMC_CONFIGURATION, 2, 0xffff);
    for (let i = 0; i < PAM_COUNT; i++) this.allowWrites(PAM0 + i, 1, i === 0 ? 0x30 : 0x33);
    for (let i = 0; i < 8; i++) this.allowWrites(DRAM_ROW_BOUNDARIES + i, 1, 0xff);
    this.config[SMRAM] = 0x02;
    this.allowWrites(SMRAM, 1, 0x78);
    if (shadowChanged) this.watch(PAM0, PAM_COUNT, () => shadowChanged(this.shadowRegions()));
  }

  /** The twelve regions of 16 KB in C0000h-EFFFFh, and F0000h-FFFFFh last. */
  shadowRegions(): ShadowRegion[] {
    const region = (base: number, length: number, attributes: number): ShadowRegion => ({
      base,
      length,
      readsRam: (attributes & PAM_READ) !== 0,
      writesRam: (attributes & PAM_WRITE) !== 0,
    });
    const regions: ShadowRegion[] = [];
    for (let i = 0; i < 12; i++) {
      const attributes = this.config[PAM0 + 1 + (i >> 1)]! >> (4 * (i & 1));
      regions.push(region(0xc_0000 + i * 0x4000, 0x4000, attributes));
    }
    regions.push(region(0xf_0000, 0x1_0000, this.config[PAM0]! >> 4));
    return regions;
  }
}

/** Where vectors run: linear addresses, the same on the real processor and here. */
export const PLACES = {
  code: 0x40_0000,
  codeBytes: 0x2000,
  data: 0x50_0000,
  dataBytes: 0x4000,
  fixed: 0x50_5000,
  fixedBytes: 0x1000,
} as const;

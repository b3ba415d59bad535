const low8 = ['al', 'cl', 'dl', 'bl', 'ah', 'ch', 'dh', 'bh'];
const low8Rex = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'];
const words = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];

/** The segment registers in encoding order. */
export const segmentNames = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;

/**
 * Name of general register `number` (0..15) at `size` bits (8, 16, 32, 64). Without a REX prefix 8-bit registers 4..7
 * are ah, ch, dh, bh.
 */
export function registerName(number: number, size: number, rex: boolean): string {
  if (number >= 8) return `r${number}${size === 8 ? 'b' : size === 16 ? 'w' : size === 32 ? 'd' : ''}`;
  if (size === 8) return (rex ? low8Rex : low8)[number];
  return (size === 32 ? 'e' : size === 64 ? 'r' : '') + words[number];
}

import { hex } from '../elements';

/** How addresses are called: by the labels of a program whose source is known. */
export type Names = ReadonlyMap<number, string>;

export const placeName = (address: number, names: Names): string =>
  names.get(address) ?? `${hex(address).toUpperCase()}h`;

/** An instruction's text with the addresses that have a name called by it. */
export const named = (text: string, names: Names): string =>
  text.replace(
    /\b(?:short )?([0-9A-F]{8})h\b/,
    (all, digits: string) => names.get(parseInt(digits, 16)) ?? all,
  );

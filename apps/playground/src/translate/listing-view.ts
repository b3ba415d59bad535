import type { RegionBlock, RegionExit } from '@trapgate/vmm';
import { h, hex } from '../elements';
import { named, placeName, type Names } from './names';
import { orderedBlocks } from './unit-graphs';
import type { Unit } from './unit-store';

const EXITS: Readonly<Record<RegionExit['kind'], string>> = {
  next: 'goes on at',
  branch: 'branches to',
  jump: 'jumps to',
  call: 'calls',
  indirect: 'goes where only running it shows',
};

function exitsText({ exits }: RegionBlock, names: Names): string {
  const parts = exits.map(({ kind, target }) =>
    target === undefined ? EXITS[kind] : `${EXITS[kind]} ${placeName(target, names)}`,
  );
  return parts.join('; ');
}

/** The guest's code, block by block. */
export function guestCode(unit: Unit, names: Names, eip: number | undefined): HTMLElement {
  const list = h('div', { class: 'guest-code mono' });
  orderedBlocks(unit).forEach((block, n) => {
    const size = `contain-intrinsic-size: auto 30em auto ${1.5 * block.instructions.length + 4}em`;
    const piece = h('div', { class: 'block', style: size });
    list.append(piece);
    piece.append(
      h('p', { class: 'block-name' }, `${placeName(block.address, names)}:${n === 0 ? '  (entry)' : ''}`),
    );
    for (const { address, bytes, text } of block.instructions) {
      const byteText = [...bytes].map((byte) => hex(byte, 2)).join(' ');
      piece.append(
        h(
          'div',
          { class: address === eip ? 'line now' : 'line' },
          h('span', { class: 'at' }, hex(address)),
          h('span', { class: 'code-bytes' }, byteText),
          h('span', {}, named(text, names)),
        ),
      );
    }
    piece.append(h('p', { class: 'block-exits' }, exitsText(block, names)));
  });
  return list;
}

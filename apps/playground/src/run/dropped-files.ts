import type { Guest } from '../machine-session';
import { TEACHING_GUESTS } from './teaching-guests';

/** What files begin with: cpio ("newc"), gzip, xz, Zstandard, LZ4, and snapshots of Trapgate. */
const ARCHIVES = ['303730373031', '1f8b', 'fd377a585a00', '28b52ffd', '04224d18', '02214c18'];
const SNAPSHOT = '895447564d0d0a1a';

async function beginning(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The guest that files make, going by their first bytes: a snapshot, or a kernel and perhaps an initramfs. A single
 * initramfs joins the kernel that is there already. A string says what is wrong.
 */
export async function guestOfFiles(files: readonly File[], present: Guest): Promise<Guest | string> {
  const begins = await Promise.all(files.map(beginning));
  const snapshot = files.find((_, n) => begins[n] === SNAPSHOT);
  if (snapshot) return { kind: 'snapshot', file: snapshot };
  const isArchive = (n: number): boolean => ARCHIVES.some((magic) => begins[n]!.startsWith(magic));
  const initramfs = files.find((_, n) => isArchive(n));
  const kernels = files.filter((_, n) => !isArchive(n));
  if (kernels.length > 1) return `Two kernels were given: ${kernels.map(({ name }) => name).join(' and ')}.`;
  const kernel = kernels[0] ?? (present.kind === 'files' ? present.kernel : undefined);
  if (!kernel) return 'An initramfs needs a kernel: give both files, or the kernel first.';
  const kept = kernels[0] || present.kind !== 'files' ? undefined : present.initramfs;
  const archive = initramfs ?? kept;
  return { kind: 'files', kernel, ...(archive ? { initramfs: archive } : {}) };
}

export function guestName(guest: Guest): string {
  switch (guest.kind) {
    case 'embedded':
      return 'the embedded guest';
    case 'example':
      return TEACHING_GUESTS.find(({ id }) => id === guest.id)?.title ?? guest.id;
    case 'files':
      return guest.kernel.name + (guest.initramfs ? ` with ${guest.initramfs.name}` : '');
    case 'snapshot':
      return guest.file.name;
  }
}

import { type GuestJob } from './guest-job';

export interface GuestSubject {
  readonly name: string;
  /** As charts call it. */
  readonly title: string;
  /** In src/measure. */
  readonly script: string;
  readonly job: Pick<GuestJob, 'engine' | 'cpu'>;
  /** Runs on Node.js itself, so that its version matters. */
  readonly onNode: boolean;
  /** Only measured when asked for. */
  readonly optional?: true;
}

/** In the order in which they take turns. */
export const guestSubjects: readonly GuestSubject[] = [
  { name: 'v86', title: 'v86', script: 'guest-v86', job: {}, onNode: true },
  { name: 'qemu', title: 'QEMU', script: 'guest-qemu', job: { cpu: 'pentium3' }, onNode: false },
  { name: 'trapgate', title: 'Trapgate', script: 'guest-trapgate', job: { engine: 'wasm' }, onNode: true },
  {
    // Kernels believe that it needs retpolines, as they believe of the peers.
    name: 'trapgate-pentium3',
    title: 'Trapgate, -cpu pentium3',
    script: 'guest-trapgate',
    job: { engine: 'wasm', cpu: 'pentium3' },
    onNode: true,
  },
  {
    name: 'trapgate-interp',
    title: 'Trapgate, -accel interp',
    script: 'guest-trapgate',
    job: { engine: 'interp' },
    onNode: true,
    optional: true,
  },
];

/** What the guest programs of one chart have in common. */
export const groups = {
  user: 'Computing',
  kernel: 'Memory and kernel',
} as const;

export interface GuestProgram {
  /** As `/bin/programs` knows it: benchmarks/programs/main.c. */
  readonly name: string;
  readonly title: string;
  readonly group: keyof typeof groups;
}

/** The programs in the order in which a guest runs them. */
export const guestPrograms: readonly GuestProgram[] = [
  { name: 'fib', title: 'recursive calls', group: 'user' },
  { name: 'primes', title: 'primes by division', group: 'user' },
  { name: 'sieve', title: 'sieve over 4 MB', group: 'user' },
  { name: 'sha256', title: 'SHA-256', group: 'user' },
  { name: 'qsort', title: 'qsort with a callback', group: 'user' },
  { name: 'matmul', title: 'matrices of doubles (x87)', group: 'user' },
  { name: 'copy', title: 'block copy', group: 'kernel' },
  { name: 'getppid', title: 'system calls', group: 'kernel' },
  { name: 'pagefault', title: 'page faults', group: 'kernel' },
  { name: 'fork', title: 'fork and wait', group: 'kernel' },
  { name: 'pipe', title: 'pipe ping-pong', group: 'kernel' },
  { name: 'gzip', title: 'gzip of busybox', group: 'user' },
  { name: 'sha256sum', title: 'sha256sum of busybox', group: 'user' },
];

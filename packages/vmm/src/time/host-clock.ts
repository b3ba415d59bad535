/** The host's time, as a machine needs it. */
export interface HostClock {
  /** Milliseconds since an arbitrary moment, monotonic, with a fraction. */
  now(): number;
  /** Wall-clock time: milliseconds since 1970-01-01T00:00Z. */
  date(): number;
}

/** The clocks that every JavaScript host has. */
export function systemClock(): HostClock {
  return { now: () => performance.now(), date: () => Date.now() };
}

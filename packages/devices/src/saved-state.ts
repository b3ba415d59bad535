/** A saved device state names its layout by a version number. */
export interface VersionedState {
  readonly version: number;
}

/** `restoreState` was given a state of a layout that this version of the chip does not know. */
export class StateVersionError extends Error {
  override readonly name = 'StateVersionError';
  readonly code = 'DEVICE_STATE_VERSION';

  constructor(
    readonly chip: string,
    readonly found: number,
    readonly expected: number,
  ) {
    super(`${chip}: saved state has version ${found}, this version reads ${expected}`);
  }
}

export function requireVersion(chip: string, state: VersionedState, expected: number): void {
  if (state.version !== expected) throw new StateVersionError(chip, state.version, expected);
}

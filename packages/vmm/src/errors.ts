/** What is wrong with an image, as a stable code; the message says it in one plain line. */
export type ImageErrorCode =
  /** A file or URL that cannot be read, or something that is no image at all. */
  | 'ERR_IMAGE_SOURCE'
  | 'ERR_IMAGE_EMPTY'
  | 'ERR_IMAGE_TRUNCATED'
  | 'ERR_IMAGE_FORMAT'
  | 'ERR_IMAGE_UNSUPPORTED'
  | 'ERR_IMAGE_TOO_LARGE'
  | 'ERR_INITRD_EMPTY'
  | 'ERR_INITRD_TOO_LARGE'
  | 'ERR_COMMAND_LINE_TOO_LONG';

/** A kernel image or initial RAM disk that cannot be loaded. `values` holds the numbers that were wrong. */
export class ImageError extends Error {
  override readonly name = 'ImageError';

  constructor(
    readonly code: ImageErrorCode,
    message: string,
    readonly values: Readonly<Record<string, number | string>> = {},
  ) {
    super(message);
  }
}

/** What is wrong with the options or the use of a machine, as a stable code. */
export type MachineErrorCode =
  | 'ERR_MEMORY_SIZE'
  | 'ERR_HOST_MEMORY'
  | 'ERR_PROCESSOR_MODEL'
  | 'ERR_ICOUNT'
  | 'ERR_DEBUG_EXIT'
  | 'ERR_ENGINE'
  | 'ERR_ALREADY_RUNNING'
  | 'ERR_NOT_LOADED'
  | 'ERR_NO_EMBEDDED_GUEST'
  /** An option of `VirtualMachine.create` that does not exist, contradicts another or has a wrong value. */
  | 'ERR_OPTION'
  /** An argument of a method that is out of range or of a wrong type. */
  | 'ERR_ARGUMENT'
  /** Memory that is not there: no RAM, or a linear address that is not mapped. */
  | 'ERR_ADDRESS'
  | 'ERR_DISPOSED'
  /** The worker could not be started, or ended unexpectedly. */
  | 'ERR_WORKER';

/** A machine that was asked for something impossible by its embedder. */
export class MachineError extends Error {
  override readonly name = 'MachineError';

  constructor(
    readonly code: MachineErrorCode,
    message: string,
    readonly values: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** Why a snapshot was refused, as a stable code. */
export type SnapshotErrorCode =
  /** It is no snapshot at all. */
  | 'ERR_SNAPSHOT_FORMAT'
  | 'ERR_SNAPSHOT_TRUNCATED'
  /** Its checksum is wrong, or what it holds makes no sense. */
  | 'ERR_SNAPSHOT_DAMAGED'
  /** A later version has written it. */
  | 'ERR_SNAPSHOT_NEWER'
  /** It is of a machine with other memory or another processor. */
  | 'ERR_SNAPSHOT_MACHINE';

/** A snapshot that cannot be restored; the machine is as it was before. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';

  constructor(
    readonly code: SnapshotErrorCode,
    message: string,
    readonly values: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** Bad usage or bad input: `message` is the one line to show, which says what is wrong and what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

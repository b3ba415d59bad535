/** A table row that does not parse. `code` is 'bad-row'. */
export class TableError extends Error {
  readonly code = 'bad-row';
  constructor(
    readonly row: string,
    reason: string,
  ) {
    super(`${reason} in the row '${row}'`);
    this.name = 'TableError';
  }
}

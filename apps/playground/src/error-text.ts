/** One clear line about an error; those of `@trapgate/vmm` have such a message and a code. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const message = error.message.split('\n')[0]!;
  const line = message.charAt(0).toUpperCase() + message.slice(1);
  return typeof code === 'string' ? `${line} (${code})` : line;
}

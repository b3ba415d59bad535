const PROBLEMS: Record<string, string> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'is a directory; give a file',
  EACCES: 'permission denied',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
};

/** A file system error in one phrase. */
export function fileProblem(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return PROBLEMS[code] ?? `cannot be used (${code || String(error)})`;
}

/** The same for a file that was to be created. */
export function creationProblem(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such directory' : fileProblem(error);
}

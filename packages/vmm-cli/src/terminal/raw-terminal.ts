import type { HostProcess, InputStream } from '../command-context';

/**
 * Switches the terminal behind `input` to raw mode, in which every key belongs to the guest, and returns the function
 * that switches it back, which may be called any number of times. It is switched back when the process exits in any
 * way that runs JavaScript, and to raw again when a stopped process continues. Does nothing where there is no terminal.
 */
export function enterRawMode(input: InputStream, host: HostProcess): () => void {
  if (!input.isTTY || !input.setRawMode) return () => undefined;
  const set = (raw: boolean): void => {
    try {
      input.setRawMode?.(raw);
    } catch {
      // The terminal is gone: nothing is left to restore.
    }
  };
  const continued = (): void => {
    set(false); // the stream skips a mode that it believes to be set
    set(true);
  };
  const restore = (): void => {
    host.off('exit', restore);
    host.off('SIGCONT', continued);
    set(false);
  };
  host.on('exit', restore);
  host.on('SIGCONT', continued);
  set(true);
  return restore;
}

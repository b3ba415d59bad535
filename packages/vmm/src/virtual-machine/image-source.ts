import { ImageError } from '../errors';
import { nodeFiles } from './node-host';
import type { ImageSource } from './options';

/** A URL has a scheme of two letters or more: C: is a drive. */
const URL_SCHEME = /^[a-z][a-z0-9+.-]+:/i;

function unreadable(what: string, name: string, reason: string): ImageError {
  return new ImageError('ERR_IMAGE_SOURCE', `${what} ${name}: ${reason}`, { source: name, reason });
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
};

async function readPath(what: string, path: string | URL, signal?: AbortSignal): Promise<Uint8Array> {
  const name = String(path);
  try {
    return await nodeFiles()!.readFile(path, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    const code = String((error as { code?: unknown }).code ?? error);
    throw unreadable(what, name, PROBLEMS[code] ?? `cannot be read (${code})`);
  }
}

async function download(what: string, url: string, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok)
      throw unreadable(what, url, `the server answers ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ImageError) throw error;
    const { cause, message } = error as { cause?: { message?: string }; message?: string };
    throw unreadable(what, url, `cannot be fetched (${cause?.message ?? message ?? String(error)})`);
  }
}

function readLocation(what: string, location: string | URL, signal?: AbortSignal): Promise<Uint8Array> {
  const text = String(location);
  if (text === '') throw unreadable(what, "''", 'is no file name and no URL');
  const isFile = /^file:/i.test(text);
  if (nodeFiles() && isFile) return readPath(what, new URL(text), signal);
  if (nodeFiles() && typeof location === 'string' && !URL_SCHEME.test(text))
    return readPath(what, text, signal);
  return download(what, text, signal);
}

/**
 * The bytes of an image; `what` names the option in messages. Throws `ImageError` (`ERR_IMAGE_SOURCE`), or the
 * signal's reason if it is aborted.
 */
export async function readImage(
  what: string,
  source: ImageSource,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  signal?.throwIfAborted();
  if (typeof source === 'string' || source instanceof URL) return readLocation(what, source, signal);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (typeof source === 'object' && source !== null) {
    if ('url' in source) return readLocation(what, source.url, signal);
    if ('buffer' in source) return readImage(what, source.buffer, signal);
  }
  const kind = source === null ? 'null' : typeof source;
  throw unreadable(what, `(${kind})`, 'is no URL, path, ArrayBuffer, typed array or Blob');
}

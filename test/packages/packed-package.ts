import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
}

export interface PackedPackage {
  manifest: Manifest;
  folder: string;
  tarball: string;
}

/** The manifests of the packages that are published, by name. */
export function publishedPackages(): Map<string, { manifest: Manifest; folder: string }> {
  const found = new Map<string, { manifest: Manifest; folder: string }>();
  for (const name of readdirSync(join(root, 'packages')).sort()) {
    const folder = join(root, 'packages', name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    if (manifest.private !== true) found.set(manifest.name, { manifest, folder });
  }
  return found;
}

/** Packs every published package into `destination`, as it would be uploaded. */
export function packAll(destination: string): Map<string, PackedPackage> {
  mkdirSync(destination, { recursive: true });
  const packed = new Map<string, PackedPackage>();
  for (const [name, { manifest, folder }] of publishedPackages()) {
    const pnpm = join(root, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');
    execFileSync(process.execPath, [pnpm, 'pack', '--pack-destination', destination], {
      cwd: folder,
      stdio: 'pipe',
    });
    const file = `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
    packed.set(name, { manifest, folder, tarball: join(destination, file) });
  }
  return packed;
}

/** `name` and every package of the workspace that it needs. */
export function closure(name: string, packed: ReadonlyMap<string, PackedPackage>): Set<string> {
  const all = new Set<string>();
  const visit = (next: string) => {
    const entry = packed.get(next);
    if (entry === undefined || all.has(next)) return;
    all.add(next);
    Object.keys(entry.manifest.dependencies ?? {}).forEach(visit);
  };
  visit(name);
  return all;
}

/** Makes an empty project in `folder` and installs a package from its tarball, without a network. */
export function installInto(folder: string, name: string, packed: ReadonlyMap<string, PackedPackage>): void {
  mkdirSync(folder, { recursive: true });
  const dependencies = Object.fromEntries(
    [...closure(name, packed)].map((each) => [each, `file:${packed.get(each)!.tarball}`]),
  );
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, dependencies }),
  );
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: folder,
    stdio: 'pipe',
  });
}

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputStream } from '../command-context';
import { UsageError } from '../usage-error';
import type { Execute, Execution } from './execute';

export interface AptOptions {
  /** Everything apt reads and writes is below this directory, except for the system's sources and keys. */
  directory: string;
  /** A Debian mirror to use instead of the system's sources. */
  mirror?: string;
  suite: string;
  execute: Execute;
  progress: OutputStream;
}

export interface AptPackage {
  name: string;
  version: string;
}

const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * apt for the i386 architecture with package lists, state and cache of its own (apt.conf(5), `Dir`), so that neither
 * root nor a change of the system's configuration is needed.
 */
export class Apt {
  readonly #options: AptOptions;
  readonly #arguments: readonly string[];
  readonly #archives: string;

  constructor(options: AptOptions) {
    this.#options = options;
    const { directory, mirror } = options;
    this.#archives = join(directory, 'archives');
    for (const path of ['state/lists/partial', 'cache/archives/partial', 'archives']) {
      mkdirSync(join(directory, path), { recursive: true });
    }
    const status = join(directory, 'state/status');
    if (!existsSync(status)) writeFileSync(status, ''); // no package is installed
    this.#arguments = Object.entries({
      'Dir::State': join(directory, 'state'),
      'Dir::State::lists': join(directory, 'state/lists'),
      'Dir::State::status': status,
      'Dir::Cache': join(directory, 'cache'),
      ...(mirror === undefined ? {} : this.#ownSources(mirror)),
      'APT::Architecture': 'i386',
      'APT::Architectures': 'i386',
      'APT::Sandbox::User': '', // the directory is the user's, and need not be open to the user _apt
      'Acquire::Languages': 'none',
      'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled': 'false',
      'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  }

  /** Refreshes the package lists. @throws UsageError where there is no apt */
  async update(): Promise<void> {
    const { exitCode } = await this.#run('apt-get', ['update'], this.#options.progress);
    if (exitCode !== 0) {
      this.#options.progress.write('some package lists could not be refreshed; going on with the others\n');
    }
  }

  /** The newest version of a package. @throws UsageError where the sources do not have it */
  async find(name: string): Promise<AptPackage> {
    return { name, version: this.#field(await this.#show(name), name, /^Version: (\S+)$/m) };
  }

  /** The package that a metapackage stands for: its first dependency that matches. */
  async findDependency(metapackage: string, dependency: RegExp): Promise<AptPackage> {
    const depends = this.#field(await this.#show(metapackage), metapackage, /^Depends: (.+)$/m);
    const name = depends.split(/[,|]/).map((item) => item.trim().split(/[ (:]/)[0] ?? '');
    const found = name.find((item) => dependency.test(item));
    if (found === undefined) throw this.#missing(metapackage);
    return this.find(found);
  }

  /** Downloads a package and returns the path of its .deb file. */
  async download({ name, version }: AptPackage): Promise<string> {
    for (const file of this.#debFiles(name)) rmSync(file); // left by a download that was cut off
    const result = await this.#run('apt-get', ['download', `${name}=${version}`], this.#options.progress);
    const file = this.#debFiles(name)[0];
    if (result.exitCode === 0 && file !== undefined) return file;
    throw new UsageError(
      `${name} could not be downloaded: ${complaint(result) || 'apt-get download failed'}`,
    );
  }

  #debFiles(name: string): string[] {
    return readdirSync(this.#archives)
      .filter((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'))
      .map((file) => join(this.#archives, file));
  }

  async #show(name: string): Promise<string> {
    const result = await this.#run('apt-cache', ['show', '--no-all-versions', name]);
    if (result.exitCode !== 0) throw this.#missing(name);
    return result.stdout;
  }

  #field(text: string, name: string, pattern: RegExp): string {
    const value = pattern.exec(text)?.[1];
    if (value === undefined) throw this.#missing(name);
    return value;
  }

  #missing(name: string): UsageError {
    const { mirror, suite } = this.#options;
    if (mirror !== undefined)
      return new UsageError(`${name} for i386 is not in ${suite} at ${mirror}, or it cannot be reached`);
    return new UsageError(
      `apt's sources have no ${name} for i386, or cannot be reached; ` +
        `to use Debian's own, name a Debian mirror: --mirror URL --suite ${suite}`,
    );
  }

  async #run(program: string, args: readonly string[], progress?: OutputStream): Promise<Execution> {
    try {
      return await this.#options.execute(program, [...this.#arguments, ...args], {
        cwd: this.#archives,
        ...(progress === undefined ? {} : { progress }),
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new UsageError(
        `there is no ${program} here: run this command on Debian or a relative of it (a container will do) ` +
          'and copy the cache directory, or give vmm run a kernel and an initramfs of your own',
      );
    }
  }

  #ownSources(mirror: string): Record<string, string> {
    const list = join(this.#options.directory, 'sources.list');
    const signed = existsSync(DEBIAN_KEYRING) ? ` [signed-by=${DEBIAN_KEYRING}]` : '';
    writeFileSync(list, `deb${signed} ${mirror} ${this.#options.suite} main\n`);
    return { 'Dir::Etc::sourcelist': list, 'Dir::Etc::sourceparts': '/dev/null' };
  }
}

/** apt's first error, without its marks. */
function complaint({ stderr }: Execution): string {
  return /^E: (.+)$/m.exec(stderr)?.[1]?.trim() ?? '';
}

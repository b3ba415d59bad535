/** The set-up of the page in the fragment of its address, so that a link restores it. */
export class Fragment {
  private readonly listeners = new Set<() => void>();

  constructor() {
    window.addEventListener('hashchange', () => this.listeners.forEach((listener) => listener()));
  }

  private values(): URLSearchParams {
    return new URLSearchParams(location.hash.slice(1));
  }

  get(name: string): string | null {
    return this.values().get(name);
  }

  /** The value if it is one of those allowed, else the fallback. */
  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.get(name) as T;
    return allowed.includes(value) ? value : fallback;
  }

  /** Null takes the name out. */
  set(changes: Readonly<Record<string, string | number | null>>): void {
    const values = this.values();
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) values.delete(name);
      else values.set(name, String(value));
    }
    history.replaceState(null, '', `#${values.toString()}`);
  }

  /** Somebody has followed another link, or edited the address. */
  onNavigation(listener: () => void): void {
    this.listeners.add(listener);
  }
}

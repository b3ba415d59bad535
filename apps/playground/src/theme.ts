type Theme = 'light' | 'dark';

const KEY = 'trapgate-theme';

function stored(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : null;
  } catch {
    return null; // storage is switched off
  }
}

/** Follows the system until somebody chooses with the button. */
export function installTheme(button: HTMLButtonElement): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const current = (): Theme => stored() ?? (system.matches ? 'dark' : 'light');
  const apply = (theme: Theme): void => {
    document.documentElement.dataset['theme'] = theme;
    button.textContent = theme === 'dark' ? 'Light theme' : 'Dark theme';
    window.dispatchEvent(new Event('themechange'));
  };
  button.addEventListener('click', () => {
    const next = document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark';
    try {
      localStorage.setItem(KEY, next);
    } catch {}
    apply(next);
  });
  system.addEventListener('change', () => apply(current()));
  apply(current());
}

/** The value of a colour of the present theme. */
export function themeColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

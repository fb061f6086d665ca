/** How bright the pages are: as the screen is set, light, dark, or red for eyes that have to see in the dark afterwards. Kept by this browser. */
import { effect, signal } from '@preact/signals';
import { page } from './page.ts';

export const THEMES = ['auto', 'light', 'dark', 'night'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'wse-theme';

export const theme = signal<Theme>(stored());

function stored(): Theme {
  try {
    return themeOf(localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function themeOf(name: string | null): Theme | undefined {
  return THEMES.find((one) => one === name);
}

export function chooseTheme(next: Theme): void {
  theme.value = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // A browser that keeps nothing: it holds until the page is closed.
  }
}

/** Sets the colours, and follows the screen where that is wanted. The address of a wall screen may name them: '#/wall/night'. */
export function followTheme(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = signal(dark.matches);
  dark.addEventListener('change', () => {
    isDark.value = dark.matches;
  });
  effect(() => {
    const { name, of } = page.value;
    const wanted = (name === 'wall' ? themeOf(of) : undefined) ?? theme.value;
    document.documentElement.dataset.theme = wanted === 'auto' ? (isDark.value ? 'dark' : 'light') : wanted;
  });
}

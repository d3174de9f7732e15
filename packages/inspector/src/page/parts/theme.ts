/** What the reader wants: as the system says, or one of the two. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'keelson-inspector-theme'
const THEMES: readonly Theme[] = ['system', 'light', 'dark']

export function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY) as Theme
    return THEMES.includes(stored) ? stored : 'system'
  } catch {
    return 'system'
  }
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // A browser that stores nothing forgets the choice with the page.
  }
}

export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!
}

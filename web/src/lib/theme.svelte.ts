/** Light, dark, or what the system says; every open page follows when it is chosen in one. */
export type Choice = 'light' | 'dark' | 'system'

const dark = matchMedia('(prefers-color-scheme: dark)')

class Theme {
  choice = $state<Choice>((localStorage.getItem('theme') as Choice | null) ?? 'system')
  shown = $state<'light' | 'dark'>('light')

  constructor() {
    dark.addEventListener('change', () => this.#apply())
    this.#apply()
    addEventListener('storage', (e) => {
      if (e.key !== 'theme') return
      this.choice = (e.newValue as Choice | null) ?? 'system'
      this.#apply()
    })
  }

  use(choice: Choice): void {
    this.choice = choice
    localStorage.setItem('theme', choice)
    this.#apply()
  }

  #apply(): void {
    this.shown = this.choice === 'system' ? (dark.matches ? 'dark' : 'light') : this.choice
    document.documentElement.dataset['bsTheme'] = this.shown
  }
}

export const theme = new Theme()

import { useState } from 'react'
import { useLanguage, useT } from '../words/language.tsx'
import { LANGUAGES, type Language, type Words } from '../words/pair.ts'
import { words } from './words.ts'

const THEMES = { auto: words.themeAuto, light: words.themeLight, dark: words.themeDark }
type Theme = keyof typeof THEMES
const PLACE = 'waiaas-theme'
const isTheme = (text: string | null): text is Theme => text !== null && text in THEMES

const themeKept = (): Theme => {
  const kept = localStorage.getItem(PLACE)
  return isTheme(kept) ? kept : 'auto'
}
const show = (theme: Theme) => {
  document.documentElement.dataset.theme = theme
}
show(themeKept())

/** Language and colours. */
export function Choices() {
  const t = useT()
  const { language, choose } = useLanguage()
  const [theme, setTheme] = useState(themeKept)
  function pick(next: Theme) {
    localStorage.setItem(PLACE, next)
    show(next)
    setTheme(next)
  }
  return (
    <div className="choices">
      <Pick label={t(words.language)} value={language} choices={LANGUAGES} pick={(next) => choose(next as Language)} />
      <Pick
        label={t(words.theme)}
        value={theme}
        choices={Object.fromEntries(Object.entries(THEMES).map(([key, name]: [string, Words]) => [key, t(name)]))}
        pick={(next) => pick(next as Theme)}
      />
    </div>
  )
}

type PickProps = {
  readonly label: string
  readonly value: string
  readonly choices: Readonly<Record<string, string>>
  readonly pick: (value: string) => void
}

const Pick = ({ label, value, choices, pick }: PickProps) => (
  <label>
    <span className="hidden">{label}</span>
    <select value={value} onChange={(event) => pick(event.target.value)}>
      {Object.entries(choices).map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  </label>
)

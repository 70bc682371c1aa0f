import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { filled, LANGUAGES, type Language, type Words } from './pair.ts'

type Chosen = { readonly language: Language; readonly choose: (language: Language) => void }
const PLACE = 'waiaas-language'
const Context = createContext<Chosen>({ language: 'en', choose: () => undefined })

const isLanguage = (text: string | null): text is Language => text !== null && text in LANGUAGES

function preferred(): Language {
  const kept = localStorage.getItem(PLACE)
  if (isLanguage(kept)) return kept
  return navigator.language.startsWith('ko') ? 'ko' : 'en'
}

/** The language of what the page itself says; what the daemon says stays as it is. */
export function Languages({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(preferred)
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  function choose(next: Language) {
    localStorage.setItem(PLACE, next)
    setLanguage(next)
  }
  return <Context value={{ language, choose }}>{children}</Context>
}

/** Which language there is, and how another is chosen. */
export const useLanguage = (): Chosen => useContext(Context)

/** Says a text in the language of the reader: `t(words.key, { name })`. */
export function useT() {
  const { language } = useLanguage()
  return (words: Words, values?: Readonly<Record<string, string | number>>): string => filled(words[language], values)
}

/** A text in each language of the page; `{name}` is filled in. */
export type Words = { readonly en: string; readonly ko: string }
export type Language = keyof Words
export const LANGUAGES: Readonly<Record<Language, string>> = { en: 'English', ko: '한국어' }

/** Texts by key, each in both languages: a key that one lacks does not compile. */
export function pair<const Key extends string>(both: {
  readonly en: Readonly<Record<Key, string>>
  readonly ko: Readonly<Record<NoInfer<Key>, string>>
}): Readonly<Record<Key, Words>> {
  const keys = Object.keys(both.en) as Key[] // the type says so
  return Object.fromEntries(keys.map((key) => [key, { en: both.en[key], ko: both.ko[key] }])) as Record<Key, Words>
}

/** The text with its placeholders filled in. */
export const filled = (text: string, values: Readonly<Record<string, string | number>> = {}): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))

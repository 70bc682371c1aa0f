/** A text of JSON, or what is between two. */
const PARTS = /"(?:[^"\\]|\\.)*"|[^"]+/g
const NAME = /^"[A-Za-z_]\w*"$/

/**
 * Words with JSON in them, in the characters that a sign-in may have. No text in it can end its quotes, or look like what is
 * around it.
 */
export function inPlain(words: string): string {
  const parts = words.match(PARTS) ?? []
  return parts
    .map((part, at) => {
      if (!part.startsWith('"')) return between(part)
      const isName = NAME.test(part) && parts[at + 1]?.startsWith(':') === true
      return isName ? part.slice(1, -1) : `'${part.slice(1, -1).replaceAll(/['(){}]/g, '?')}'`
    })
    .join('')
}

const between = (text: string): string =>
  text
    .replaceAll('{', '(')
    .replaceAll('}', ')')
    .replace(/^:(?!\s)/, ': ')
    .replaceAll(/,(?!\s)/g, ', ')

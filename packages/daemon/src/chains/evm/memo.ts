import { fromHex, toHex } from './hex.ts'
import { isKnownFunction } from './read/all.ts'

export const memoMost = 256

/** The memo that data is, undefined when it could be anything else: not UTF-8, not printable, too long, or a known function. */
export function memoText(data: string): string | undefined {
  if (isKnownFunction(data.slice(0, 10))) return undefined
  const bytes = fromHex(data)
  if (bytes.length === 0 || bytes.length > memoMost * 4) return undefined
  const text = bytes.toString('utf8')
  // Bytes that are not UTF-8 do not survive the way there and back.
  if (text.length > memoMost || /[^\P{C}\n\u200d]/u.test(text)) return undefined
  return bytes.equals(Buffer.from(text, 'utf8')) ? text : undefined
}

export const memoData = (memo: string): string => toHex(Buffer.from(memo, 'utf8'))

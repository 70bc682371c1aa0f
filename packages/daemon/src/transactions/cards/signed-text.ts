import { safeText } from '@waiaas/contract'
import type { Intent, TypedValue } from '../../chains/intent.ts'

const MOST_LINES = 60
const MOST_LINE = 400

/** The words that a message signs, marked so that none of them can be taken for a line of the card. */
export function signedText(intent: Intent): string[] {
  if (intent.kind === 'text') return marked('The text that is signed:', intent.text.split('\n'))
  if (intent.kind !== 'typed-data') return []
  const { domain, primaryType, message } = intent.data
  return marked(`What is signed, a ${safeText(primaryType, 100)}:`, [
    ...Object.entries(domain).map(([field, value]) => `domain ${field}: ${value}`),
    ...fieldsOf(message, ''),
  ])
}

function marked(title: string, lines: readonly string[]): string[] {
  const shown = lines.slice(0, MOST_LINES).map((line) => `| ${safeText(line, MOST_LINE)}`)
  const more = lines.length - shown.length
  return [
    title,
    ...shown,
    ...(more > 0 ? [`and ${more} more lines, which are not shown here: do not approve what you cannot read`] : []),
  ]
}

function fieldsOf(value: TypedValue, name: string): string[] {
  if (typeof value !== 'object') return [`${name}: ${value}`]
  const all = Array.isArray(value) ? value.map((one, at) => [String(at), one] as const) : Object.entries(value)
  return all.flatMap(([field, inner]) => fieldsOf(inner as TypedValue, name === '' ? field : `${name}.${field}`))
}

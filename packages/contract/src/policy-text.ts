import { isNode, LineCounter, parseDocument, stringify } from 'yaml'

/** A file of policies as the terminal and the admin page read and write it: the policies of a text, and the line of what stands at a path of it. */
export type PolicyText = { readonly policies: readonly unknown[]; lineOf(path: string): number }

/** The text is no file of policies. */
export class PolicyTextError extends Error {
  override readonly name = 'PolicyTextError'
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/** Reads YAML, or JSON, which is YAML too. Throws PolicyTextError. */
export function parsePolicyText(text: string): PolicyText {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    // An address is text, not a number in hexadecimal.
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || (tag.format !== 'HEX' && tag.format !== 'OCT')),
  })
  const [error] = [...document.errors, ...document.warnings]
  if (error) throw new PolicyTextError(lineCounter.linePos(error.pos[0]).line, lowerFirst(error.message))
  const lineOf = (place: string): number => {
    for (let parts = place.split('.'); parts.length > 0; parts = parts.slice(0, -1)) {
      const node = document.getIn(
        parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
        true,
      )
      if (isNode(node) && node.range) return lineCounter.linePos(node.range[0]).line
    }
    return 1
  }
  const value = asValue(() => document.toJS())
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PolicyTextError(1, 'expected policies: and a list')
  const { policies, ...others } = value as { policies?: unknown }
  const [other] = Object.keys(others)
  if (other !== undefined)
    throw new PolicyTextError(lineOf(other), `expected policies: alone, got ${other.slice(0, 60)}:`)
  if (!Array.isArray(policies)) throw new PolicyTextError(lineOf('policies'), 'expected policies: and a list')
  return { policies, lineOf }
}

/** Too many aliases are refused by the reader. */
function asValue(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    throw error instanceof ReferenceError ? new PolicyTextError(1, lowerFirst(error.message)) : error
  }
}

/** As a text that `parsePolicyText` reads. */
export const policyText = (policies: readonly unknown[]): string =>
  stringify({ policies }, { lineWidth: 0, aliasDuplicateObjects: false })

const lowerFirst = (text: string): string => `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`

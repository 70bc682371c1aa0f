import { readFile } from 'node:fs/promises'
import { isNode, LineCounter, parseDocument, stringify } from 'yaml'
import { CommandError, errorCode } from './errors.ts'

/** The policies of a file, and the line of what stands at a path of it. */
export type PolicyFile = { readonly policies: readonly unknown[]; lineOf(path: string): number }

/** Reads YAML, or JSON, which is YAML too. CommandError with file and line where it is not a file of policies. */
export async function readPolicyFile(path: string): Promise<PolicyFile> {
  return parsePolicyFile(path, await textOf(path))
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path, 'utf8')
  } catch (error) {
    throw new CommandError(`cannot read ${path} (${errorCode(error)})`, 'name a file that this user may read', error)
  }
}

export function parsePolicyFile(path: string, text: string): PolicyFile {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    // An address is text, not a number in hexadecimal.
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || (tag.format !== 'HEX' && tag.format !== 'OCT')),
  })
  const wrong = (line: number, message: string) => new CommandError(`${path}:${line}: ${message}`, FORM)
  const [error] = [...document.errors, ...document.warnings]
  if (error) throw wrong(lineCounter.linePos(error.pos[0]).line, lowerFirst(error.message))
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
  const value: unknown = asValue(
    () => document.toJS(),
    (message) => wrong(1, message),
  )
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(1, 'expected policies: and a list')
  const { policies, ...others } = value as { policies?: unknown }
  const [other] = Object.keys(others)
  if (other !== undefined) throw wrong(lineOf(other), `expected policies: alone, got ${other.slice(0, 60)}:`)
  if (!Array.isArray(policies)) throw wrong(lineOf('policies'), 'expected policies: and a list')
  return { policies, lineOf }
}

const FORM = 'waiaas policy export shows the form'

/** Too many aliases are refused by the reader. */
function asValue<T>(read: () => T, wrong: (message: string) => Error): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof ReferenceError ? wrong(lowerFirst(error.message)) : error
  }
}

/** As a file that `parsePolicyFile` reads. */
export const policyFileText = (policies: readonly unknown[]): string =>
  stringify({ policies }, { lineWidth: 0, aliasDuplicateObjects: false })

const lowerFirst = (text: string): string => `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`

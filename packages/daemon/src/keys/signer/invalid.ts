import { KeyError } from '../key-error.ts'

/** Ends an import with a reason that never quotes the secret. */
export function invalid(reason: string): never {
  throw new KeyError('IMPORT_INVALID', reason)
}

/** Parses JSON without letting the parser quote its input; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

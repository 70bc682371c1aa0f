import type { z } from 'zod'
import { didYouMean } from './similar-names.ts'

type Raw = z.core.$ZodRawIssue
type Of<Code extends Raw['code']> = Extract<Raw, { code: Code }>

/** More choices than this are not read by anybody. */
const MOST_CHOICES = 24

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  bigint: 'a whole number',
  array: 'a list, as [ … ]',
  object: 'fields with names, as { … }',
  record: 'fields with names, as { … }',
  null: 'null',
  undefined: 'nothing',
  never: 'nothing',
  nan: 'a number',
}

/** By the formats of texts: what is expected, with an example. */
const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'an id, such as 0197a1c2-5b7e-7c3d-9e4f-1a2b3c4d5e6f',
  guid: 'an id, such as 0197a1c2-5b7e-7c3d-9e4f-1a2b3c4d5e6f',
  url: 'an address of the web, such as https://example.com/hook',
  email: 'an e-mail address, such as ann@example.com',
  datetime: 'a time, such as 2026-01-31T08:00:00Z',
  date: 'a day, such as 2026-01-31',
  time: 'a time of day, such as 08:00:00',
  ipv4: 'an IPv4 address, such as 192.0.2.1',
  ipv6: 'an IPv6 address, such as 2001:db8::1',
  base64: 'base64, such as SGVsbG8=',
  base64url: 'base64url, such as SGVsbG8',
  json_string: 'JSON',
}

/**
 * What a field should have been and what came, in one plain sentence; for `safeParse(value, { error: plainIssue })`. It
 * stands wherever a schema says nothing better itself. A text that came is told by its length alone: it may be a secret.
 */
export function plainIssue(issue: Raw): string {
  // Each code has its row, and takes issues of that code.
  const say = sentences[issue.code] as ((issue: Raw) => string) | undefined
  return say?.(issue) ?? `expected another value, got ${came(issue.input)}`
}

const sentences: { readonly [Code in Raw['code']]?: (issue: Of<Code>) => string } = {
  invalid_type: ({ expected, input }) => `expected ${typeOf(expected)}, got ${came(input)}`,
  invalid_value: ({ values, input }) => `expected ${choice(values)}, got ${came(input)}${meant(input, values)}`,
  invalid_format: ({ format, pattern, input }) =>
    `expected ${FORMATS[format] ?? `text of the form ${pattern ?? format}`}, got ${came(input)}`,
  too_small: ({ origin, minimum, inclusive, exact, input }) =>
    `expected ${amount(exact ? 'exactly' : inclusive === false ? 'more than' : 'at least', minimum, origin)}, got ${came(input)}`,
  too_big: ({ origin, maximum, inclusive, exact, input }) =>
    `expected ${amount(exact ? 'exactly' : inclusive === false ? 'less than' : 'at most', maximum, origin)}, got ${came(input)}`,
  not_multiple_of: ({ divisor, input }) => `expected a multiple of ${divisor}, got ${came(input)}`,
  unrecognized_keys: ({ keys }) => `unknown ${keys.length === 1 ? 'field' : 'fields'} ${some(keys)}`,
  invalid_key: ({ issues }) => `a name in it is not as it should be: ${issues[0]?.message ?? 'expected another name'}`,
  invalid_element: ({ issues }) => issues[0]?.message ?? 'expected another entry',
  invalid_union: (issue) => union(issue),
}

const typeOf = (name: string): string => TYPES[name] ?? name

function amount(bound: string, count: number | bigint, origin: string): string {
  const one = Number(count) === 1
  if (origin === 'string') return `text of ${bound} ${count} ${one ? 'character' : 'characters'}`
  if (origin === 'array' || origin === 'set' || origin === 'map')
    return `${bound} ${count} ${one ? 'entry' : 'entries'}`
  if (origin === 'object' || origin === 'record') return `${bound} ${count} ${one ? 'field' : 'fields'}`
  return `${bound} ${count}`
}

/** What came, by its kind; a number as it is. */
function came(input: unknown): string {
  if (input === undefined) return 'nothing'
  if (input === null) return 'null'
  if (typeof input === 'string') return input === '' ? 'an empty text' : `text of ${counted(input.length, 'character')}`
  if (typeof input === 'number' || typeof input === 'bigint') return `the number ${input}`
  if (typeof input === 'boolean') return String(input)
  if (Array.isArray(input))
    return input.length === 0 ? 'an empty list' : `a list of ${counted(input.length, 'entry', 'entries')}`
  return 'fields with names'
}
const counted = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`

const some = (names: readonly unknown[]): string =>
  names.slice(0, MOST_CHOICES).map(String).join(', ') + (names.length > MOST_CHOICES ? ', …' : '')
const choice = (values: readonly unknown[]): string =>
  values.length === 1 ? String(values[0]) : `one of ${some(values)}`

const meant = (input: unknown, values: readonly unknown[]): string =>
  typeof input === 'string' ? didYouMean(input, values.map(String)) : ''

/** What its options expect, each once. */
function union(issue: Of<'invalid_union'>): string {
  const { input } = issue
  if ('options' in issue && Array.isArray(issue.options)) {
    // The input is the object around the field that says which it is.
    const named = (input as Record<string, unknown> | null | undefined)?.[String(issue.discriminator)]
    return `expected ${choice(issue.options)}, got ${came(named)}${meant(named, issue.options)}`
  }
  const wanted = issue.errors.flatMap((errors) => {
    const [first] = errors
    return first && first.path.length === 0 ? [wantedIn(first.message)] : []
  })
  const each = [...new Set(wanted)]
  if (each.length === 0) return `expected another value, got ${came(input)}`
  return `expected ${each.join(' or ')}, got ${came(input)}`
}
/** The sentence of an option without what came, which is the same for all. */
const wantedIn = (message: string): string => message.replace(/^expected /, '').replace(/, got [^,]*$/, '')

import { expect, test } from 'vitest'
import { z } from 'zod'
import { Id } from './ids.ts'
import { operations } from './operations.ts'
import { plainIssue } from './plain-issues.ts'

const said = (schema: z.ZodType, value: unknown): string[] =>
  schema.safeParse(value, { error: plainIssue }).error?.issues.map(({ message }) => message) ?? []

test.each<[string, z.ZodType, unknown, string]>([
  ['nothing for a text', z.string(), undefined, 'expected text, got nothing'],
  ['a number for a text', z.string(), 7, 'expected text, got the number 7'],
  ['an empty text', z.string().min(1), '', 'expected text of at least 1 character, got an empty text'],
  ['a short text', z.string().min(12), 'short', 'expected text of at least 12 characters, got text of 5 characters'],
  ['a long text', z.string().max(3), 'abcd', 'expected text of at most 3 characters, got text of 4 characters'],
  [
    'a text of another length',
    z.string().length(2),
    'abc',
    'expected text of exactly 2 characters, got text of 3 characters',
  ],
  ['a small number', z.number().min(1), 0, 'expected at least 1, got the number 0'],
  ['nothing more', z.number().gt(1), 1, 'expected more than 1, got the number 1'],
  ['a large number', z.int().max(500), 501, 'expected at most 500, got the number 501'],
  ['a fraction', z.int(), 1.5, 'expected a whole number, got the number 1.5'],
  ['a text for a switch', z.boolean(), 'yes', 'expected true or false, got text of 3 characters'],
  ['a step between', z.number().multipleOf(15), 20, 'expected a multiple of 15, got the number 20'],
  ['an empty list', z.array(z.string()).min(1), [], 'expected at least 1 entry, got an empty list'],
  ['a long list', z.array(z.string()).max(1), ['a', 'b'], 'expected at most 1 entry, got a list of 2 entries'],
  ['fields for a list', z.array(z.string()), {}, 'expected a list, as [ … ], got fields with names'],
  ['a list for fields', z.object({}), [], 'expected fields with names, as { … }, got an empty list'],
  [
    'another word',
    z.enum(['sqlite', 'postgres']),
    'sqlit',
    'expected one of sqlite, postgres, got text of 5 characters (did you mean sqlite?)',
  ],
  ['another constant', z.literal(true), false, 'expected true, got false'],
  ['no id', z.uuid(), 'x', 'expected an id, such as 0197a1c2-5b7e-7c3d-9e4f-1a2b3c4d5e6f, got text of 1 character'],
  ['no time', z.iso.datetime(), 'now', 'expected a time, such as 2026-01-31T08:00:00Z, got text of 3 characters'],
  ['another form', z.string().regex(/^\d+$/), 'x', 'expected text of the form /^\\d+$/, got text of 1 character'],
  ['a field too many', z.strictObject({}), { more: 1 }, 'unknown field more'],
  ['fields too many', z.strictObject({}), { more: 1, most: 2 }, 'unknown fields more, most'],
  ['none of two kinds', z.union([z.string(), z.number()]), true, 'expected text or a number, got true'],
  [
    'no kind',
    z.discriminatedUnion('kind', [z.object({ kind: z.literal('day') }), z.object({ kind: z.literal('month') })]),
    { kind: 'dya' },
    'expected one of day, month, got text of 3 characters (did you mean day?)',
  ],
  [
    'a name that is none',
    z.record(z.string().max(1), z.string()),
    { ab: '' },
    'a name in it is not as it should be: expected text of at most 1 character, got text of 2 characters',
  ],
])('says of %s what was expected and what came', (_, schema, value, sentence) => {
  expect(said(schema, value)).toEqual([sentence])
})

test('leaves what a schema says itself as it is, and tells no text that came', () => {
  expect(said(z.string().min(12, 'expected a longer one'), 'hunter2')).toEqual(['expected a longer one'])
  expect(said(Id, 'hunter2').join()).not.toContain('hunter2')
  expect(said(z.enum(['a']), 'hunter2').join()).not.toContain('hunter2')
})

test('no operation answers a wrong input in the words of the library', () => {
  const wrong = [undefined, null, 7, -1.5, '', 'x', true, [], [7], {}, { more: 1 }]
  const told = new Set<string>()
  for (const { input } of Object.values(operations)) {
    const names = Object.keys((input as { shape?: object }).shape ?? {})
    const given = [{}, { more: 1 }, ...names.flatMap((name) => wrong.map((value) => ({ [name]: value })))]
    for (const one of given) for (const sentence of said(input, one)) told.add(sentence)
  }
  expect(told.size).toBeGreaterThan(50)
  const foreign = [...told].filter((one) => /^(Invalid|Too |Unrecognized|Expected|Required)|received/.test(one))
  expect(foreign).toEqual([])
})

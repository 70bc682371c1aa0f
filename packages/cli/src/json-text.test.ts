import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJson, withMember, withoutMember } from './json-text.ts'

const ours = { command: 'node', args: ['a'] }
const put = (text: string) => withMember(text, 'servers', ['waiaas', ours])

test('a value goes into the object of a field, and every comment stays where it was', () => {
  const text = `// mine
{
  // of the editor
  "theme": "dark", /* and more */
  "servers": { // those I use
    "other": { "command": "x // no comment", }, // keep
  },
}
`
  const changed = put(text)
  expect(changed).toBe(`// mine
{
  // of the editor
  "theme": "dark", /* and more */
  "servers": { // those I use
    "waiaas": {
      "command": "node",
      "args": [
        "a"
      ]
    },
    "other": { "command": "x // no comment", }, // keep
  },
}
`)
  expect(put(changed)).toBe(changed)
  expect(withoutMember(changed, 'servers', 'waiaas')).toBe(text)
})

test.each([
  '{}',
  '{ }',
  '{\n}\n',
  '{ // nothing yet\n}',
  '{"a":1}',
  '{"a":1,}',
  '{"servers":{}}',
  '{"servers":{"other":1}}',
  '{"servers":{"waiaas":{"command":"old"},"other":1}}',
  '{"servers":{"other":1,/* old */"waiaas":{"command":"old"}/* it */}}',
  '{\n\t"servers": {\n\t\t"other": [1, {"b": "}"}],\n\t},\n}',
  '{"ser\\u0076ers":{"other":1}}',
])('%j means afterwards what it meant, and ours', (text) => {
  const before = readJson(text) as { servers?: object }
  const wanted = { ...before, servers: { ...before.servers, waiaas: ours } }
  expect(readJson(put(text))).toEqual(wanted)
  const { waiaas: _old, ...others } = (before.servers ?? {}) as Record<string, unknown>
  expect(readJson(withoutMember(put(text), 'servers', 'waiaas'))).toEqual({ ...before, servers: others })
})

test.each(['', '{', '{"a":1 "b":2}', '{a:1}', "{'a':1}", '{"a": /x/}', '"open', '{"a":1}}', '/* open'])(
  '%j is no JSON',
  (text) => {
    expect(readJson(text)).toBeUndefined()
  },
)

test('whatever JSON stands there means the same beside ours, on one line or on many', () => {
  const key = fc.string({ maxLength: 5 }).filter((text) => text !== '__proto__' && text !== 'servers')
  const object = fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true })
  fc.assert(
    fc.property(object, fc.option(object, { nil: undefined }), fc.constantFrom(0, 2, '\t'), (all, servers, space) => {
      const text = JSON.stringify({ ...all, ...(servers && { servers }) }, null, space)
      const before = JSON.parse(text) as { servers?: object }
      const wanted = { ...before, servers: { ...before.servers, waiaas: ours } }
      expect(readJson(put(text))).toEqual(wanted)
    }),
  )
})

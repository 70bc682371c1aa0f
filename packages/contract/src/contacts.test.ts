import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ContactName, isContactName } from './contacts.ts'
import { CAIP19, isAddress } from './families.ts'
import { isIdText } from './names.ts'

test.each([
  ['bob', 'bob'],
  ['BOB', 'bob'],
  ['ｂｏｂ', 'bob'],
  ['ſam', 'sam'],
  ['ops-team_2', 'ops-team_2'],
])('%s is the contact %s', (text, name) => {
  expect(ContactName.parse(text)).toBe(name)
})

test.each([
  ['nothing', ''],
  ['a name of another service', 'bob.eth'],
  ['a letter of Cyrillic', 'bоb'],
  ['what nobody sees', 'bo\u200bb'],
  ['a chain', 'eip155:1'],
  ['a hex number', '0xb0b'],
  ['a digit in front', '0bob'],
  ['a space', 'bob smith'],
  ['an id', '01990000-0000-7000-8000-000000000000'],
  ['an address', '0x00000000219ab540356cBB839Cbe05303d7705Fa'],
  ['an address of another family', 'So11111111111111111111111111111111111111112'],
  ['25 letters', 'a'.repeat(25)],
])('%s is the name of no contact', (_what, text) => {
  expect(isContactName(text)).toBe(false)
})

test('no name of a contact is an address, an asset or an id, and each is its own form', () => {
  const names = fc.oneof(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,23}$/), fc.string({ unit: 'grapheme' }))
  fc.assert(
    fc.property(names, (text) => {
      const { data: name } = ContactName.safeParse(text)
      if (name === undefined) return
      expect(isAddress(name) || isAddress(text) || CAIP19.test(name) || isIdText(name)).toBe(false)
      expect(ContactName.parse(name)).toBe(name)
    }),
  )
})

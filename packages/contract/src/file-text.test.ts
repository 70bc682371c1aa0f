import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fileText, misreadSecret, secretText } from './file-text.ts'

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()
const bytes = (...parts: (string | Uint8Array | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))
const marks = { utf8: [0xef, 0xbb, 0xbf], le: [0xff, 0xfe], be: [0xfe, 0xff] }

describe('the text of a file', () => {
  test('is the same in UTF-8 and, with their marks, in UTF-16 of either order', () => {
    const anyText = fc.string({ unit: 'grapheme' }).filter((text) => !/[\0\uFEFF]/.test(text))
    fc.assert(
      fc.property(anyText, (text) => {
        expect(fileText(bytes(text))).toEqual({ text })
        expect(fileText(bytes(marks.utf8, text))).toEqual({ text })
        expect(fileText(bytes(marks.le, Buffer.from(text, 'utf16le')))).toEqual({ text })
        expect(fileText(bytes(marks.be, utf16be(text)))).toEqual({ text })
      }),
    )
  })

  test.each<[string, Uint8Array, string]>([
    ['Windows-1252', bytes('p', [0xe4], 'ssword'), 'Windows-1252 or Latin-1 text'],
    ['Windows-1252 with its own signs', bytes([0x93], 'x', [0x94], '\r\n'), 'Windows-1252 or Latin-1 text'],
    ['UTF-8 that was cut', bytes('ä').subarray(0, 1), 'Windows-1252 or Latin-1 text'],
    ['UTF-16 without a mark', Buffer.from('secret\r\n', 'utf16le'), 'UTF-16 text without a byte order mark'],
    ['UTF-16 of the other order without a mark', utf16be('secret'), 'UTF-16 text without a byte order mark'],
    ['UTF-16 that was cut', bytes(marks.le, 's\0e'), 'damaged UTF-16'],
    ['UTF-16 with half a pair', bytes(marks.le, [0x00, 0xd8]), 'damaged UTF-16'],
    ['UTF-32', bytes(marks.le, [0, 0], 's\0\0\0'), 'UTF-32'],
    ['a NUL byte at the end', bytes('secret\0'), 'NUL bytes'],
    ['an image', bytes([0x89], 'PNG', [0x1a]), 'no text'],
  ])('%s is refused by name', (_name, content, got) => {
    expect(fileText(content).got).toContain(got)
  })
})

describe('a secret in a file', () => {
  test.each(['secret', 'secret\n', 'secret\r\n', 'secret\r', 'secret\r\n\r\n'])('%j is without line ends', (text) => {
    expect(secretText(bytes(marks.utf8, text))).toEqual({ text: 'secret' })
    expect(secretText(bytes(marks.le, Buffer.from(text, 'utf16le')))).toEqual({ text: 'secret' })
  })

  test('keeps the spaces at its ends, and line ends within', () => {
    expect(secretText(bytes(' a\nb \n'))).toEqual({ text: ' a\nb ' })
  })

  test('can still be read as it was before encodings were looked at', () => {
    expect(misreadSecret(bytes('p', [0xe4], 'ss\r\n'))).toBe('p\uFFFDss')
    expect(misreadSecret(bytes(marks.utf8, 'pass\n\n'))).toBe('\uFEFFpass\n')
  })
})

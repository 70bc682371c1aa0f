import type { Chain, ImportSecret } from '../types.ts'
import { chains } from './chains.ts'
import { invalid } from './invalid.ts'

/** What a text editor puts in front of UTF-8. */
const byteOrderMark = /^\uFEFF/

/** The texts of a secret as they were meant: without byte order marks; what was read in a wrong encoding is refused by name. */
export function asWritten<Secret extends ImportSecret>(secret: Secret): Secret {
  const entries = Object.entries(secret).map(([name, text]) => [name, isFree(name) ? text : cleaned(name, text)])
  return Object.fromEntries(entries) as Secret // the same fields, each of them text
}

/** Passwords are tried as they came: a file may have been written under one that was misread. */
const isFree = (name: string): boolean => name === 'password'

function cleaned(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const what = name === 'passphrase' ? 'passphrase' : 'secret'
  if (text.includes('\0'))
    invalid(`the ${what} is UTF-16 text, or no text at all, that was read as UTF-8: save it as UTF-8`)
  if (text.includes('\uFFFD'))
    invalid(`the ${what} is Windows-1252, Latin-1 or UTF-16 text that was read as UTF-8: save it as UTF-8`)
  return text.replace(byteOrderMark, '')
}

/** The forms under which a password may have been typed when the file was written, the given one first. */
export const passwordForms = (password: string): string[] => {
  const plain = password.replace(byteOrderMark, '')
  return [...new Set([password, plain, ...(['NFC', 'NFD', 'NFKC'] as const).map((form) => plain.normalize(form))])]
}

/** Says what a text is that is no private key of the chain, without quoting it. */
export function refusePrivateKey(chain: Chain, text: string): never {
  const { secretForm } = chains[chain]
  return invalid(
    `not a private key of ${chain}, wrong length or alphabet: expected ${secretForm}, got ${shapeOf(text.trim())}`,
  )
}

function shapeOf(text: string): string {
  if (text === '') return 'nothing'
  if (/^0x$/i.test(text)) return '0x with nothing behind it'
  if (/^[[{]/.test(text)) return 'JSON: name the format of the key file, solana-keypair or keystore-v3'
  if (text.split(/\s+/).length >= 12) return 'words: a recovery phrase has the format mnemonic'
  if (/^["']|["']$/.test(text)) return 'text in quotes: leave them out'
  const digits = text.replace(/^0x/i, '').replace(/\s+/g, '')
  if (!/^[0-9a-f]*$/i.test(digits)) return `${digits.length} characters that are not of this form`
  const isShort = digits.length < 64 && digits.length >= 60
  return `${digits.length} hexadecimal digits${isShort ? ': where zeros in front were left out, put them back' : ''}`
}

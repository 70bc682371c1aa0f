import { Failure, type TypedDataInput } from '@waiaas/contract'
import type { TypedData, TypedField, TypedValue } from '../../intent.ts'
import { checksummed } from '../address.ts'

const NAME = /^[a-zA-Z_$][a-zA-Z0-9_$]{0,63}$/
const ARRAY = /^(.+)\[(\d{0,4})\]$/
const MOST_DEPTH = 8
const MOST_VALUES = 1_000
/** The fields of a domain, in the order of the standard. */
export const DOMAIN_FIELDS: readonly TypedField[] = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
  { name: 'salt', type: 'bytes32' },
]
const DOMAIN_TYPE = 'EIP712Domain'

type Types = TypedData['types']
type Reading = { readonly types: Types; values: number }
/** Where a value stands, for the message of a refusal. */
type Place = { readonly type: string; readonly at: string; readonly depth: number }

/**
 * Typed data (EIP-712) in one form: all that is signed and nothing else, each value exactly of its type, numbers as decimal
 * text, bytes and addresses in lower case. Failure INVALID_TRANSACTION says what is not so.
 * https://eips.ethereum.org/EIPS/eip-712
 */
export function readTypedData({ domain, types: declared, primaryType, message }: TypedDataInput): TypedData {
  const { [DOMAIN_TYPE]: domainType, ...others } = declared
  const types = requireTypes(others, primaryType)
  const given: Readonly<Record<string, unknown>> = domain
  const present = DOMAIN_FIELDS.filter(({ name }) => given[name] !== undefined)
  if (domainType && JSON.stringify(domainType.map(plain)) !== JSON.stringify(present))
    throw odd(`${DOMAIN_TYPE} has to have the fields of the domain, in the order of the standard`)
  const reading = { types, values: 0 }
  const read = present.map(({ name, type }) => {
    const place = { type, at: `domain.${name}`, depth: 0 }
    // Of these types every value is a text.
    return [name, readValue(reading, place, given[name]) as string] as const
  })
  return {
    domain: Object.fromEntries(read),
    types,
    primaryType,
    // That of a struct is a record.
    message: readValue(reading, { type: primaryType, at: 'message', depth: 0 }, message) as TypedData['message'],
  }
}

const plain = ({ name, type }: TypedField): TypedField => ({ name, type })

/** Those that are reached from the first, each once; others could say something that nothing is signed of. */
function requireTypes(declared: TypedDataInput['types'], primaryType: string): Types {
  const reached = new Map<string, readonly TypedField[]>()
  const reach = (name: string, above: readonly string[]): void => {
    if (above.includes(name)) throw odd(`the type ${name} contains itself`)
    if (above.length > MOST_DEPTH) throw odd(`types stand at most ${MOST_DEPTH} deep in each other`)
    const fields = Object.hasOwn(declared, name) ? declared[name]! : undefined
    if (!fields) throw odd(`the type ${name} is not declared`)
    if (!NAME.test(name) || isAtomic(name)) throw odd(`${name} is no name of a type`)
    const names = fields.map((field) => field.name)
    if (names.some((each) => !NAME.test(each) || each === '__proto__') || new Set(names).size < names.length)
      throw odd(`the fields of ${name} need names of letters and digits, each another one`)
    reached.set(name, fields.map(plain))
    for (const { type } of fields) {
      const item = itemOf(type)
      if (!isAtomic(item)) reach(item, [...above, name])
    }
  }
  reach(primaryType, [])
  const unused = Object.keys(declared).find((name) => !reached.has(name))
  if (unused !== undefined) throw odd(`the type ${unused} is declared and nothing of the message is of it`)
  return Object.fromEntries(reached)
}

/** What an array of arrays is made of at last. */
function itemOf(type: string): string {
  const [, item] = ARRAY.exec(type) ?? []
  return item === undefined ? type : itemOf(item)
}

/** Numbers are of whole bytes, fixed bytes of 1 to 32. */
function isAtomic(type: string): boolean {
  if (['address', 'bool', 'string', 'bytes'].includes(type)) return true
  const [, name, digits = ''] = /^(u?int|bytes)([1-9]\d{0,2})$/.exec(type) ?? []
  const size = Number(digits)
  return name === 'bytes' ? size <= 32 : name !== undefined && size % 8 === 0 && size <= 256
}

function readValue(reading: Reading, place: Place, value: unknown): TypedValue {
  if (++reading.values > MOST_VALUES) throw odd(`it has more than ${MOST_VALUES} values`)
  if (place.depth > 2 * MOST_DEPTH) throw odd('it is too deep')
  const [, item, length] = ARRAY.exec(place.type) ?? []
  if (item !== undefined) return readArray(reading, { ...place, type: item }, { value, length: length! })
  if (Object.hasOwn(reading.types, place.type)) return readStruct(reading, place, value)
  return readAtom(place, value)
}

type Listed = { readonly value: unknown; readonly length: string }

function readArray(reading: Reading, { type, at, depth }: Place, { value, length }: Listed): TypedValue {
  if (!Array.isArray(value)) throw odd(`${at}: expected a list`)
  if (length !== '' && (String(Number(length)) !== length || value.length !== Number(length)))
    throw odd(`${at}: expected ${length} items, got ${value.length}`)
  return value.map((each, index) => readValue(reading, { type, at: `${at}[${index}]`, depth: depth + 1 }, each))
}

function readStruct(reading: Reading, { type, at, depth }: Place, value: unknown): TypedValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw odd(`${at}: expected an object`)
  const fields = reading.types[type]!
  const given = value as Readonly<Record<string, unknown>>
  const unknown = Object.keys(given).find((name) => !fields.some((field) => field.name === name))
  if (unknown !== undefined) throw odd(`${at}.${unknown}: ${type} has no such field, and nothing would be signed of it`)
  return Object.fromEntries(
    fields.map(({ name, type: own }) => {
      if (!Object.hasOwn(given, name)) throw odd(`${at}.${name}: expected a value of ${own}`)
      return [name, readValue(reading, { type: own, at: `${at}.${name}`, depth: depth + 1 }, given[name])]
    }),
  )
}

function readAtom({ type, at }: Place, value: unknown): TypedValue {
  const read = atomOf(type, value)
  if (read === undefined) throw odd(`${at}: expected a value of ${type}, got ${shown(value)}`)
  return read
}

function atomOf(type: string, value: unknown): TypedValue | undefined {
  if (type === 'bool') return typeof value === 'boolean' ? value : undefined
  if (type === 'string') return typeof value === 'string' && value.isWellFormed() ? value : undefined
  if (type === 'address') return addressIn(value)
  if (type.startsWith('bytes')) {
    const size = type === 'bytes' ? undefined : Number(type.slice(5))
    const isHex = typeof value === 'string' && /^0x(?:[0-9a-fA-F]{2})*$/.test(value)
    return isHex && (size === undefined || value.length === 2 + 2 * size) ? value.toLowerCase() : undefined
  }
  return numberIn(type, value)
}

/** In any one case; a mixed one has the right checksum. */
function addressIn(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(value)) return undefined
  const lower = value.toLowerCase()
  const isMixed = value !== lower && value.slice(2) !== value.slice(2).toUpperCase()
  return isMixed && checksummed(value) !== value ? undefined : lower
}

/** Decimal text, hex of a number, or a JSON number that lost no digits. */
function numberIn(type: string, value: unknown): string | undefined {
  const isText = typeof value === 'string' && /^(?:0|-?[1-9]\d{0,77}|0x[0-9a-fA-F]{1,64})$/.test(value)
  if (!isText && !Number.isSafeInteger(value)) return undefined
  const number = BigInt(value as string | number)
  const isSigned = type.startsWith('int')
  const bits = BigInt(type.slice(isSigned ? 3 : 4))
  const [least, most] = isSigned ? [-(2n ** (bits - 1n)), 2n ** (bits - 1n)] : [0n, 2n ** bits]
  return number >= least && number < most ? number.toString() : undefined
}

const shown = (value: unknown): string => String(JSON.stringify(value) ?? typeof value).slice(0, 80)

const odd = (message: string) => new Failure('INVALID_TRANSACTION', `expected typed data as EIP-712 has it: ${message}`)

/** How the type of a struct is written for its hash: itself, and all that it refers to by name. */
export function encodedType(types: Types, primaryType: string): string {
  const written = (name: string) =>
    `${name}(${types[name]!.map(({ name: field, type }) => `${type} ${field}`).join(',')})`
  const others = Object.keys(types).filter((name) => name !== primaryType)
  return [primaryType, ...others.sort()].map(written).join('')
}

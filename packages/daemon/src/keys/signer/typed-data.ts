import { keccak_256 } from '@noble/hashes/sha3.js'
import { isRecord, parseJson } from './invalid.ts'
import { refuse } from './refuse.ts'

/** Typed data (EIP-712), read whole: numbers are decimal text, bytes and addresses lower-case hex. */
export type TypedData = {
  readonly domain: Readonly<Record<string, string>>
  readonly types: Readonly<Record<string, readonly Field[]>>
  readonly primaryType: string
  readonly message: Values
}
type Field = { readonly name: string; readonly type: string }
type Value = string | boolean | readonly Value[] | Values
export type Values = { readonly [field: string]: Value }

const MOST_BYTES = 64 * 1_024
const MOST_DEPTH = 16
const NAME = /^[a-zA-Z_$][a-zA-Z0-9_$]{0,63}$/
const ARRAY = /^(.+)\[(\d{0,4})\]$/
const DOMAIN: Readonly<Record<string, string>> = {
  name: 'string',
  version: 'string',
  chainId: 'uint256',
  verifyingContract: 'address',
  salt: 'bytes32',
}

/** Reads the one text that says it: fields in the order of their types, nothing besides, each value in its one form. */
export function readTypedData(payload: Uint8Array): TypedData {
  if (payload.length > MOST_BYTES) refuse(`typed data has ${MOST_BYTES} bytes at most`)
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8')
  const told = parseJson(text)
  if (!isRecord(told) || !isRecord(told.domain) || !isRecord(told.types) || !isRecord(told.message))
    return refuse('typed data is an object with domain, types, primaryType and message')
  const types = typesIn(told.types)
  const { primaryType } = told
  if (typeof primaryType !== 'string' || !Object.hasOwn(types, primaryType)) return refuse('its type is not declared')
  const domain = Object.fromEntries(
    Object.entries(DOMAIN).flatMap(([name, type]) => {
      const value = (told.domain as Record<string, unknown>)[name]
      return value === undefined ? [] : [[name, readValue({}, { type, depth: 0 }, value) as string]]
    }),
  )
  // That of a struct is a record.
  const message = readValue(types, { type: primaryType, depth: 0 }, told.message) as Values
  const data = { domain, types, primaryType, message }
  // What was left out, doubled or written otherwise makes another text.
  if (JSON.stringify(data) !== text) refuse('typed data is not in its one form')
  if (Object.keys(types).some((name) => !reachable(types, primaryType).has(name))) refuse('a type of it is not used')
  return data
}

function typesIn(told: Record<string, unknown>): TypedData['types'] {
  const types: Record<string, Field[]> = {}
  for (const [name, fields] of Object.entries(told)) {
    if (!NAME.test(name) || isAtom(name) || !Array.isArray(fields)) refuse('a type of it has no proper name or fields')
    const names = new Set<string>()
    types[name] = (fields as unknown[]).map((field) => {
      if (!isRecord(field) || typeof field.name !== 'string' || typeof field.type !== 'string')
        return refuse('a field of it has no name or type')
      if (!NAME.test(field.name) || field.name === '__proto__' || names.has(field.name))
        refuse('a field of it has no proper name')
      names.add(field.name)
      return { name: field.name, type: field.type }
    })
  }
  return types
}

function isAtom(type: string): boolean {
  if (/^(address|bool|string|bytes)$/.test(type)) return true
  const [, name, digits] = /^(u?int|bytes)([1-9]\d{0,2})$/.exec(type) ?? []
  if (name === undefined) return false
  return name === 'bytes' ? Number(digits) <= 32 : Number(digits) % 8 === 0 && Number(digits) <= 256
}

type Place = { readonly type: string; readonly depth: number }

function readValue(types: TypedData['types'], { type, depth }: Place, value: unknown): Value {
  if (depth > MOST_DEPTH) refuse('typed data is too deep')
  const [, item, length = ''] = ARRAY.exec(type) ?? []
  if (item !== undefined) {
    if (!Array.isArray(value) || (length !== '' && `${value.length}` !== length))
      return refuse('a list has another length')
    return value.map((each) => readValue(types, { type: item, depth: depth + 1 }, each))
  }
  if (!Object.hasOwn(types, type)) return isAtom(type) ? atomOf(type, value) : refuse('a type of it is not declared')
  if (!isRecord(value)) return refuse('a struct of it is no object')
  return Object.fromEntries(
    types[type]!.map((field) => [
      field.name,
      readValue(types, { type: field.type, depth: depth + 1 }, value[field.name]),
    ]),
  )
}

function atomOf(type: string, value: unknown): string | boolean {
  if (type === 'bool') return typeof value === 'boolean' ? value : refuse('expected true or false')
  if (typeof value !== 'string') return refuse(`expected a text for ${type}`)
  if (type === 'string') return value.isWellFormed() ? value : refuse('a text is not well formed')
  if (type === 'address') return /^0x[0-9a-f]{40}$/.test(value) ? value : refuse('expected an address')
  if (type.startsWith('bytes')) {
    const size = type === 'bytes' ? '*' : `{${type.slice(5)}}`
    return new RegExp(`^0x(?:[0-9a-f]{2})${size}$`).test(value) ? value : refuse('expected bytes')
  }
  if (!/^(?:0|-?[1-9]\d{0,77})$/.test(value)) return refuse('expected a number')
  const isSigned = type.startsWith('int')
  const bits = BigInt(type.slice(isSigned ? 3 : 4))
  const number = BigInt(value)
  const fits = isSigned
    ? BigInt.asIntN(Number(bits), number) === number
    : BigInt.asUintN(Number(bits), number) === number
  return fits ? value : refuse('a number is out of the range of its type')
}

/** All types that one refers to, itself included. */
function reachable(types: TypedData['types'], from: string, known = new Set<string>()): Set<string> {
  if (known.has(from)) return known
  known.add(from)
  for (const { type } of types[from] ?? []) {
    const item = type.replace(/(\[\d*\])+$/, '')
    if (Object.hasOwn(types, item)) reachable(types, item, known)
  }
  return known
}

/** How a type is written where it is hashed. */
export function typeText({ types }: Pick<TypedData, 'types'>, name: string): string {
  const own = (each: string) => `${each}(${types[each]!.map((field) => `${field.type} ${field.name}`).join(',')})`
  const others = [...reachable(types, name)].filter((each) => each !== name).sort()
  return [name, ...others].map(own).join('')
}

/** What the curve signs of it, made of what it says. */
export function typedHash(data: TypedData): Uint8Array {
  const fields = Object.entries(DOMAIN).filter(([name]) => data.domain[name] !== undefined)
  const domainTypes = { EIP712Domain: fields.map(([name, type]) => ({ name, type })) }
  const domain = structHash({ types: domainTypes }, 'EIP712Domain', data.domain)
  return keccak_256(Buffer.concat([Buffer.of(0x19, 0x01), domain, structHash(data, data.primaryType, data.message)]))
}

type InTypes = Pick<TypedData, 'types'>

function structHash(data: InTypes, name: string, value: Values): Uint8Array {
  const type = keccak_256(Buffer.from(typeText(data, name), 'utf8'))
  const words = data.types[name]!.map((field) => word(data, field.type, value[field.name]!))
  return keccak_256(Buffer.concat([type, ...words]))
}

/** The 32 bytes that stand for a value. */
function word(data: InTypes, type: string, value: Value): Uint8Array {
  const [, item] = ARRAY.exec(type) ?? []
  // Each was read as a value of its type.
  if (item !== undefined) return keccak_256(Buffer.concat((value as Value[]).map((each) => word(data, item, each))))
  if (Object.hasOwn(data.types, type)) return structHash(data, type, value as Values)
  if (type === 'string') return keccak_256(Buffer.from(value as string, 'utf8'))
  if (type === 'bytes') return keccak_256(bytesOf(value as string))
  if (type.startsWith('bytes')) return Buffer.concat([bytesOf(value as string), Buffer.alloc(32)]).subarray(0, 32)
  if (type === 'address') return Buffer.concat([Buffer.alloc(12), bytesOf(value as string)])
  const number = type === 'bool' ? BigInt(value as boolean) : BigInt.asUintN(256, BigInt(value as string))
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex')
}

const bytesOf = (text: string): Buffer => Buffer.from(text.slice(2), 'hex')

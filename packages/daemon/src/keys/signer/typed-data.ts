import { keccak_256 } from '@noble/hashes/sha3.js'
import { refuse } from './refuse.ts'

type Field = { name: string; type: string }
type Types = Record<string, Field[]>
type Values = Record<string, unknown>
export type TypedData = { domain: Values; types: Types; primaryType: string; message: Values }

const domainFields: Field[] = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
  { name: 'salt', type: 'bytes32' },
]
const maximumDepth = 32

/** EIP-712 digest of `{ domain, types, primaryType, message }` as JSON text. Surplus, missing and inexact values are refused. */
export function typedDataHash(json: string): Uint8Array {
  return hashTypedData(readTypedData(json))
}

/** EIP-712 digest. */
export function hashTypedData({ domain, types, primaryType, message }: TypedData): Uint8Array {
  const separator = hashStruct('EIP712Domain', domain, {
    types: { EIP712Domain: domainType(domain, types) },
    depth: 0,
  })
  return keccak_256(
    Buffer.concat([Buffer.of(0x19, 0x01), separator, hashStruct(primaryType, message, { types, depth: 0 })]),
  )
}

function readTypedData(json: string): TypedData {
  let data: unknown
  try {
    data = JSON.parse(json)
  } catch {
    // The parser's own message may quote the input.
    return refuse('typed data is not JSON')
  }
  if (!isRecord(data)) return refuse('typed data is not an object')
  const { domain, types, primaryType, message, ...surplus } = data
  if (Object.keys(surplus).length > 0) refuse('typed data has fields other than domain, types, primaryType and message')
  if (!isRecord(domain) || !isRecord(message) || !isTypes(types) || typeof primaryType !== 'string')
    return refuse('typed data needs domain, types, primaryType and message')
  if (primaryType === 'EIP712Domain') refuse('a domain alone is not signed')
  return { domain, types, primaryType, message }
}

function domainType(domain: Values, types: Types): Field[] {
  const present = domainFields.filter(({ name }) => domain[name] !== undefined)
  if (present.length === 0 || present.length !== Object.keys(domain).length)
    refuse('the domain needs at least one of name, version, chainId, verifyingContract and salt, and nothing else')
  const declared = Object.hasOwn(types, 'EIP712Domain') ? types.EIP712Domain! : present
  const key = ({ name, type }: Field) => `${type} ${name}`
  if (declared.map(key).sort().join() !== present.map(key).sort().join())
    refuse('types.EIP712Domain does not describe the domain')
  return declared
}

type Nesting = { types: Types; depth: number }

function hashStruct(name: string, value: unknown, { types, depth }: Nesting): Uint8Array {
  if (depth > maximumDepth) refuse('typed data is nested too deeply')
  const fields = fieldsOf(name, types)
  if (!isRecord(value)) return refuse(`expected an object of type ${name}`)
  const surplus = Object.keys(value).find((key) => !fields.some((field) => field.name === key))
  if (surplus !== undefined) refuse(`type ${name} has no field of that name: ${surplus}`)
  const typeHash = keccak_256(Buffer.from(encodeType(name, types), 'utf8'))
  const encoded = fields.map((field) => {
    if (!Object.hasOwn(value, field.name)) refuse(`field ${field.name} of type ${name} is missing`)
    return encodeValue(field.type, value[field.name], { types, depth: depth + 1 })
  })
  return keccak_256(Buffer.concat([typeHash, ...encoded]))
}

function encodeType(primary: string, types: Types): string {
  const found = new Set<string>()
  const visit = (type: string): void => {
    const name = type.replace(/\[.*$/, '')
    if (!Object.hasOwn(types, name) || found.has(name)) return
    found.add(name)
    for (const field of types[name]!) visit(field.type)
  }
  visit(primary)
  found.delete(primary)
  const print = (name: string) => `${name}(${types[name]!.map((field) => `${field.type} ${field.name}`).join(',')})`
  return [primary, ...[...found].sort()].map(print).join('')
}

function encodeValue(type: string, value: unknown, { types, depth }: Nesting): Uint8Array {
  const array = /^(.+)\[(\d*)\]$/.exec(type)
  if (array) {
    const [, element, size] = array
    if (!Array.isArray(value)) return refuse(`expected a list of type ${type}`)
    if (size !== '' && value.length !== Number(size)) refuse(`expected ${size} values of type ${element}`)
    return keccak_256(Buffer.concat(value.map((item) => encodeValue(element!, item, { types, depth: depth + 1 }))))
  }
  if (Object.hasOwn(types, type)) return hashStruct(type, value, { types, depth })
  return encodeAtom(type, value)
}

/** One value of an elementary type as its 32 bytes. */
export function encodeAtom(type: string, value: unknown): Uint8Array {
  if (type === 'string')
    return typeof value === 'string' ? keccak_256(Buffer.from(value, 'utf8')) : refuse('expected a string')
  if (type === 'bytes') return keccak_256(readHex(type, value))
  if (type === 'bool') return typeof value === 'boolean' ? word(value ? 1n : 0n) : refuse('expected true or false')
  if (type === 'address') return Buffer.concat([Buffer.alloc(12), readHex(type, value, 20)])
  const fixed = /^bytes([1-9]|[12]\d|3[0-2])$/.exec(type)
  if (fixed) return Buffer.concat([readHex(type, value, Number(fixed[1])), Buffer.alloc(32 - Number(fixed[1]))])
  const integer = /^(u?)int(\d+)$/.exec(type)
  const bits = Number(integer?.[2] ?? 0)
  if (!integer || bits === 0 || bits > 256 || bits % 8 !== 0) return refuse(`typed data names an unknown type: ${type}`)
  return encodeInteger(type, readInteger(type, value), { bits: BigInt(bits), isUnsigned: integer[1] === 'u' })
}

type Width = { bits: bigint; isUnsigned: boolean }

function encodeInteger(type: string, value: bigint, { bits, isUnsigned }: Width): Uint8Array {
  const low = isUnsigned ? 0n : -(2n ** (bits - 1n))
  const high = isUnsigned ? 2n ** bits : 2n ** (bits - 1n)
  if (value < low || value >= high) refuse(`a value does not fit into ${type}`)
  return word(BigInt.asUintN(256, value))
}

function readInteger(type: string, value: unknown): bigint {
  // JSON numbers above 2^53 have already lost digits when they arrive here.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'bigint') return value
  if (typeof value === 'string' && /^(-?\d+|0x[0-9a-f]+)$/i.test(value)) return BigInt(value)
  return refuse(`expected ${type} as an exact integer or its text`)
}

function readHex(type: string, value: unknown, size?: number): Buffer {
  if (typeof value !== 'string' || !/^0x([0-9a-f]{2})*$/i.test(value))
    return refuse(`expected ${type} as hexadecimal text`)
  const bytes = Buffer.from(value.slice(2), 'hex')
  return size === undefined || bytes.length === size ? bytes : refuse(`expected ${size} bytes for ${type}`)
}

function fieldsOf(name: string, types: Types): Field[] {
  if (!Object.hasOwn(types, name)) refuse(`typed data does not define its type ${name}`)
  return types[name]!
}

const word = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

export const isRecord = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const identifier = /^[A-Za-z_$][\w$]*$/
const typeReference = /^[A-Za-z_$][\w$]*(\[\d*\])*$/
const elementary = /^(string|bool|address|bytes\d*|u?int\d*)$/

/** Names that could be read in two ways, or that hide an elementary type, make no types. */
function isTypes(value: unknown): value is Types {
  return isRecord(value) && Object.entries(value).every(([name, fields]) => isStructName(name) && areFields(fields))
}

const isStructName = (name: string): boolean => identifier.test(name) && !elementary.test(name)

function areFields(fields: unknown): boolean {
  if (!Array.isArray(fields)) return false
  const isField = (field: unknown) =>
    isRecord(field) && identifier.test(String(field.name)) && typeReference.test(String(field.type))
  return fields.every(isField) && new Set(fields.map((field: Field) => field.name)).size === fields.length
}

import type { TypedData, TypedField, TypedValue } from '../../intent.ts'
import { fromHex, keccak } from '../hex.ts'
import { DOMAIN_FIELDS, encodedType } from './typed-data.ts'

type Types = TypedData['types']
const ARRAY = /^(.+)\[\d*\]$/
const DOMAIN_TYPE = 'EIP712Domain'

/** What the curve signs: https://eips.ethereum.org/EIPS/eip-712 */
export function typedDataHash({ domain, types, primaryType, message }: TypedData): Uint8Array {
  const present: TypedField[] = DOMAIN_FIELDS.filter(({ name }) => domain[name] !== undefined)
  const separator = structHash({ [DOMAIN_TYPE]: present }, DOMAIN_TYPE, domain)
  return keccak(Buffer.concat([Buffer.of(0x19, 0x01), separator, structHash(types, primaryType, message)]))
}

/** The hash of a struct of such a type. */
export function structHash(types: Types, name: string, value: TypedData['message']): Uint8Array {
  const reached = reachedFrom(types, name)
  const words = types[name]!.map((field) => word(types, field.type, value[field.name]!))
  return keccak(Buffer.concat([keccak(Buffer.from(encodedType(reached, name), 'utf8')), ...words]))
}

/** The types that one refers to, itself included. */
function reachedFrom(types: Types, name: string, known: Record<string, readonly TypedField[]> = {}): Types {
  if (Object.hasOwn(known, name)) return known
  known[name] = types[name]!
  for (const { type } of types[name]!) {
    const item = type.replace(/(\[\d*\])+$/, '')
    if (Object.hasOwn(types, item)) reachedFrom(types, item, known)
  }
  return known
}

// Each value was read as one of its type.
function word(types: Types, type: string, value: TypedValue): Uint8Array {
  const [, item] = ARRAY.exec(type) ?? []
  if (item !== undefined) return keccak(Buffer.concat((value as TypedValue[]).map((each) => word(types, item, each))))
  if (Object.hasOwn(types, type)) return structHash(types, type, value as TypedData['message'])
  if (type === 'string') return keccak(Buffer.from(value as string, 'utf8'))
  if (type === 'bytes') return keccak(fromHex(value as string))
  if (type === 'bool') return Buffer.from((value === true ? '1' : '0').padStart(64, '0'), 'hex')
  const text = value as string
  if (type === 'address') return fromHex(`0x${text.slice(2).padStart(64, '0')}`)
  if (type.startsWith('bytes')) return fromHex(text.padEnd(66, '0'))
  return fromHex(`0x${BigInt.asUintN(256, BigInt(text)).toString(16).padStart(64, '0')}`)
}

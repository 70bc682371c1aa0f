import { keccak, toHex } from './hex.ts'

/**
 * A value of the contract ABI: numbers are bigint, addresses and bytes lower-case hex, tuples and arrays lists.
 * https://docs.soliditylang.org/en/latest/abi-spec.html
 */
export type AbiValue = bigint | boolean | string | readonly AbiValue[]

/** A function of a contract. */
export type AbiFunction = {
  /** First four bytes of the keccak hash of the signature, 0x and eight digits. */
  readonly selector: string
  /** Calldata. Throws RangeError for values that are not of the types. */
  encode(values: readonly AbiValue[]): string
  /** The arguments; undefined unless the calldata is what `encode` makes of them, to the last bit. */
  decode(data: string): readonly AbiValue[] | undefined
}

type Type =
  | { readonly kind: 'word'; read(word: string): AbiValue | undefined; write(value: AbiValue): string }
  | { readonly kind: 'bytes'; readonly isText: boolean }
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  | { readonly kind: 'array'; readonly item: Type }

/** Reads a signature such as `transfer(address,uint256)`, without names. Throws RangeError where it is none. */
export function abiFunction(signature: string): AbiFunction {
  const open = signature.indexOf('(')
  if (!/^[a-z_$][\w$]*$/i.test(signature.slice(0, open))) throw noType(signature)
  const selector = toHex(keccak(Buffer.from(signature)).subarray(0, 4))
  const { encode, decode } = abiValues(signature.slice(open))
  return {
    selector,
    encode: (values) => selector + encode(values).slice(2),
    decode: (data) => (data.startsWith(selector) ? decode(`0x${data.slice(10)}`) : undefined),
  }
}

/** The selector that a text is, or that of the function whose signature it is; undefined when it is neither. */
export function parseSelector(method: string): string | undefined {
  if (/^0x[0-9a-f]{8}$/i.test(method)) return method.toLowerCase()
  try {
    return abiFunction(method).selector
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The same for what stands behind a selector or comes back from a call, such as `(bool,bytes)`. */
export function abiValues(types: string): Pick<AbiFunction, 'encode' | 'decode'> {
  const type = typeOf(types)
  if (type.kind !== 'tuple') throw noType(types)
  return {
    encode: (values) => `0x${write(type, values)}`,
    decode: (data) => (/^0x(?:[0-9a-f]{64})*$/.test(data) ? readTuple(type.items, data.slice(2)) : undefined),
  }
}

/** Reading gives up in one place. What is not canonical is read differently by different contracts, so nothing is known of it. */
class NotCanonical extends Error {}

function readTuple(items: readonly Type[], data: string): readonly AbiValue[] | undefined {
  try {
    const { values, end } = readItems(items, data, 0)
    return end === data.length ? values : undefined
  } catch (error) {
    if (error instanceof NotCanonical) return undefined
    throw error
  }
}

type Read<V> = { readonly values: V; readonly end: number }

/** Positions are in digits. Contents of dynamic items stand behind all heads, in order and without gaps. */
function readItems(items: readonly Type[], data: string, start: number): Read<AbiValue[]> {
  let head = start
  let end = start + items.reduce((sum, item) => sum + headSize(item), 0)
  const values: AbiValue[] = []
  for (const item of items) {
    if (isDynamic(item)) {
      if (lengthAt(data, head) * 2 !== end - start) throw new NotCanonical()
      const read = readDynamic(item, data, end)
      values.push(read.values)
      end = read.end
    } else values.push(readStatic(item, data, head))
    head += headSize(item)
  }
  return { values, end }
}

function readStatic(type: Type, data: string, at: number): AbiValue {
  if (type.kind === 'tuple') return readItems(type.items, data, at).values
  const value = type.kind === 'word' ? type.read(wordAt(data, at)) : undefined
  if (value === undefined) throw new NotCanonical()
  return value
}

function readDynamic(type: Type, data: string, at: number): Read<AbiValue> {
  if (type.kind === 'tuple') return readItems(type.items, data, at)
  const length = lengthAt(data, at)
  const start = at + WORD
  if (type.kind === 'array') {
    // Every item takes a word at least, so that no length makes work that the data does not pay for.
    if (length * WORD > data.length - start) throw new NotCanonical()
    return readItems(Array<Type>(length).fill(type.item), data, start)
  }
  const [stop, end] = [start + 2 * length, start + padded(2 * length)]
  const isPadded = end <= data.length && /^0*$/.test(data.slice(stop, end))
  const content = data.slice(start, stop)
  const value = type.kind === 'bytes' && type.isText ? textOf(content) : `0x${content}`
  if (!isPadded || value === undefined) throw new NotCanonical()
  return { values: value, end }
}

const WORD = 64
const padded = (digits: number): number => Math.ceil(digits / WORD) * WORD

function wordAt(data: string, at: number): string {
  if (at + WORD > data.length) throw new NotCanonical()
  return data.slice(at, at + WORD)
}

/** An offset or a length; none is beyond the data. */
function lengthAt(data: string, at: number): number {
  const word = wordAt(data, at)
  if (!word.startsWith('0'.repeat(52))) throw new NotCanonical()
  return Number.parseInt(word.slice(52), 16)
}

function textOf(digits: string): string | undefined {
  const bytes = Buffer.from(digits, 'hex')
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : undefined
}

function write(type: Type, value: AbiValue): string {
  switch (type.kind) {
    case 'word':
      return type.write(value)
    case 'bytes': {
      const digits = type.isText ? Buffer.from(textIn(value)).toString('hex') : bytesIn(value)
      return number(digits.length / 2) + digits.padEnd(padded(digits.length), '0')
    }
    case 'array':
      return number(listIn(value).length) + writeItems(Array<Type>(listIn(value).length).fill(type.item), listIn(value))
    case 'tuple':
      return writeItems(type.items, listIn(value))
  }
}

function writeItems(items: readonly Type[], values: readonly AbiValue[]): string {
  if (values.length !== items.length) throw new RangeError(`expected ${items.length} values, got ${values.length}`)
  const size = items.reduce((sum, item) => sum + headSize(item), 0)
  let [heads, tails] = ['', '']
  for (const [index, item] of items.entries()) {
    const digits = write(item, values[index]!)
    if (isDynamic(item)) {
      heads += number((size + tails.length) / 2)
      tails += digits
    } else heads += digits
  }
  return heads + tails
}

const number = (value: number | bigint): string => value.toString(16).padStart(WORD, '0')

const isDynamic = (type: Type): boolean =>
  type.kind === 'bytes' || type.kind === 'array' || (type.kind === 'tuple' && type.items.some(isDynamic))
const headSize = (type: Type): number =>
  type.kind === 'tuple' && !isDynamic(type) ? type.items.reduce((sum, item) => sum + headSize(item), 0) : WORD

function typeOf(text: string): Type {
  const list = /^(.+)\[(\d*)\]$/.exec(text)
  if (list) {
    const [item, count] = [typeOf(list[1]!), Number(list[2])]
    if (list[2] === '') return { kind: 'array', item }
    if (count < 1 || count > 1_000) throw noType(text)
    return { kind: 'tuple', items: Array<Type>(count).fill(item) }
  }
  if (text.startsWith('(') && text.endsWith(')')) return { kind: 'tuple', items: parts(text.slice(1, -1)).map(typeOf) }
  if (text === 'bytes' || text === 'string') return { kind: 'bytes', isText: text === 'string' }
  const [, name = '', digits = ''] = /^([a-z]+)(\d*)$/.exec(text) ?? []
  const word = words[name]?.(Number(digits || '0'))
  if (!word || (digits !== '' && digits !== String(Number(digits)))) throw noType(text)
  return { kind: 'word', ...word }
}

/** The parts between the commas that are not inside brackets. */
function parts(text: string): string[] {
  const found: string[] = []
  let [depth, from] = [0, 0]
  for (let at = 0; at <= text.length; at++) {
    depth += text[at] === '(' ? 1 : text[at] === ')' ? -1 : 0
    if (at < text.length && (text[at] !== ',' || depth > 0)) continue
    found.push(text.slice(from, at))
    from = at + 1
  }
  return text === '' ? [] : found
}

type Word = Pick<Extract<Type, { kind: 'word' }>, 'read' | 'write'>

/** By the name of the type without its size; undefined where there is no such size. */
const words: Readonly<Record<string, (size: number) => Word | undefined>> = {
  uint: (bits) => (isWidth(bits) ? whole(0n, 2n ** BigInt(bits) - 1n) : undefined),
  int: (bits) => (isWidth(bits) ? whole(-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n) : undefined),
  address: (size) => (size === 0 ? rightOf(20) : undefined),
  bool: (size) =>
    size === 0
      ? {
          read: (word) => (word === number(0) ? false : word === number(1) ? true : undefined),
          write: (value) => (typeof value === 'boolean' ? number(Number(value)) : refuse(value)),
        }
      : undefined,
  bytes: (size) =>
    size >= 1 && size <= 32
      ? {
          read: (word) => (/^0*$/.test(word.slice(2 * size)) ? `0x${word.slice(0, 2 * size)}` : undefined),
          write: (value) => (bytesIn(value).length === 2 * size ? bytesIn(value).padEnd(WORD, '0') : refuse(value)),
        }
      : undefined,
}

const isWidth = (bits: number): boolean => bits >= 8 && bits <= 256 && bits % 8 === 0

const whole = (least: bigint, most: bigint): Word => ({
  read(word) {
    const value = BigInt(`0x${word}`)
    const signed = least < 0n ? BigInt.asIntN(256, value) : value
    return signed >= least && signed <= most ? signed : undefined
  },
  write: (value) =>
    typeof value === 'bigint' && value >= least && value <= most ? number(BigInt.asUintN(256, value)) : refuse(value),
})

const rightOf = (bytes: number): Word => ({
  read: (word) => (/^0*$/.test(word.slice(0, WORD - 2 * bytes)) ? `0x${word.slice(WORD - 2 * bytes)}` : undefined),
  write: (value) => (bytesIn(value).length === 2 * bytes ? bytesIn(value).padStart(WORD, '0') : refuse(value)),
})

function bytesIn(value: AbiValue): string {
  const digits = typeof value === 'string' ? /^0x((?:[0-9a-f]{2})*)$/i.exec(value)?.[1] : undefined
  return digits?.toLowerCase() ?? refuse(value)
}
const textIn = (value: AbiValue): string => (typeof value === 'string' ? value : refuse(value))
const listIn = (value: AbiValue): readonly AbiValue[] => (isList(value) ? value : refuse(value))
const isList = (value: AbiValue): value is readonly AbiValue[] => Array.isArray(value)

function refuse(value: AbiValue): never {
  throw new RangeError(`expected a value of the type, got ${String(value).slice(0, 80)}`)
}
const noType = (text: string): RangeError => new RangeError(`expected a type of the contract ABI, got ${text}`)

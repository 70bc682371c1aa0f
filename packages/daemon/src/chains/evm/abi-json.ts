import { Failure } from '@waiaas/contract'
import { type AbiValue, abiFunction } from './abi.ts'

type Parameter = { readonly type: string; readonly name?: string; readonly components?: readonly Parameter[] }
type Named = { readonly name: string; readonly inputs: readonly Parameter[] }
type Wanted = {
  readonly abi: readonly Readonly<Record<string, unknown>>[]
  readonly functionName: string
  readonly args: readonly unknown[]
}
export type EncodedCall = { readonly calldata: string; readonly selector: string; readonly functionName: string }

/** Calldata from a JSON ABI and JSON arguments. Failure ABI_ENCODING_FAILED names what does not fit. */
export function encodeCall({ abi, functionName, args }: Wanted): EncodedCall {
  const found = functionIn(abi, functionName, args.length)
  const { name, inputs } = found
  const signature = `${name}(${inputs.map(typeText).join(',')})`
  if (sizeOf(found) > MOST_WORDS)
    throw refuse(`expected arguments of at most ${MOST_WORDS} words, lists without a fixed length apart`)
  if (args.length !== inputs.length) throw refuse(`${signature} takes ${inputs.length} arguments, got ${args.length}`)
  const values = inputs.map((input, index) => abiValue(input, args[index], `args[${index}]`))
  return declared(signature, () => {
    const called = abiFunction(signature)
    const calldata = called.encode(values)
    // What is not read back as the same would be judged as something that nobody knows.
    if (called.decode(calldata) === undefined) throw refuse(`${signature} cannot be encoded so that it is read back`)
    return { calldata, selector: called.selector, functionName: name }
  })
}

/** Failure ABI_ENCODING_FAILED unless the calldata is a call of a function of the ABI, to the last bit. */
export function requireDescribed(abi: Wanted['abi'], calldata: string): void {
  if (functionsOf(abi).some((one) => describes(one, calldata))) return
  throw refuse(
    'expected calldata that is a call of a function of the ABI; leave the ABI out, or give the one of the contract',
  )
}

function describes(one: Named, calldata: string): boolean {
  if (sizeOf(one) > MOST_WORDS) return false
  try {
    return abiFunction(text(one)).decode(calldata) !== undefined
  } catch (error) {
    // A type that is not known: this one cannot be it.
    if (error instanceof RangeError) return false
    throw error
  }
}

const functionsOf = (abi: Wanted['abi']): Named[] =>
  abi.flatMap((item) => (item.type === 'function' ? [namedOf(item)] : []))

function functionIn(abi: Wanted['abi'], wanted: string, count: number): Named {
  const alike = functionsOf(abi).filter(
    ({ name, inputs }) => wanted === name || wanted === `${name}(${inputs.map(typeText)})`,
  )
  const fitting = alike.length > 1 ? alike.filter(({ inputs }) => inputs.length === count) : alike
  if (fitting.length === 1) return fitting[0]!
  if (fitting.length > 1)
    throw refuse(`${wanted} is the name of several functions; give one of their signatures: ${fitting.map(text)}`)
  throw refuse(`expected a function of the ABI, got ${wanted.slice(0, 100)}`)
}
const text = ({ name, inputs }: Named): string => `${name}(${inputs.map(typeText)})`

function namedOf({ name, inputs = [] }: Readonly<Record<string, unknown>>): Named {
  if (typeof name !== 'string' || !Array.isArray(inputs))
    throw refuse('expected functions of the ABI with name and inputs')
  return { name, inputs: inputs.map((input) => parameterOf(input, 0)) }
}

const MOST_DEPTH = 16

function parameterOf(input: unknown, depth: number): Parameter {
  const { type, name, components } = (input ?? {}) as Readonly<Record<string, unknown>>
  if (typeof type !== 'string' || depth > MOST_DEPTH) throw refuse('expected parameters of the ABI with a type each')
  return {
    type,
    ...(typeof name === 'string' && { name }),
    ...(Array.isArray(components) && { components: components.map((one) => parameterOf(one, depth + 1)) }),
  }
}

/** Lists of a fixed length are written out, so that a short type could be a long one. */
const MOST_WORDS = 1_000
const sizeOf = ({ inputs }: Named): number => inputs.reduce((sum, input) => sum + wordsOf(input), 0)

function wordsOf({ type, components = [] }: Parameter): number {
  const lengths = [...type.matchAll(/\[(\d+)\]/g)].map(([, length]) => Number(length))
  const one = type.startsWith('tuple') ? components.reduce((sum, each) => sum + wordsOf(each), 0) : 1
  return lengths.reduce((product, length) => product * length, one)
}

/** Tuples are written by their parts. */
function typeText({ type, components }: Parameter): string {
  if (!type.startsWith('tuple')) return type
  return `(${(components ?? []).map(typeText).join(',')})${type.slice('tuple'.length)}`
}

/** A value of JSON as one of the ABI. */
function abiValue(parameter: Parameter, value: unknown, where: string): AbiValue {
  const list = /^(.+)\[\d*\]$/.exec(parameter.type)
  if (list) {
    if (!Array.isArray(value)) throw refuse(`expected a list for ${where}`)
    return value.map((one, index) => abiValue({ ...parameter, type: list[1]! }, one, `${where}[${index}]`))
  }
  if (parameter.type === 'tuple') return tupleOf(parameter.components ?? [], value, where)
  if (/^u?int\d*$/.test(parameter.type)) return wholeOf(value, where)
  if (typeof value === 'boolean' || typeof value === 'string') return value
  throw refuse(`expected ${parameter.type} for ${where}`)
}

function tupleOf(components: readonly Parameter[], value: unknown, where: string): AbiValue {
  if (Array.isArray(value)) {
    if (value.length !== components.length) throw refuse(`expected ${components.length} values for ${where}`)
    return components.map((component, index) => abiValue(component, value[index], `${where}[${index}]`))
  }
  if (typeof value !== 'object' || value === null) throw refuse(`expected a list or an object for ${where}`)
  const named = value as Readonly<Record<string, unknown>>
  const names = components.map(({ name = '' }) => name)
  const isSame = new Set(names).size === names.length && Object.keys(named).length === names.length
  if (!isSame || !names.every((name) => Object.hasOwn(named, name)))
    throw refuse(`expected exactly the fields ${names.join(', ')} for ${where}, or a list`)
  return components.map((component, index) => abiValue(component, named[names[index]!], `${where}.${names[index]}`))
}

/** Numbers of JSON lose digits above 2^53. */
function wholeOf(value: unknown, where: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' && /^(-?\d{1,78}|0x[0-9a-fA-F]{1,64})$/.test(value)) return BigInt(value)
  throw refuse(`expected a whole number as decimal text for ${where}`)
}

function declared<T>(signature: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof RangeError) throw refuse(`${signature}: ${error.message}`, error)
    throw error
  }
}

const refuse = (message: string, cause?: unknown) =>
  new Failure('ABI_ENCODING_FAILED', message, cause === undefined ? {} : { cause })

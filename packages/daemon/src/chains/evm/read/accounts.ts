import { type AbiValue, abiValues } from '../abi.ts'
import { executions, type Inner, type Inside, others } from './batches.ts'
import { type FunctionReader, number, text } from './call.ts'

const DIGITS = { address: 40, word: 64 }
const hexAt = (data: string, start: number, length: number): string => data.slice(start, start + length)
const numberAt = (data: string, start: number): bigint => BigInt(`0x${hexAt(data, start, DIGITS.word)}`)
const NOBODY = `0x${'0'.repeat(DIGITS.address)}`

/** A Safe pays whoever carries out its calls where these name a price for gas: https://docs.safe.global */
const safe: Inside = ([to, value, data, operation, , , gasPrice]) =>
  number(operation) === 0n && number(gasPrice) === 0n
    ? [{ to: text(to), value: number(value), data: text(data) }]
    : undefined

/** Calls as a Safe packs them: operation, recipient, value, and data behind its length. One that is not called, but taken for own code, is not understood. */
const packed: Inside = ([all]) => {
  const data = text(all).slice(2)
  const calls: Inner[] = []
  for (let at = 0; at < data.length; ) {
    const [to, value, length] = [at + 2, at + 2 + DIGITS.address, at + 2 + DIGITS.address + DIGITS.word]
    const start = length + DIGITS.word
    if (start > data.length || hexAt(data, at, 2) !== '00') return undefined
    const size = numberAt(data, length) * 2n
    if (size > BigInt(data.length - start)) return undefined
    const end = start + Number(size)
    calls.push({
      to: `0x${hexAt(data, to, DIGITS.address)}`,
      value: numberAt(data, value),
      data: `0x${data.slice(start, end)}`,
    })
    at = end
  }
  return calls
}

const listed = abiValues('((address,uint256,bytes)[])')
const signed = abiValues('((address,uint256,bytes)[],bytes)')

/**
 * A mode says what the bytes behind it hold: the first byte whether it is one call or a list, the second whether one may fail,
 * and four others whose form it is. https://eips.ethereum.org/EIPS/eip-7579, https://eips.ethereum.org/EIPS/eip-7821
 */
const byMode: Inside = ([mode, content]) => {
  const [, kind, form] = /^0x(00|01)0[01]0{8}(0{8}|78210001)/.exec(text(mode)) ?? []
  const data = text(content)
  if (kind === '00' && form === '00000000') return single(data.slice(2))
  const [calls] = (kind === '01' && (listed.decode(data) ?? (form === '78210001' && signed.decode(data)))) || []
  return calls === undefined ? undefined : named(calls)
}

function single(data: string): readonly Inner[] | undefined {
  const start = DIGITS.address + DIGITS.word
  if (data.length < start) return undefined
  return [
    {
      to: `0x${hexAt(data, 0, DIGITS.address)}`,
      value: numberAt(data, DIGITS.address),
      data: `0x${data.slice(start)}`,
    },
  ]
}

/** To some accounts nobody means themselves. */
function named(calls: AbiValue): readonly Inner[] | undefined {
  const all = executions(calls)
  return all?.some(({ to }) => to === NOBODY) ? undefined : all
}

/** Calls in the forms of accounts that are contracts. */
export const accounts: readonly FunctionReader[] = [
  others('execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)', safe),
  others('multiSend(bytes)', packed),
  others('execute(bytes32,bytes)', byMode),
  others('executeFromExecutor(bytes32,bytes)', byMode),
]

import { hex } from './chains.ts'
import { NATIVE, type Reading } from './reading.ts'
import { refuse } from './refuse.ts'
import { decodeRlp, type Rlp } from './rlp.ts'

// One letter a field: n number, t recipient, d data, e nothing, a access list.
const legacy = { name: 'legacy transaction with EIP-155', shape: 'nnntndnee' }
const eip2930 = { name: 'EIP-2930 transaction', shape: 'nnnntnda' }
const eip1559 = { name: 'EIP-1559 transaction', shape: 'nnnnntnda' }
const FORMS = {
  legacy: { ...legacy, chainId: 6, nonce: 0, price: 1, gas: 2, to: 3, value: 4, data: 5 },
  eip2930: { ...eip2930, chainId: 0, nonce: 1, price: 2, gas: 3, to: 4, value: 5, data: 6 },
  eip1559: { ...eip1559, chainId: 0, nonce: 1, price: 3, gas: 4, to: 5, value: 6, data: 7 },
} as const
/** Functions of ERC-20 with an address and an amount: the selector, and the zeros in front of the address. */
const MOVE = 'a9059cbb'.padEnd(32, '0')
/** `approve` and `increaseAllowance`. */
const GRANTS = ['095ea7b3', '39509351'].map((selector) => selector.padEnd(32, '0'))
const PAIR_BYTES = 4 + 32 + 32
/** 256 characters of at most four bytes. */
const TEXT_MOST = 1_024

/** Reads exactly one unsigned transaction that is bound to a chain, legacy, EIP-2930 or EIP-1559; refuses all else. */
export function readEvmTransaction(payload: Uint8Array): Reading {
  const { form, fields } = fieldsOf(payload)
  const at = (index: number) => fields[index]!
  const chainId = number(at(form.chainId))
  const nonce = number(at(form.nonce))
  if (chainId === 0n) refuse('chain id 0 is not signed')
  if (chainId > BigInt(Number.MAX_SAFE_INTEGER) || nonce > BigInt(Number.MAX_SAFE_INTEGER))
    refuse('the chain id or nonce is out of range')
  return {
    chain: `eip155:${chainId}`,
    nonce: Number(nonce),
    fee: number(at(form.price)) * number(at(form.gas)),
    ...contentOf({ to: hex(at(form.to)), value: number(at(form.value)), data: at(form.data) }),
  }
}

type Content = { to: string; value: bigint; data: Uint8Array }

function contentOf({ to, value, data }: Content): Pick<Reading, 'moves' | 'calls' | 'deploys'> {
  const native = value === 0n ? [] : [{ asset: NATIVE, amount: value, to }]
  if (to === '' && data.length === 0) refuse('it creates a contract without code')
  if (to === '') return { moves: native, calls: null, deploys: data }
  if (data.length === 0) return { moves: native, calls: null }
  const text = value === 0n && data.length === PAIR_BYTES ? hex(data) : ''
  const isGrant = GRANTS.some((form) => text.startsWith(form))
  if (isGrant || text.startsWith(MOVE)) {
    const move = { asset: to, amount: BigInt(`0x${text.slice(72)}`), to: text.slice(32, 72) }
    return { moves: [isGrant ? { ...move, isGrant } : move], calls: null }
  }
  return { moves: native, calls: { to, isText: isText(data), data } }
}

/** What a person would read. To an account without code it does nothing; whether there is code the bytes do not tell. */
function isText(data: Uint8Array): boolean {
  if (data.length > TEXT_MOST) return false
  const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString('utf8')
  return !/[^\P{C}\n\u200d]/u.test(text) && Buffer.from(text, 'utf8').equals(data)
}

function fieldsOf(payload: Uint8Array) {
  const first = payload[0] ?? 0
  if (first === 4) refuse('EIP-7702 transactions are not signed')
  const typed = first === 1 ? FORMS.eip2930 : first === 2 ? FORMS.eip1559 : undefined
  if (!typed && first < 0xc0) refuse('not an unsigned transaction of a known type (legacy, EIP-2930 or EIP-1559)')
  const form = typed ?? FORMS.legacy
  const fields = decodeFields(typed ? payload.subarray(1) : payload)
  if (fields.length !== form.shape.length)
    refuse(`an unsigned ${form.name} has ${form.shape.length} fields, this one has ${fields.length}`)
  for (let at = 0; at < fields.length; at++)
    if (!fieldFits[form.shape[at]!]!(fields[at]!)) refuse(`field ${at} of the ${form.name} is malformed`)
  // The list at the end of a type is the only field that is no bytes, and nobody asks for it.
  return { form, fields: fields as Uint8Array[] }
}

function decodeFields(bytes: Uint8Array): Rlp[] {
  let item: Rlp
  try {
    item = decodeRlp(bytes)
  } catch (error) {
    return refuse(`the transaction is not canonical RLP: ${(error as RangeError).message}`)
  }
  return Array.isArray(item) ? item : refuse('the transaction is not a list')
}

const isBytes = (field: Rlp): field is Uint8Array => field instanceof Uint8Array

const fieldFits: Record<string, (field: Rlp) => boolean> = {
  n: (field) => isBytes(field) && field.length <= 32 && field[0] !== 0,
  t: (field) => isBytes(field) && (field.length === 0 || field.length === 20),
  d: isBytes,
  e: (field) => isBytes(field) && field.length === 0,
  // Accounts and slots of theirs that it names before it reads them, which changes what it pays for gas and nothing else.
  a: (field) => !isBytes(field) && field.every(isAccess),
}

function isAccess(entry: Rlp): boolean {
  if (isBytes(entry) || entry.length !== 2) return false
  const [account, slots] = entry as [Rlp, Rlp] // as its length says
  const isAccount = isBytes(account) && account.length === 20
  return isAccount && !isBytes(slots) && slots.every((slot) => isBytes(slot) && slot.length === 32)
}

/** Text is the only way to a large one; most are small. */
function number(bytes: Uint8Array): bigint {
  if (bytes.length > 6) return BigInt(`0x${hex(bytes)}`)
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  return BigInt(value)
}

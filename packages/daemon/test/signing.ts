import { base58 } from '@scure/base'
import { newId } from '@waiaas/contract'
import { type Hex, serializeTransaction } from 'viem'
import type { Ceiling, KeyRow, Keys, Sealed, SignRequest, SignResult } from '../src/keys/service.ts'
import { sha256 } from '../src/platform/sha256.ts'

export const RECIPIENT = '0x3535353535353535353535353535353535353535'
const SYSTEM = Buffer.alloc(32)

/** What the gate asks the signer for these bytes. */
export function requestOf(kind: SignRequest['kind'], payload: Uint8Array): SignRequest {
  const facts = { attemptId: newId(), transactionId: 'transaction', digest: '', expiresAt: Date.now() + 60_000 }
  return { kind, payload, authorisation: { ...facts, bytesHash: sha256(payload), proofs: [] } }
}

type EvmPayment = {
  chainId?: number
  nonce?: number
  value?: bigint
  to?: `0x${string}` | null
  data?: Hex
  price?: bigint
  gas?: bigint
}

/** An EIP-1559 transaction; a wei on the local network unless told otherwise. */
export function evmPayment(payment: EvmPayment = {}): SignRequest {
  const {
    chainId = 31337,
    nonce = 0,
    value = 1n,
    to = RECIPIENT,
    data,
    price = 2_000_000_000n,
    gas = 21_000n,
  } = payment
  const fees = { maxFeePerGas: price, maxPriorityFeePerGas: 1n, gas }
  const serialized = serializeTransaction({
    type: 'eip1559',
    chainId,
    nonce,
    ...(to !== null && { to }),
    value,
    ...fees,
    ...(data && { data }),
  })
  return requestOf('evm-tx', Buffer.from(serialized.slice(2), 'hex'))
}

export const erc20Transfer = (to: Hex, amount: bigint): Hex =>
  `0xa9059cbb${to.slice(2).padStart(64, '0')}${amount.toString(16).padStart(64, '0')}`

type Instruction = { program: string | Uint8Array; accounts: readonly number[]; data: Uint8Array }

/**
 * A legacy message that the first key signs, with the program's keys behind it. `accounts` are positions in `keys`; the
 * blockhash makes messages differ.
 */
export function solanaMessage(
  keys: readonly (string | Uint8Array)[],
  instructions: readonly Instruction[],
  blockhash = 7,
) {
  const bytes = (key: string | Uint8Array) => Buffer.from(typeof key === 'string' ? base58.decode(key) : key)
  const all = [...keys, ...instructions.map(({ program }) => program)].map(bytes)
  const unique = all.filter((key, at) => all.findIndex((other) => other.equals(key)) === at)
  const place = (key: string | Uint8Array) => unique.findIndex((other) => other.equals(bytes(key)))
  return Buffer.concat([
    Buffer.of(1, 0, 0, unique.length),
    ...unique,
    Buffer.alloc(32, blockhash),
    Buffer.of(instructions.length),
    ...instructions.flatMap(({ program, accounts, data }) => [
      Buffer.of(place(program), accounts.length, ...accounts, data.length),
      data,
    ]),
  ])
}

/** A transfer of lamports. */
export function solanaPayment(
  from: string,
  lamports = 1n,
  to: string | Uint8Array = Buffer.alloc(32, 5),
  blockhash = 7,
) {
  const data = Buffer.alloc(12)
  data.writeUInt32LE(2)
  data.writeBigUInt64LE(lamports, 4)
  return requestOf('solana-tx', solanaMessage([from, to], [{ program: SYSTEM, accounts: [0, 1], data }], blockhash))
}

const wide = { transaction: '1'.padEnd(40, '0'), day: '1'.padEnd(41, '0') }
const chain = { native: wide, fee: wide.transaction, tokens: {}, otherTokens: true, contracts: [] }
const STAKE = 'Stake11111111111111111111111111111111111111'
/** Above all that tests pay. */
export const WIDE: Ceiling = {
  chains: { 'eip155:1': chain, 'eip155:31337': chain, solana: { ...chain, contracts: [STAKE] } },
  recipients: [],
}
const sol = { transaction: '1000000000', day: '1000000000' }
const modest = { native: sol, fee: sol.day, tokens: {}, otherTokens: false, contracts: [] }
/** What a new key gets without the password. */
const FIRST: Ceiling = { chains: { 'eip155:31337': chain, solana: modest }, recipients: [] }

/** Of each signer its own: it believes no other's seal. */
const ceilings = new WeakMap<object, Map<string, Sealed>>()
/** The ceiling of a key that has just come in: a wide one with the password. */
export async function firstCeiling(
  keys: Pick<Keys, 'firstCeiling'>,
  { address }: Pick<KeyRow, 'address'>,
  password?: string,
) {
  const own = ceilings.get(keys) ?? new Map<string, Sealed>()
  ceilings.set(keys, own)
  const ceiling =
    own.get(address) ?? (await keys.firstCeiling({ address, next: password === undefined ? FIRST : WIDE }, password))
  own.set(address, ceiling)
  return ceiling
}

/** Signs under such a ceiling; a row that is not as it was made is refused before its ceiling is looked at. */
export async function signed(
  keys: Pick<Keys, 'sign' | 'firstCeiling'>,
  key: KeyRow,
  requests: readonly SignRequest[],
): Promise<SignResult[]> {
  const ceiling = await firstCeiling(keys, key).catch(() => ({ text: '', seal: '' }))
  return (await keys.sign({ key, ceiling, lane: 'lane', requests })).results
}

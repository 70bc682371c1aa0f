/** What the signer does for a signature beside signing: reads the bytes, and holds them against the wallet's ceiling. */
import type { KeyRow } from '../../packages/daemon/src/keys/service.ts'
import { makeCeilings } from '../../packages/daemon/src/keys/signer/ceilings.ts'
import { readEvmTransaction } from '../../packages/daemon/src/keys/signer/evm-transaction.ts'
import { createKeyring } from '../../packages/daemon/src/keys/signer/keyring.ts'
import { newest } from '../../packages/daemon/src/keys/signer/lifts.ts'
import type { Counted } from '../../packages/daemon/src/keys/types.ts'
import { erc20Transfer, evmPayment, RECIPIENT, WIDE } from '../../packages/daemon/test/signing.ts'
import { median } from '../statistics.ts'
import { writeResult } from './job.ts'

export type CeilingResult = { readonly ceilingUs: number }

/** As many as a lane hands over at once. */
const BATCH = 64
const ROUNDS = 60

const { keyring } = await createKeyring(Buffer.from('bench'))
const ceilings = makeCeilings(keyring, { witness: { named: () => 0 }, password: newest(), signer: '' })
const key: KeyRow = { walletId: 'wallet', chain: 'ethereum', address: RECIPIENT, curve: 'secp256k1', ciphertext: '' }
const ceiling = ceilings.set({ address: key.address, next: WIDE })
const payments = Array.from({ length: BATCH * 64 }, (_, nonce) =>
  nonce % 2 === 0
    ? evmPayment({ nonce, value: 10n ** 17n })
    : evmPayment({ nonce, value: 0n, to: RECIPIENT, data: erc20Transfer(RECIPIENT, 10n ** 20n) }),
)

let counted: Counted | undefined
function signBatch(from: number): void {
  const requests = payments.slice(from, from + BATCH)
  const readings = requests.map(({ payload }) => readEvmTransaction(payload))
  const counting = ceilings.counting({ key, ceiling, lane: 'lane', counted, chain: readings[0]!.chain })
  for (const [at, reading] of readings.entries()) counting.admit(reading, requests[at]!)()
  counted = counting.record('')
}

const roundsUs: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const before = process.threadCpuUsage()
  for (let from = 0; from < payments.length; from += BATCH) signBatch(from)
  // The first third warms up.
  if (round >= ROUNDS / 3) roundsUs.push(processorUs(before) / payments.length)
}
function processorUs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before)
  return user + system
}

const result: CeilingResult = { ceilingUs: median(roundsUs) }
writeResult(result)

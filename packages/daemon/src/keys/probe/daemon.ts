import { hash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { writeHeapSnapshot } from 'node:v8'
import { base58 } from '@scure/base'
import { type KeyRow, type SignKind, startKeys } from '../service.ts'

// Run by heap.test.ts as a stand-in for the daemon: imports sealed keys, makes and signs, then shows its memory.

// `canary` is in this process's heap on purpose: the search must find it, or it proves nothing.
type Order = {
  canary: string
  snapshot: string
  recipient: string
  sealedByChain: { ethereum: string; solana: string }
}

const keys = await startKeys()
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

await keys.createKeyring('a master password of the probe')
say({ sealingKey: (await keys.sealingKey()).publicKey })
const order = JSON.parse((await lines.next()).value as string) as Order

const ethereum = await keys.import('wallet-1', 'ethereum', { sealed: order.sealedByChain.ethereum })
const solana = await keys.import('wallet-2', 'solana', { sealed: order.sealedByChain.solana })
const created = await keys.create('wallet-3', 'ethereum')
// The example of EIP-155, and a message of Solana that does nothing.
const example = 'ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080'
const nothing = [Buffer.of(1, 0, 0, 1), base58.decode(solana.address), Buffer.alloc(32), Buffer.of(0)]
const signed = [
  await sign(ethereum, 'evm-tx', Buffer.from(example, 'hex')),
  await sign(solana, 'solana-tx', Buffer.concat(nothing)),
  await sign(created, 'evm-tx', Buffer.from(example, 'hex')),
]
const exported = await keys.export(created, 'a master password of the probe', {
  format: 'private-key',
  recipient: order.recipient,
})
writeHeapSnapshot(order.snapshot)
say({
  exported,
  addresses: [ethereum.address, solana.address],
  isSigned: signed.every((one) => one?.signature),
  canary: order.canary,
})

await lines.next()
await keys.stop()
process.exit(0)

async function sign(key: KeyRow, kind: SignKind, payload: Uint8Array) {
  const facts = { attemptId: 'a', transactionId: 't', digest: '', expiresAt: Date.now() + 60_000 }
  const authorisation = { ...facts, bytesHash: hash('sha256', payload), proofs: [] }
  const enough = { transaction: '1'.padEnd(30, '0'), day: '1'.padEnd(30, '0') }
  const wide = { native: enough, fee: enough.day, tokens: {}, otherTokens: true, contracts: [] }
  const next = { chains: { 'eip155:1': wide, solana: wide }, recipients: [] }
  const ceiling = await keys.firstCeiling({ address: key.address, next }, 'a master password of the probe')
  const requests = [{ kind, payload, authorisation }]
  return (await keys.sign({ key, ceiling, lane: 'lane', requests })).results[0]
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

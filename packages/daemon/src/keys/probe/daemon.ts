import { createInterface } from 'node:readline'
import { writeHeapSnapshot } from 'node:v8'
import { startKeys } from '../service.ts'

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
say({ sealingKey: await keys.sealingKey() })
const order = JSON.parse((await lines.next()).value as string) as Order

const ethereum = await keys.import('wallet-1', 'ethereum', { sealed: order.sealedByChain.ethereum })
const solana = await keys.import('wallet-2', 'solana', { sealed: order.sealedByChain.solana })
const created = await keys.create('wallet-3', 'ethereum')
const text = Buffer.from('a message to sign', 'utf8')
const signed = await keys.sign([
  { kind: 'eip191', key: ethereum, payload: text },
  { kind: 'solana-offchain', key: solana, payload: text },
  { kind: 'eip191', key: created, payload: text },
])
const exported = await keys.export(created, 'a master password of the probe', {
  format: 'private-key',
  recipient: order.recipient,
})
writeHeapSnapshot(order.snapshot)
say({
  exported,
  addresses: [ethereum.address, solana.address],
  isSigned: signed.every((one) => one.signature),
  canary: order.canary,
})

await lines.next()
await keys.stop()
process.exit(0)

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

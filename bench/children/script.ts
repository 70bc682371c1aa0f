/** What an agent's author would write without a daemon: viem's local account, one eth_sendRawTransaction each. */
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { httpClient, inOrder, landed, requireReceipts, rpcCall, Stalled } from '../http.ts'
import { readJob, writeResult } from './job.ts'

export type ScriptJob = {
  readonly rpcUrl: string
  readonly recipient: `0x${string}`
  readonly warmUp: number
  readonly count: number
  readonly inFlight: number
  /** True: everything is signed before the clock starts, so that what is left is the node. */
  readonly isSignedBefore: boolean
}
/** `stalled`: Anvil lost one of the transactions, as it does now and then when blocks are made while they arrive. */
export type ScriptResult = { readonly seconds: number } | { readonly stalled: string }

const job = readJob<ScriptJob>()
const node = httpClient(job.rpcUrl, job.inFlight)
const account = privateKeyToAccount(generatePrivateKey())

const sign = (nonce: number): Promise<string> =>
  account.signTransaction({
    type: 'eip1559',
    chainId: 31337,
    nonce,
    to: job.recipient,
    value: 1n,
    gas: 21_000n,
    maxFeePerGas: 10_000_000_000n,
    maxPriorityFeePerGas: 1_000_000_000n,
  })

async function post(signed: string): Promise<void> {
  await rpcCall(node, 'eth_sendRawTransaction', [signed])
}

const total = job.warmUp + job.count

async function run(): Promise<number> {
  await rpcCall(node, 'anvil_setBalance', [account.address, `0x${(10n ** 21n).toString(16)}`])
  await inOrder(job.warmUp, job.inFlight, async (nonce) => post(await sign(nonce)))
  await landed(node, account.address, job.warmUp)

  const signed: string[] = []
  if (job.isSignedBefore) for (let nonce = job.warmUp; nonce < total; nonce++) signed.push(await sign(nonce))

  const startedAt = performance.now()
  await inOrder(job.count, job.inFlight, async (index) => post(signed[index] ?? (await sign(job.warmUp + index))))
  const landedAt = await landed(node, account.address, total)
  await requireReceipts(node, account.address, total)
  return (landedAt - startedAt) / 1_000
}

async function outcome(): Promise<ScriptResult> {
  try {
    return { seconds: await run() }
  } catch (error) {
    if (error instanceof Stalled) return { stalled: error.message }
    throw error
  }
}

writeResult(await outcome())
node.close()

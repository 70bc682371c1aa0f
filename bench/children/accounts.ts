/** What authors would write without a daemon for several accounts at once: a client library signs, one call posts each. */
import {
  address,
  appendTransactionMessageInstructions,
  type Blockhash,
  createTransactionMessage,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit'
import { getTransferSolInstruction } from '@solana-program/system'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { type Family, places, watchBalance } from '../chains.ts'
import { httpClient, inOrder, rpcCall, Stalled } from '../http.ts'
import { readJob, writeResult } from './job.ts'

export type AccountsJob = {
  readonly family: Family
  readonly rpcUrl: string
  readonly accounts: number
  readonly warmUp: number
  readonly count: number
  readonly inFlight: number
}
/** `stalled`: the node lost one of the transactions. */
export type AccountsResult = { readonly seconds: number } | { readonly stalled: string }

const job = readJob<AccountsJob>()
const { recipient } = places[job.family]
let node = httpClient(job.rpcUrl, job.inFlight)

/** Sends its transfer of so much with this number, counted from 0. */
type Account = (number: number, amount: bigint) => Promise<unknown>

const make: Readonly<Record<Family, () => Promise<Account>>> = {
  async evm() {
    const account = privateKeyToAccount(generatePrivateKey())
    await rpcCall(node, 'anvil_setBalance', [account.address, `0x${(10n ** 21n).toString(16)}`])
    return async (nonce, value) => {
      const signed = await account.signTransaction({
        ...{ type: 'eip1559', chainId: 31337, nonce, to: recipient as `0x${string}`, value, gas: 21_000n },
        ...{ maxFeePerGas: 10_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n },
      })
      return rpcCall(node, 'eth_sendRawTransaction', [signed])
    }
  },
  async solana() {
    const signer = await generateKeyPairSigner()
    await rpcCall(node, 'requestAirdrop', [signer.address, 10 ** 11])
    // The node's own answer.
    const { value } = (await rpcCall(node, 'getLatestBlockhash', [{ commitment: 'confirmed' }])) as {
      value: { blockhash: Blockhash; lastValidBlockHeight: number }
    }
    const lifetime = { ...value, lastValidBlockHeight: BigInt(value.lastValidBlockHeight) }
    return async (_, amount) => {
      const transfer = getTransferSolInstruction({ source: signer, destination: address(recipient), amount })
      const message = pipe(
        createTransactionMessage({ version: 0 }),
        (draft) => setTransactionMessageFeePayerSigner(signer, draft),
        (draft) => setTransactionMessageLifetimeUsingBlockhash(lifetime, draft),
        (draft) => appendTransactionMessageInstructions([transfer], draft),
      )
      const wire = getBase64EncodedWireTransaction(await signTransactionMessageWithSigners(message))
      return rpcCall(node, 'sendTransaction', [wire, { encoding: 'base64', preflightCommitment: 'processed' }])
    }
  },
}

/** What a transfer moves: on Solana two of one account must differ. */
const amountOf = (index: number): bigint => BigInt(1 + Math.floor(index / job.accounts))
function sumOf(count: number): bigint {
  let sum = 0n
  for (let index = 0; index < count; index++) sum += amountOf(index)
  return sum
}

async function run(): Promise<number> {
  const accounts = await Promise.all(Array.from({ length: job.accounts }, make[job.family]))
  const balance = await watchBalance({ family: job.family, url: job.rpcUrl, address: recipient })
  const send = (index: number) =>
    accounts[index % job.accounts]!(Math.floor(index / job.accounts), amountOf(index)).then(() => undefined)
  try {
    await inOrder(job.warmUp, job.inFlight, send)
    await balance.reaches(sumOf(job.warmUp))
    // Connections that have waited are closed by the server.
    node.close()
    node = httpClient(job.rpcUrl, job.inFlight)
    const startedAt = performance.now()
    await inOrder(job.count, job.inFlight, (index) => send(job.warmUp + index))
    return ((await balance.reaches(sumOf(job.warmUp + job.count))) - startedAt) / 1_000
  } finally {
    balance.close()
  }
}

async function outcome(): Promise<AccountsResult> {
  try {
    return { seconds: await run() }
  } catch (error) {
    if (error instanceof Stalled) return { stalled: error.message }
    throw error
  }
}

writeResult(await outcome())
node.close()

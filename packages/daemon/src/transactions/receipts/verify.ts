import { LOCAL_NETWORKS, NETWORKS, type Network, plainIssue, Receipt } from '@waiaas/contract'
import type { ReadConstraints } from '../deciding/constrained.ts'
import type { Signing } from './approved.ts'
import { type ReadingChain, readBytes } from './bytes.ts'
import { type Findings, faults, joined, nothing, proven, word } from './findings.ts'
import { isReceiptSigned } from './form.ts'
import { judgeAnew } from './judged.ts'
import { heldAgainstEvidence } from './told.ts'

export type ReceiptVerdict = Findings & {
  /** Nothing contradicts, and all that can be proven is. */
  readonly whole: boolean
  readonly transactionId: string | null
}
type Tools = {
  /** Base64 of the Ed25519 key that must have signed. */
  readonly publicKey: string
  /** Reads bytes of a network; asks no node. */
  chain(network: Network): Promise<ReadingChain>
  readonly constraints: ReadConstraints
  readonly signing: Signing
}

/** Proves what a receipt says from itself and the key alone. Asks no daemon, database or node. */
export async function verifyReceipt(given: unknown, tools: Tools): Promise<ReceiptVerdict> {
  const parsed = Receipt.safeParse(given, { error: plainIssue })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return verdict(null, faults(`this is no receipt of this release: ${issue?.path.join('.')}: ${issue?.message}`))
  }
  const receipt = parsed.data
  const { id } = receipt.transaction
  if (receipt.publicKey !== tools.publicKey)
    return verdict(id, faults('it was signed by another key than the one that is given'))
  if (!isReceiptSigned(receipt)) return verdict(id, faults('it was altered: the signature is not one of what it says'))
  return verdict(
    id,
    joined(proven('it is signed by the given key, and nothing of it was altered'), await content(receipt, tools)),
  )
}

const verdict = (transactionId: string | null, findings: Findings): ReceiptVerdict => ({
  whole: findings.faults.length === 0 && findings.missing.length === 0,
  transactionId,
  ...findings,
})

/** What it says, whoever signed it. */
async function content(receipt: Receipt, { chain, constraints, signing }: Tools): Promise<Findings> {
  try {
    const { network, told } = networkOf(receipt)
    return joined(
      told,
      heldAgainstEvidence(receipt, signing),
      await judgeAnew(receipt, { network, read: constraints }),
      readBytes(receipt, await chain(network)),
    )
  } catch (error) {
    return faults(`it cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A network that this release knows must be told as it is. */
function networkOf({ network: told }: Receipt): { network: Network; told: Findings } {
  const known = [...NETWORKS, ...LOCAL_NETWORKS].find(({ id }) => id === told.id)
  const unread = { rpc: [], explorer: null, setting: '', blockMs: 1_000, window: 1 }
  const { pricedAs, ...rest } = told
  const described: Network = { ...unread, ...rest, ...(pricedAs !== undefined && { pricedAs }) }
  if (!known) return { network: described, told: word(`what ${told.id} is: it is none of the built-in networks`) }
  const isSame = (['chain', 'environment', 'caip2', 'pricedAs'] as const).every((name) => known[name] === told[name])
  const isNative =
    JSON.stringify(Object.entries(known.native).sort()) === JSON.stringify(Object.entries(told.native).sort())
  return {
    network: { ...known, rpc: [] },
    told: isSame && isNative ? nothing : faults(`${told.id} is another network than the one of that name`),
  }
}

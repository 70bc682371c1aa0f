import { setTimeout as pause } from 'node:timers/promises'

type Rpc = (method: string, params?: readonly unknown[]) => Promise<unknown>
/** By sender and nonce, as `txpool_content` answers. */
type Half = Record<string, Record<string, { hash: string }>>

const LOOK_EVERY_MS = 250

/**
 * Frees what Anvil forgets. It looks for the predecessor of a transaction and only then puts the transaction into its pool;
 * when a block with the predecessor is made in between, the transaction waits for it for ever, with all that follow it,
 * and sending it again is answered with "already imported". What waits although it has the account's next nonce at two
 * looks in a row is taken out and put in again. Ends with the signal.
 */
export async function freeForgotten(rpc: Rpc, signal: AbortSignal): Promise<void> {
  let suspects = new Map<string, string>()
  for (;;) {
    await pause(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted) return
    // A look that fails says nothing about the pool; the node may be ending.
    suspects = await look(rpc, suspects).catch(() => suspects)
  }
}

async function look(rpc: Rpc, suspects: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const stuck = await forgotten(rpc)
  for (const [sender, hash] of stuck) if (suspects.get(sender) === hash) await putAgain(rpc, sender)
  return stuck
}

/** The senders whose next transaction waits, with its hash. */
async function forgotten(rpc: Rpc): Promise<Map<string, string>> {
  const stuck = new Map<string, string>()
  const { queued } = (await rpc('txpool_status')) as { queued: string }
  if (Number(queued) === 0) return stuck
  for (const [sender, waiting] of Object.entries(await queuedNow(rpc))) {
    const next = waiting[`${Number(await rpc('eth_getTransactionCount', [sender, 'latest']))}`]
    if (next) stuck.set(sender, next.hash)
  }
  return stuck
}

async function putAgain(rpc: Rpc, sender: string): Promise<void> {
  const waiting = Object.entries((await queuedNow(rpc))[sender] ?? {}).sort(([a], [b]) => Number(a) - Number(b))
  const bytes = await Promise.all(waiting.map(([, { hash }]) => rpc('eth_getRawTransactionByHash', [hash])))
  await rpc('anvil_removePoolTransactions', [sender])
  // One that was mined or replaced meanwhile is refused, as it should be.
  for (const one of bytes) await rpc('eth_sendRawTransaction', [one]).catch(() => undefined)
}

const queuedNow = async (rpc: Rpc): Promise<Half> => ((await rpc('txpool_content')) as { queued: Half }).queued

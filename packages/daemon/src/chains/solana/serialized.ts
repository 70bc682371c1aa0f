import type { Address } from '@solana/kit'
import { Failure, type Network } from '@waiaas/contract'
import { countOf } from '../answers.ts'
import { bordered } from '../border.ts'
import type { Chain, Programs } from '../chain.ts'
import type { IntentOf } from '../intent.ts'
import type { Rpc } from '../rpc.ts'
import { Contradiction, ofTwo } from '../two-endpoints.ts'
import { contentOf } from './accounts.ts'
import { givenLifetime } from './body.ts'
import type { Frame } from './frame.ts'
import type { LookupTables } from './lookup-tables.ts'
import { readFrame, readMessage } from './message.ts'
import { resultOf } from './statuses.ts'
import { readForeign } from './wire.ts'

/** Blocks for which a blockhash can be used: https://solana.com/docs/core/transactions */
const VALID_BLOCKS = 150

/** Transactions of Solana that were built elsewhere, and the messages of such. */
export const givenMessages = (tables: LookupTables, { owners }: Pick<Programs, 'owners'>): Given => ({
  ownLifetime: ({ body }) => givenLifetime(body),
  serialized: {
    read(sender, text) {
      // Signatures that stand in it are made anew.
      const { message, frame } = readForeign(bytesOf(text))
      requireSoleSigner(sender, frame)
      return { kind: 'serialized', bytes: Buffer.from(message).toString('hex'), tokens: [], owners: [] }
    },
    async hints({ bytes: hex }) {
      const bytes = Buffer.from(hex, 'hex')
      const lookups = await tables.at(readFrame(bytes).places)
      const { instructions } = readMessage(bytes, lookups)
      const named = instructions.map((one) => ({ ...one, data: '' }))
      return { owners: await owners(named), ...(lookups.length > 0 && { lookups }) }
    },
    text: (signed) => Buffer.from(signed).toString('base64'),
  },
})
type Given = Required<Pick<Chain, 'serialized' | 'ownLifetime'>>

/** What an intent signs. */
export const givenBytes = ({ bytes }: IntentOf<'serialized'>): Uint8Array => new Uint8Array(Buffer.from(bytes, 'hex'))

/** Failure INVALID_TRANSACTION of what is no base64 in its one form. */
export function bytesOf(text: string): Buffer {
  // That can be base64 by accident, of what begins with 211 signatures.
  const bytes = Buffer.from(text.startsWith('0x') ? '' : text, 'base64')
  if (bytes.length > 0 && bytes.toString('base64') === text) return bytes
  throw refused('expected a transaction in base64, as Solana clients serialize it')
}

/** Another signer could make more of it than is judged, or never sign and leave its money held. */
export function requireSoleSigner(sender: string, { signers }: Frame): void {
  if (!signers.includes(sender as Address))
    throw new Failure(
      'WALLET_NOT_SIGNER',
      `the wallet ${sender} signs nothing of it; it asks for ${signers.join(', ')}, so name the wallet with that address, or build it with ${sender} as the payer of the fee`,
    )
  const others = signers.filter((signer) => signer !== sender)
  if (others.length > 0)
    throw refused(
      `${others.join(', ')} would have to sign too; build it so that the wallet ${sender} pays the fee and signs alone`,
    )
}

/** Until when a blockhash that was chosen elsewhere can be used, as two endpoints tell it where two are configured. */
export function blockhashes(network: Network, witnesses: readonly Rpc[]) {
  const read = bordered(network)(heightWhileValid)

  /** Undefined: it is not valid any more, or never was. */
  async function lastValid(blockhash: string): Promise<number | undefined> {
    const heights = await ofTwo(witnesses, (rpc) => read(rpc, blockhash))
    const known = heights.flatMap((height) => height ?? [])
    if (known.length > 0 && known.length < heights.length)
      throw new Contradiction(
        `one endpoint of ${network.id} knows the blockhash ${blockhash}, and another one does not`,
      )
    // It is of a block no higher than those, so that this is no less than its last one.
    return known.length === 0 ? undefined : Math.max(...known) + VALID_BLOCKS
  }

  return {
    /** Failure INVALID_TRANSACTION. */
    async requireLastValid(blockhash: string): Promise<number> {
      const height = await lastValid(blockhash)
      if (height === undefined)
        throw refused(
          `expected a recent blockhash, got ${blockhash}, which no block takes any more; build it anew with the newest one and ask for it within a minute`,
        )
      return height
    },
    /** Why it is too late for it; undefined while it is not. */
    stale: async (blockhash: string): Promise<string | undefined> =>
      (await lastValid(blockhash)) === undefined
        ? `its blockhash ${blockhash} has expired, and it has to be built anew with the newest one`
        : undefined,
  }
}
export type Blockhashes = ReturnType<typeof blockhashes>

/** The height of the newest block of a node, read while the blockhash is valid there. */
async function heightWhileValid(rpc: Rpc, blockhash: string): Promise<number | null> {
  const commitment = { commitment: 'processed' }
  const [valid, height] = await rpc.batch([
    { method: 'isBlockhashValid', params: [blockhash, commitment] },
    { method: 'getBlockHeight', params: [commitment] },
  ])
  return contentOf(resultOf(valid)) === true ? countOf(resultOf(height), 'a block height') : null
}

const refused = (what: string): Failure => new Failure('INVALID_TRANSACTION', what)

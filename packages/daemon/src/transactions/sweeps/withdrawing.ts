import { Failure, type Output, type Parsed, type sweepOperations } from '@waiaas/contract'
import type { Needed } from '../../consents/types.ts'
import { type Wanted as OwnerWanted, ownerOf } from '../../owners/service.ts'
import type { Principal } from '../../platform/caller.ts'
import { sha256 } from '../../platform/sha256.ts'
import { type Survey, survey, type Wanted } from './planning.ts'
import type { SweepParts } from './sweep-parts.ts'

/** The owner of a wallet, who asks for what it holds. */
export type Owning = { principal: Principal<'owner'>; peer: string | undefined }
type Withdrawn = Parsed<(typeof sweepOperations)['withdrawWallet']>
type Withdrawal = Output<(typeof sweepOperations)['withdrawWallet']>
type Starting = {
  wantedOf(asked: { id: string; to: string; networks: string[] | undefined; tokens: string[] }): Promise<Wanted>
  start(wanted: Wanted, found: Survey, requester: Owning): Promise<string>
}

/** What the owner of a wallet takes out of it, to their own address alone. */
export function withdrawing(swept: SweepParts, { wantedOf, start }: Starting) {
  const { parts } = swept
  const { database } = parts

  /** A contract is on one network alone, and may be nobody elsewhere. */
  async function toOwner({ id, network }: Withdrawn): Promise<Wanted> {
    const wallet = await database.read((db) => parts.switches.wallet(db, id))
    if (!wallet) throw new Failure('WALLET_NOT_FOUND', 'no such wallet')
    const { state, owner } = await database.read((db) => ownerOf(db, id))
    if (!owner) throw new Failure('NO_OWNER', 'this wallet has no owner')
    if (state !== 'LOCKED') throw new Failure('WITHDRAW_LOCKED_ONLY', `${owner.address} has not verified as the owner`)
    const only = owner.network ?? network
    const networks = only === undefined ? undefined : [only]
    const wanted = await wantedOf({ id, to: owner.address, networks, tokens: [] })
    if (network === undefined || wanted.networks[0]?.id === parts.resolveNetwork(wallet, network).id) return wanted
    throw new Failure('ENVIRONMENT_NETWORK_MISMATCH', `the owner is a contract on ${only}: withdraw there`)
  }

  return {
    /** Failures NO_OWNER, WITHDRAW_LOCKED_ONLY, and those of a sweep and of what is signed. */
    async withdraw(input: Withdrawn, requester: Owning): Promise<Withdrawal> {
      const wanted = await toOwner(input)
      const found = await survey(swept, wanted)
      return { sweepId: await start(wanted, found, requester), walletId: input.id, to: wanted.to }
    },
    /** The text that asks the owner for it. */
    async challenge(input: Withdrawn, origin: string) {
      const wanted = await toOwner(input)
      const ownership = await database.read((db) => ownerOf(db, input.id))
      return parts.owners.challenge(withdrawal(wanted), ownership, origin)
    },
  }
}

/** What the owner of the wallet agrees to; what it holds changes with each block. */
export function leaving({ wallet: { id, name, address }, to, networks }: Wanted): Needed {
  const ids = networks.map((network) => network.id).sort()
  return {
    action: 'withdraw',
    words: `the wallet ${JSON.stringify(name)}, ${address}, on ${ids.join(' and ')}, to ${to}`,
    content: { id, to, networks: ids },
    wallet: id,
  }
}

/** The same as an owner signs it. */
export function withdrawal(wanted: Wanted): OwnerWanted {
  const { words, content } = leaving(wanted)
  const subject = { id: wanted.wallet.id, digest: sha256(JSON.stringify(content)), words }
  return { wallet: wanted.wallet, action: 'withdraw', subject }
}

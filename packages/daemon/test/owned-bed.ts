import { newId } from '@waiaas/contract'
import { evmOwner, type TestOwner } from '../../../test/support/owners.ts'
import { ownerOf } from '../src/owners/service.ts'
import type { OwnerSignature } from '../src/platform/caller.ts'
import { ETHER, type startPipeline } from './pipeline-bed.ts'

export const ORIGIN = 'http://127.0.0.1:3100'
export const bin = '0x00000000000000000000000000000000DeaDBeef'
export const limits = { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 5_000 }
export const usd = (dollars: number) => String((ETHER * BigInt(dollars)) / 2_000n)
export const operator = { actor: 'operator', ip: undefined } as const
export type Says = 'approve' | 'reject'
/** Waits until gas is cheap, which it is not. */
export const DEAR = { gasCondition: { maxGasPrice: '1' } }

/** Test support: people who own wallets of a money path, and what they sign. */
export function ownersOf(bed: Awaited<ReturnType<typeof startPipeline>>) {
  const { service, owners, database } = bed

  const name = (id: string, owner: TestOwner, signed?: OwnerSignature) =>
    owners.set({ id, ownerAddress: owner.address, network: undefined }, { by: operator, signed })
  async function proven(owner: TestOwner, message: string): Promise<OwnerSignature> {
    return (await owners.authenticate(new Headers(await owner.signs(message))))!
  }
  const word = async (owner: TestOwner, id: string, says: Says) =>
    proven(owner, (await service.ownerChallenge(id, says, { origin: ORIGIN, by: owner.address })).message)
  async function verify(id: string, owner: TestOwner) {
    const { message } = await owners.walletChallenge({ id, action: 'verify', signer: owner.address }, ORIGIN)
    await owners.verify(id, await proven(owner, message))
  }
  const answer = (id: string, says: Says, signed: OwnerSignature) =>
    service.decide(id, { says, by: { actor: `owner:${signed.address}` }, channel: 'rest', signed })

  return {
    ...bed,
    signs: proven,
    text: async (id: string, { address: by }: TestOwner) =>
      (await service.ownerChallenge(id, 'approve', { origin: ORIGIN, by })).message,
    name,
    word,
    verify,
    answer,
    /** A wallet, with somebody who owns it and has verified. */
    async owned(owner = evmOwner()) {
      const wallet = await bed.wallet()
      await bed.limit(wallet.id, limits)
      await name(wallet.id, owner)
      await verify(wallet.id, owner)
      return { wallet, owner }
    },
    /** One that several own, so many of whom have to agree. */
    async ownedBy(needed: number, [first, ...others]: readonly [TestOwner, ...TestOwner[]]) {
      const wallet = await bed.wallet()
      const { id } = wallet
      await bed.limit(id, limits)
      await name(id, first)
      for (const { address } of others)
        await owners.several.add({ id, ownerAddress: address, network: undefined }, operator)
      await owners.several.need({ id, needed }, operator)
      for (const one of [first, ...others]) await verify(id, one)
      return wallet
    },
    /** Something that waits for an approval. */
    asks: async (from: { id: string; session: string }, dollars = 1_000) =>
      (await bed.send(from, { to: bin, amount: usd(dollars) }, newId())).accepted!.id,
    /** From now on gas is as cheap as they ask for. */
    cheapen: (ids: readonly string[]) =>
      database.work({}, (db) =>
        db.query((k) =>
          k
            .updateTable('transaction_texts')
            .set({ gas_condition: JSON.stringify({ maxGasPrice: '1000000000000', timeoutSeconds: 600 }) })
            .where('id', 'in', ids),
        ),
      ),
    state: (id: string) => database.read(async (db) => (await ownerOf(db, id)).state),
  }
}

import { Failure } from '@waiaas/contract'
import { type Bed, operator } from '../../../test/support/feature-bed.ts'
import type { TestOwner } from '../../../test/support/owners.ts'
import { ownerOf } from '../src/owners/service.ts'

/** Test support: where the pages of owners are. */
export const PAGE = 'https://wallets.example.org'

/** A failure by its code, and what it says; undefined where it was done. */
export async function failureOf(attempt: () => Promise<unknown>) {
  try {
    await attempt()
    return undefined
  } catch (error) {
    if (error instanceof Failure) return { code: error.code, message: error.message, details: error.details ?? {} }
    throw error
  }
}
export const codeOf = async (attempt: () => Promise<unknown>) => (await failureOf(attempt))?.code ?? 'done'

/** What people do with one wallet. */
export function peopleOf(bed: Bed, id: string) {
  const { owners, consents } = bed
  const proven = async (headers: Record<string, string>) => (await owners.authenticate(new Headers(headers)))!
  const word = async (by: TestOwner, action: 'verify' | 'remove') => {
    const { message } = await owners.walletChallenge({ id, action, signer: by.address }, PAGE)
    return proven(await by.signs(message))
  }
  const several = (change: () => Promise<unknown>) => consents.asking(operator, change)
  const as = (one: TestOwner) => ({ actor: `owner:${one.address}` }) as const
  const cutOffText = async (by: TestOwner, credential: string) => {
    const asked = { action: 'cut-off', walletId: id, credential, signer: by.address } as const
    return (await owners.actionChallenge(asked, PAGE)).message
  }
  const named = ({ address }: TestOwner) => ({ id, ownerAddress: address, network: undefined })
  const replaceText = async (by: TestOwner, next: TestOwner, ownerId?: string) => {
    const asked = { ...named(next), ownerId, action: 'replace', signer: by.address } as const
    return (await owners.walletChallenge(asked, PAGE)).message
  }
  return {
    proven,
    word,
    named,
    replaceText,
    cutOffText,
    state: () => bed.database.read(async (db) => (await ownerOf(db, id)).state),
    owners: async () => (await owners.read(id)).owners,
    set: (one: TestOwner) => owners.set(named(one), { by: operator, signed: undefined }),
    /** The operator names somebody in the place of an owner, as `by` agrees. */
    async replace(by: TestOwner, next: TestOwner, ownerId?: string) {
      const signed = await proven(await by.signs(await replaceText(by, next, ownerId)))
      return owners.set({ ...named(next), ownerId }, { by: operator, signed })
    },
    /** The id of who has that name. */
    idOf: async ({ address }: { address: string }) =>
      (await owners.read(id)).owners.find((one) => one.address === address)!.id,
    add: (one: { address: string }) =>
      several(() => owners.several.add({ id, ownerAddress: one.address, network: undefined }, operator)),
    need: (needed: number) => several(() => owners.several.need({ id, needed }, operator)),
    async drop(one: { address: string }) {
      const ownerId = (await owners.read(id)).owners.find(({ address }) => address === one.address)!.id
      return several(() => owners.several.drop({ id, ownerId }, operator))
    },
    verify: async (by: TestOwner) => owners.verify(id, await word(by, 'verify')),
    async removeAll(by: TestOwner) {
      const signed = await word(by, 'remove')
      return owners.remove(id, { by: operator, signed })
    },
    async agree(consent: string, by: TestOwner) {
      const { message } = await consents.challenge({ id: consent, walletId: id, signer: by.address }, PAGE)
      const signed = await proven(await by.signs(message))
      return consents.give(consent, id, { by: as(by), signed })
    },
    /** As `by` agrees, another wallet signs for an owner once it has verified. */
    async addWallet(by: TestOwner, { ownerId, wallet }: { ownerId: string; wallet: TestOwner }) {
      const wanted = { id, ownerId, ownerAddress: wallet.address, network: undefined }
      const asked = { ...wanted, action: 'add-credential', signer: by.address } as const
      const { message } = await owners.walletChallenge(asked, PAGE)
      return owners.second.addWallet(wanted, await proven(await by.signs(message)))
    },
    async dropWallet({ address }: { address: string }) {
      const all = (await owners.read(id)).owners.flatMap(({ credentials }) => credentials)
      const credentialId = all.find((one) => one.address === address)!.id
      return owners.second.dropWallet({ id, credentialId }, operator)
    },
    async cutOff(by: TestOwner, credential: string) {
      const signed = await proven(await by.signs(await cutOffText(by, credential)))
      return owners.cutOff({ walletId: id, credential }, signed)
    },
    async stop(by: TestOwner) {
      const asked = { action: 'kill-switch', walletId: id, signer: by.address, credential: undefined } as const
      const { message } = await owners.actionChallenge(asked, PAGE)
      const wish = await owners.wish('kill-switch', await proven(await by.signs(message)))
      return bed.killSwitch.activate(as(by), wish)
    },
  }
}

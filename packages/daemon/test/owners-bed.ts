import { Failure } from '@waiaas/contract'
import { type Bed, operator } from '../../../test/support/feature-bed.ts'
import { evmOwner, type TestOwner } from '../../../test/support/owners.ts'
import { ownerOf } from '../src/owners/service.ts'
import type { OwnerSignature } from '../src/platform/caller.ts'

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
type Attempt = Promise<unknown> | (() => Promise<unknown>)
export const codeOf = async (attempt: Attempt): Promise<string> =>
  (await failureOf(typeof attempt === 'function' ? attempt : () => attempt))?.code ?? 'done'

/** What somebody signed, as it comes with a call. */
export async function signedIn(
  { owners }: Pick<Bed, 'owners'>,
  headers: Record<string, string>,
  ip?: string,
): Promise<OwnerSignature> {
  const signed = await owners.authenticate(new Headers(headers), ip)
  if (!signed) throw new Error('no signature came')
  return signed
}

/** A wallet with somebody who owns it and has verified. */
export async function ownedWallet(bed: Bed, owner = evmOwner()) {
  const { id } = await bed.createWallet()
  const { set, verify } = peopleOf(bed, id)
  await set(owner)
  await verify(owner)
  return { id, owner }
}

type OwnersBed = Pick<Bed, 'owners' | 'consents' | 'database'> & Partial<Pick<Bed, 'killSwitch'>>

/** What people do with one wallet. */
export function peopleOf(bed: OwnersBed, id: string, ip?: string) {
  const { owners, consents } = bed
  const proven = (headers: Record<string, string>) => signedIn(bed, headers, ip)
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
  const named = ({ address, network }: TestOwner) => ({ id, ownerAddress: address, network })
  const replaceText = async (by: TestOwner, next: TestOwner, ownerId?: string) => {
    const asked = { ...named(next), ownerId, action: 'replace', signer: by.address } as const
    return (await owners.walletChallenge(asked, PAGE)).message
  }
  const need = (needed: number) => several(() => owners.several.need({ id, needed }, operator))
  async function agree(consent: string, by: TestOwner) {
    const { message } = await consents.challenge({ id: consent, walletId: id, signer: by.address }, PAGE)
    const signed = await proven(await by.signs(message))
    return consents.give(consent, id, { by: as(by), signed })
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
    need,
    /** As these agree. */
    async agreedNeed(needed: number, people: readonly TestOwner[]) {
      const asked = await failureOf(() => need(needed))
      for (const one of people) await agree(String(asked!.details.consent), one)
      return need(needed)
    },
    async drop(one: { address: string }) {
      const ownerId = (await owners.read(id)).owners.find(({ address }) => address === one.address)!.id
      return several(() => owners.several.drop({ id, ownerId }, operator))
    },
    verify: async (by: TestOwner) => owners.verify(id, await word(by, 'verify')),
    async removeAll(by: TestOwner) {
      const signed = await word(by, 'remove')
      return owners.remove(id, { by: operator, signed })
    },
    agree,
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
      if (!bed.killSwitch) throw new Error('no kill switch here')
      return bed.killSwitch.activate(as(by), wish)
    },
  }
}

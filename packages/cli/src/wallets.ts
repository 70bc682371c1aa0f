import type { Wallet } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { CommandError } from './errors.ts'

/** Every wallet, page by page. */
export async function allWallets(api: WAIaaSClient): Promise<Wallet[]> {
  const found: Wallet[] = []
  let cursor: string | undefined
  do {
    const page = await api.listWallets(cursor === undefined ? {} : { cursor })
    found.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return found
}

export const isLive = ({ status }: Wallet): boolean => status === 'ACTIVE' || status === 'SUSPENDED'

/** The live wallet that an id or a name means; the only one when neither is given. */
export async function chooseWallet(api: WAIaaSClient, idOrName: string | undefined): Promise<Wallet> {
  const wallets = (await allWallets(api)).filter(isLive)
  const matching = wallets.filter(({ id, name }) => idOrName === undefined || [id, name].includes(idOrName))
  const [wallet, another] = matching
  if (wallet !== undefined && another === undefined) return wallet
  const known = wallets.map(({ id, name }) => `${name} (${id})`).join(', ') || 'none'
  const seen = wallet === undefined ? 'no live wallet' : `${matching.length} live wallets`
  const wanted = idOrName === undefined ? 'to choose from' : `called "${idOrName}"`
  throw new CommandError(`expected one wallet, found ${seen} ${wanted}`, `name one of: ${known}`)
}

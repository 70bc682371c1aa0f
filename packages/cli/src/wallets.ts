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

/** The live wallet, where there is only one. */
export async function onlyWallet(api: WAIaaSClient): Promise<Wallet> {
  const [wallet, ...others] = (await allWallets(api)).filter(isLive)
  if (!wallet) throw new CommandError('there is no live wallet', 'make one with waiaas wallet create')
  if (others.length === 0) return wallet
  const names = [wallet, ...others].map(({ name }) => name).join(', ')
  throw new CommandError(`there are ${others.length + 1} wallets`, `name one of them with --wallet: ${names}`)
}

import { existsSync } from 'node:fs'
import type { AllOperations, Input, Wallet } from '@waiaas/contract'
import { type WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { agentClient } from './api.ts'
import { CommandError } from './errors.ts'
import { type Place, readIfThere, recoveryFile, tokenFile, writeSecretFile } from './place.ts'
import { allWallets, isLive } from './wallets.ts'

type Mode = 'mainnet' | 'testnet' | 'local'
export type Session = { id: string; expiresAt: number; isNew: boolean }

/** Fails where real money would lie behind a password that anybody reads who reads the folder. */
export function requireMeant(dataDir: string, isMeant: boolean): void {
  const path = recoveryFile(dataDir)
  if (isMeant || !existsSync(path)) return
  throw new CommandError(
    `${path} holds the master password in plain text, and real money would lie behind it`,
    'choose a password of your own with "waiaas set-master"; if you mean it as it is, give --yes-main',
  )
}

const chains = { solana: 'solana', evm: 'ethereum' } as const

/** A wallet per chain family that is wanted, by names of their own; those that are there are used again. */
export async function ensureWallets(
  api: WAIaaSClient,
  mode: Mode,
  isWanted: (chain: Wallet['chain']) => boolean = () => true,
): Promise<Wallet[]> {
  const known = (await allWallets(api)).filter(isLive)
  const environment = mode === 'mainnet' ? 'mainnet' : 'testnet'
  const wallets: Wallet[] = []
  for (const [label, chain] of Object.entries(chains)) {
    if (!isWanted(chain)) continue
    const name = `${label}-${mode}`
    const found = known.find((one) => one.name === name && one.chain === chain && one.environment === environment)
    wallets.push(found ?? (await api.createWallet({ name, chain, environment, createSession: false })))
  }
  return wallets
}

/** A session over these wallets whose token the data directory has; the one before while more than half of its life is left. */
export async function ensureSession(
  api: WAIaaSClient,
  place: Place,
  { wallets, ttl }: { wallets: readonly Wallet[]; ttl: number | undefined },
): Promise<Session> {
  const before = await currentSession(place)
  if (before && ttl === undefined && hasHalfItsLife(before)) {
    const linked = new Set(before.wallets.map(({ id }) => id))
    for (const { id } of wallets) if (!linked.has(id)) await api.linkSessionWallet({ id: before.id, walletId: id })
    return { id: before.id, expiresAt: before.expiresAt, isNew: false }
  }
  const request: Input<AllOperations['createSession']> = { walletIds: wallets.map(({ id }) => id) }
  const { id, token, expiresAt } = await api.createSession(ttl === undefined ? request : { ...request, ttl })
  await writeSecretFile(tokenFile(place.dataDir), `${token}\n`)
  // Nobody can find the old token any more.
  if (before) await api.revokeSession({ id: before.id })
  return { id, expiresAt, isNew: true }
}

/** The session whose token the data directory holds, while that token is good. */
async function currentSession({ baseUrl, dataDir }: Place) {
  const token = (await readIfThere(tokenFile(dataDir)))?.trim()
  if (!token) return undefined
  try {
    const { data } = await agentClient(baseUrl, token).listSessions()
    return data.find(({ status }) => status === 'ACTIVE')
  } catch (error) {
    if (error instanceof WAIaaSError && [401, 404].includes(error.status)) return undefined
    throw error
  }
}

function hasHalfItsLife(session: { createdAt: number; lastRenewedAt: number | null; expiresAt: number }): boolean {
  if (session.expiresAt === 0) return true
  const from = session.lastRenewedAt ?? session.createdAt
  return session.expiresAt - Date.now() / 1_000 > (session.expiresAt - from) / 2
}

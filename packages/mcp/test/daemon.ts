import { randomUUID } from 'node:crypto'
import { defaultSettings, Failure, type Handlers, newId, operations, type TransactionSent } from '@waiaas/contract'
import { mcpRoutes } from '../../daemon/src/mcp-http/service.ts'
import type { Principal } from '../../daemon/src/platform/caller.ts'
import { type Listening, listen } from '../../daemon/src/platform/http/listen.ts'
import { httpApp } from '../../daemon/src/platform/http/serve.ts'
import type { Calls } from '../../daemon/src/platform/http/types.ts'

const { getKillSwitch, sendToken, getAddress, getBalance, getWallet, getTransaction, listTransactions, renewSession } =
  operations
const table = {
  getKillSwitch,
  sendToken,
  getAddress,
  getBalance,
  getWallet,
  getTransaction,
  listTransactions,
  renewSession,
}

export const walletId = newId()
export const sessionId = newId()
const where = { walletId, chain: 'ethereum', environment: 'testnet' } as const
const network = 'local-evm'
const address = `0x${'12'.repeat(20)}`

/** A token as the daemon's: what it says of itself is all that clients read. `exp` in unix seconds. */
export function tokenOf(exp?: number): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `wai_sess_${part({ alg: 'HS256' })}.${part({ sub: sessionId, sessionId, exp, jti: randomUUID() })}.c2lnbmF0dXJl`
}

export const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds

export type Daemon = Awaited<ReturnType<typeof startDaemon>>

/** The contract's real HTTP side over handlers that write down what arrives. `answers` are given to sends, in order. */
export async function startDaemon() {
  const valid = new Set<string>()
  const sends: { key: string | undefined; input: unknown }[] = []
  const answers: ('break' | Failure)[] = []
  const renewed = Promise.withResolvers<string>()

  const handlers: Handlers<typeof table, Calls> = {
    sendToken: ({ idempotencyKey }, input) => {
      sends.push({ key: idempotencyKey, input })
      const answer = answers.shift()
      if (answer === 'break') throw new Error('a fault before anything was decided')
      if (answer) throw answer
      return sent(input.amount ?? null, input.humanAmount ?? null)
    },
    getKillSwitch: () => ({ state: 'ACTIVE', activatedAt: null, activatedBy: null }),
    getAddress: () => ({ ...where, network, address }),
    getBalance: () => ({ ...where, balances: [{ network, error: 'no endpoint' }] }),
    getWallet: (_call, { id }) => {
      throw new Failure('WALLET_NOT_FOUND', `no wallet ${id}`)
    },
    getTransaction: (_call, { id }) => {
      throw new Failure('TX_NOT_FOUND', `no transaction ${id}`)
    },
    listTransactions: () => ({ items: [], cursor: null, hasMore: false }),
    renewSession: (_call, { id }) => {
      const token = tokenOf(inSeconds(3_600))
      valid.clear()
      valid.add(token)
      renewed.resolve(token)
      return { id, token, expiresAt: inSeconds(3_600), renewalCount: 1 }
    },
  }

  async function authenticate(headers: Headers): Promise<Principal> {
    const token = headers.get('authorization')?.slice('Bearer '.length) ?? ''
    if (!valid.has(token)) throw new Failure('TOKEN_EXPIRED', 'the session has expired')
    return { kind: 'agent', sessionId, tokenHash: '' }
  }

  const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }
  const settings = defaultSettings()
  const app = httpApp({
    operations: table,
    handlers,
    authenticate,
    settings: () => settings,
    version: '0',
    log: quiet,
    strict: true,
    raw: [mcpRoutes({ settings: () => settings, log: quiet, secret: async () => new Uint8Array(32) })],
  })
  const server: Listening = await listen(app, { port: 0, hostname: '127.0.0.1' })
  return {
    ...server,
    valid,
    sends,
    answers,
    renewed: renewed.promise,
    /** A token that is taken. */
    issue(exp?: number): string {
      const token = tokenOf(exp)
      valid.add(token)
      return token
    },
  }
}

const sent = (amount: string | null, humanAmount: string | null): TransactionSent => ({
  id: newId(),
  status: 'PENDING',
  tier: 'INSTANT',
  walletId,
  type: 'TRANSFER',
  network,
  amount: amount ?? '100000000000000000',
  humanAmount: humanAmount ?? '0.1',
})

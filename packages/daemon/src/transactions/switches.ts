import type { ChainName } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { once } from '../platform/once.ts'

/** What a signature depends on beside the request; each is read again under its lock right before and right after signing. */
export type Switches = {
  killSwitch(db: Handle): Promise<{ state: 'ACTIVE' | 'SUSPENDED' | 'LOCKED'; epoch: number }>
  wallet(db: Handle, id: string): Promise<WalletFacts | undefined>
  session(db: Handle, id: string): Promise<SessionFacts | undefined>
  isLinked(db: Handle, sessionId: string, walletId: string): Promise<boolean>
  policyVersion(db: Handle, walletId: string): Promise<number>
}
export type WalletFacts = {
  id: string
  name: string
  chain: ChainName
  environment: 'mainnet' | 'testnet'
  address: string
  status: 'ACTIVE' | 'SUSPENDED' | 'TERMINATED'
  /** Under which its money is counted. */
  account: string
  /** After a restore: until then (unix milliseconds) it may have spent what the ledger does not know. */
  spends_unknown_before?: number | null
}
export type SessionFacts = {
  id: string
  revoked_at: number | null
  expires_at: number
  constraints: string | null
  labels: string | null
}

export type ReadSession = (id: string) => Promise<SessionFacts | undefined>

/** Reads sessions in a job that asks for the same ones again and again: each once. */
export const sessionReader = ({ session }: Pick<Switches, 'session'>, db: Handle): ReadSession =>
  once((id) => session(db, id))

/** Neither the kill switch nor the wallet's own state stops its signatures. */
export async function isOpen({ switches }: { switches: Switches }, db: Handle, walletId: string): Promise<boolean> {
  const { state } = await switches.killSwitch(db)
  return state === 'ACTIVE' && (await switches.wallet(db, walletId))?.status === 'ACTIVE'
}

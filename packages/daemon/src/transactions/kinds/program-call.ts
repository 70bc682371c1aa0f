import { nativeAsset, ZERO_BASE } from '@waiaas/contract'
import type { IntentOf, LookedUp, ProgramInstruction, Token } from '../../chains/intent.ts'
import type { Kind } from './kind.ts'

type ProgramCall = IntentOf<'program-call'>
type Stored = {
  to: string
  instructions: readonly ProgramInstruction[]
  tokens: readonly Token[]
  owners: readonly string[]
  lookups?: readonly LookedUp[]
}

/** Instructions of programs, in one transaction. */
export const programCall: Kind<ProgramCall> = {
  store: ({ kind, to, instructions, tokens, owners, lookups }) => ({
    kind,
    to,
    instructions: instructions.map(({ program, accounts, data }) => ({
      program,
      accounts: accounts.map(({ address, signer, writable }) => ({ address, signer, writable })),
      data,
    })),
    tokens,
    owners,
    ...(lookups && { lookups: lookups.map(({ table, at, address }) => ({ table, at, address })) }),
  }),
  restore: (stored) => ({ ...(stored as Stored), kind: 'program-call' }), // as `store` wrote it
  headline: ({ to }, { network }) => ({ to, amount: ZERO_BASE, asset: nativeAsset(network), ...network.native }),
  tokens: ({ tokens }) => tokens,
  memo: () => null,
}

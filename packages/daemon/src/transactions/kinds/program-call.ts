import { Failure, nativeAsset, type RequestOf, ZERO_BASE } from '@waiaas/contract'
import type { IntentOf, ProgramInstruction, Token } from '../../chains/intent.ts'
import type { Kind, Parsing } from './kind.ts'
import { knownTokens } from './known-tokens.ts'

type ProgramCall = IntentOf<'program-call'>
type Stored = {
  to: string
  instructions: readonly ProgramInstruction[]
  tokens: readonly Token[]
  owners: readonly string[]
}

/** Instructions of programs, in one transaction. */
export const programCall: Kind<ProgramCall> = {
  store: ({ kind, to, instructions, tokens, owners }) => ({
    kind,
    to,
    instructions: instructions.map(({ program, accounts, data }) => ({
      program,
      accounts: accounts.map(({ address, signer, writable }) => ({ address, signer, writable })),
      data,
    })),
    tokens,
    owners,
  }),
  restore: (stored) => ({ ...(stored as Stored), kind: 'program-call' }), // as `store` wrote it
  headline: ({ to }, { network }) => ({ to, amount: ZERO_BASE, asset: nativeAsset(network), ...network.native }),
  tokens: ({ tokens }) => tokens,
  memo: () => null,
}

/** What was asked for, with what runs before and after it. */
export async function programIntent(input: RequestOf<'CONTRACT_CALL'>, on: Parsing): Promise<ProgramCall> {
  const { programs, network } = on.chain
  if (!programs)
    throw new Failure(
      'UNSUPPORTED_TX_TYPE',
      `${network.id} has contracts, which are called by calldata, not by instructionData`,
    )
  const { to, instructionData = '', accounts = [], preInstructions = [], postInstructions = [] } = input
  const main = { programId: to, data: instructionData, accounts }
  const instructions = programs.instructions(on.sender, [...preInstructions, main, ...postInstructions])
  const owners = await programs.owners(instructions)
  const tokens = await knownTokens(on, programs.tokensIn(on.sender, { instructions, owners }))
  return { kind: 'program-call', to, instructions, tokens, owners }
}

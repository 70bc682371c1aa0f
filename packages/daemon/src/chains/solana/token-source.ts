import { address } from '@solana/kit'
import { Failure, ZERO_BASE } from '@waiaas/contract'
import type { TokenSource } from '../chain.ts'
import type { Token } from '../intent.ts'
import type { Rpc } from '../rpc.ts'
import { type ReadAccount, readAccounts, readMintAccount } from './accounts.ts'
import { associatedAccount } from './associated-account.ts'
import { holdingOf, tokenAccountOwner } from './mint.ts'
import { extensionsOf } from './mint-extensions.ts'

// Layout: https://github.com/solana-program/token/blob/main/interface/src/state.rs
const STATE_AT = 108
const FROZEN = 2
const CLOSE_AUTHORITY_AT = 129
const NOTHING: TokenSource = { amount: ZERO_BASE, isFrozen: false, isClosable: false }

export const FROZEN_ACCOUNT =
  'the token account is frozen: who may freeze it has to thaw it, and a programmable NFT moves by the program of its collection alone'

/** Failure INVALID_TRANSACTION of a token that is frozen where its owner has it. */
export async function requireThawed(rpc: Rpc, owner: string, token: Token): Promise<void> {
  const { isFrozen } = await readSource(rpc, owner, token)
  if (isFrozen) throw new Failure('INVALID_TRANSACTION', FROZEN_ACCOUNT)
}

/** The owner's associated account of a token: payments take from no other one. */
export async function readSource(rpc: Rpc, owner: string, token: Token): Promise<TokenSource> {
  const program = token.program ?? (await readMintAccount(rpc, token.address)).owner
  const place = associatedAccount(address(owner), address(token.address), address(program)).address
  const [account] = await readAccounts(rpc, [place])
  if (!account || tokenAccountOwner(account) !== owner) return NOTHING
  const { mint, amount } = holdingOf(account.data)
  if (mint !== token.address) return NOTHING
  return { amount, isFrozen: account.data[STATE_AT] === FROZEN, isClosable: isClosable(account) }
}

// Numbers: https://github.com/solana-program/token-2022/blob/main/interface/src/extension/mod.rs
const WITHHELD_FEES = 2
/** Immutable owner, memos on transfers, guard against calls, and marks of a mint that cannot move, has a hook or can be paused. */
const NO_MATTER: readonly number[] = [7, 8, 11, 13, 15, 27]

/** Whoever else may close it gets its rent; and the program refuses while fees are withheld in it, or balances are hidden. */
function isClosable(account: ReadAccount): boolean {
  const bytes = Buffer.from(account.data)
  const isOwners = bytes.readUInt32LE(CLOSE_AUTHORITY_AT) === 0
  return (
    isOwners &&
    extensionsOf(account).every(
      ({ type, value }) => NO_MATTER.includes(type) || (type === WITHHELD_FEES && value.every((byte) => byte === 0)),
    )
  )
}

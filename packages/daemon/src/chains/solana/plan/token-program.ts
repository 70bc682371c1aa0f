import type { Address } from '@solana/kit'
import { Failure } from '@waiaas/contract'
import type { Token } from '../../intent.ts'
import { readMintAccount } from '../accounts.ts'
import { readMint } from '../mint.ts'
import { requireMoving, requireSupportedMint } from '../mint-extensions.ts'
import { isTokenProgram, token2022Program } from '../programs.ts'
import { parseAddress } from '../recipients.ts'
import type { PlanContext } from './context.ts'

const mintFreshMs = 60_000

/** The program of a mint that can be moved. A Token-2022 mint is looked at again every minute, for its extensions. */
export async function programOf(
  { network, rpc, supported }: PlanContext,
  mint: Address,
  token: Token,
): Promise<Address> {
  if (token.program && isTokenProgram(token.program) && token.program !== token2022Program)
    return parseAddress(token.program)
  const known = supported.get(mint)
  if (known) return known
  const account = await readMintAccount(rpc, mint)
  const read = readMint(network, mint, account)
  requireSupportedMint(mint, account)
  requireMoving(mint, account)
  if (read.decimals !== token.decimals)
    throw new Failure('INVALID_TRANSACTION', `expected ${read.decimals} decimals for ${mint}, got ${token.decimals}`)
  const program = parseAddress(account.owner)
  supported.set(mint, program, mintFreshMs)
  return program
}

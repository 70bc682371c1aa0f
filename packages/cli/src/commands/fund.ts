import { parseUnits } from '@waiaas/contract'
import { connectOperator } from '../api.ts'
import { CommandError, UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { ensureTestUsdc, localChainOf, TEST_USDC } from '../local-chains.ts'
import { printable } from '../table.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas fund <id or name> <amount> [<token>] [flags]
Gives a wallet test money on a local chain: its native currency, or test USDC.
  <amount>   whole units, such as 2.5
  <token>    symbol of the native currency, or USDC
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, { options: daemonFlags, places: 3 })
  const [named, first, second] = positionals
  if (named === undefined || first === undefined) throw new UsageError('expected a wallet and an amount', usage)
  // "2 USDC" in one word is as good.
  const [amount = '', symbol = second] = first.trim().split(/\s+/)
  const { api } = await connectOperator(values)
  const wallet = await api.getWallet({ id: named })
  const chain = await localChainOf(api, wallet)
  const { native, id: network } = chain.network
  const asked = (symbol ?? native.symbol).toUpperCase()
  const token = [native, TEST_USDC].find((one) => one.symbol === asked)
  if (!token)
    throw new CommandError(
      `expected ${native.symbol} or ${TEST_USDC.symbol}, got "${asked.slice(0, 20)}"`,
      'the local chains have no other money to give',
    )
  const units = baseUnits(amount, token.decimals)
  if (token === native) await chain.faucet.native(wallet.publicKey, units)
  else {
    await ensureTestUsdc(api, chain)
    await chain.faucet.token(wallet.publicKey, units)
  }
  const given = { walletId: wallet.id, network, amount, symbol: token.symbol }
  if (values.json) printJson(given)
  else print(printable(`${wallet.name} (${wallet.publicKey}) was given ${amount} ${token.symbol} on ${network}`))
  return 0
}

/** Far above what a test needs, and within what every chain can count. */
const MOST = 1_000_000_000

function baseUnits(text: string, decimals: number): bigint {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0 || Number(text) > MOST)
    throw new UsageError(`expected an amount in whole units, such as 2.5, got "${text.slice(0, 40)}"`, usage)
  try {
    return BigInt(String(parseUnits(text, decimals)))
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : `expected an amount, got "${text}"`, usage)
  }
}

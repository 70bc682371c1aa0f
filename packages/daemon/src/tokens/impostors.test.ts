import { Failure, findNetwork, NETWORKS, tokenAsset } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Reader } from '../chains/chain.ts'
import type { Token } from '../chains/intent.ts'
import { seenAs } from '../platform/look-alike.ts'
import { builtinTokens } from './builtin.ts'
import { impostorsAmong } from './impostors.ts'

const network = findNetwork(NETWORKS, 'ethereum-mainnet')!
const solana = findNetwork(NETWORKS, 'solana-mainnet')!
const OTHER = '0x00000000000000000000000000000000000000c3'
const [MINT, FAKE] = ['EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v', 'So11111111111111111111111111111111111111113']
/** What the operator has added there. */
const added: Token = { address: MINT, asset: tokenAsset(solana, MINT), symbol: 'USDC', name: 'USD Coin', decimals: 6 }

/** What a token that calls itself so is found to be like. */
async function like(symbol: string, name: string, on = network, address = OTHER): Promise<string | undefined> {
  const asset = tokenAsset(on, address)
  const found = await impostorsAmong({
    listed: async () => (on === solana ? [added] : builtinTokens(on)),
    findToken: async (): Promise<Token> => ({ address, asset, symbol, name, decimals: 6 }),
  })({ network: on } as Reader, [asset])
  return found[asset]
}

test.each([
  ['USDC', 'anything'],
  ['usdc', 'anything'],
  ['USDС', 'with a letter of Cyrillic at its end'],
  ['U S D C', 'with spaces'],
  ['USD-C', 'with a sign'],
  ['$USDC\u200b', 'with what nobody sees'],
  ['USÐC', 'USD Coin'],
  ['ＵＳＤＣ', 'wide letters'],
  ['X', 'USDC'],
  ['USD Coin', 'X'],
  ['X', 'usd c0in'],
  ['ÚŚḊĊ', 'accents'],
  ['ETH', 'native currency'],
  ['Ε𝖳Η', 'native currency in other letters'],
])('%s (%s) is like one that is listed', async (symbol, name) => {
  expect(await like(symbol, name)).toMatch(/^(USDC \(0x|ETH$)/)
})

test.each([
  ['USDX', 'Another Dollar'],
  ['stETH', 'Liquid staked Ether'],
  ['', ''],
  ['🚀', '🚀🚀'],
])('%s (%s) is like none', async (symbol, name) => {
  expect(await like(symbol, name)).toBeUndefined()
})

test('a token of a list is no impostor of itself, on either family', async () => {
  for (const { symbol, name, address } of builtinTokens(network))
    expect(await like(symbol, name, network, address)).toBeUndefined()
  expect(await like('USDC', 'USD Coin', solana, MINT)).toBeUndefined()
  expect(await like('USDС', 'x', solana, FAKE)).toBe(`USDC (${MINT})`)
  expect(await like('SOL', 'x', solana, FAKE)).toBe('SOL')
})

test('what no node can read as a token is looked at by others, and what cannot be read at all is an error', async () => {
  const asset = tokenAsset(network, OTHER)
  const ask = (code: 'TOKEN_NOT_FOUND' | 'CHAIN_ERROR') =>
    impostorsAmong({
      listed: async () => [],
      findToken: async () => {
        throw new Failure(code, 'as it is')
      },
    })({ network } as Reader, [asset])
  expect(await ask('TOKEN_NOT_FOUND')).toEqual({})
  await expect(ask('CHAIN_ERROR')).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})

test('what is left of a name is the same however often it is taken, and in any case', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 24 }), (name) => {
      expect(seenAs(seenAs(name))).toBe(seenAs(name))
    }),
  )
})

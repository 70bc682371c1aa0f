import { newId } from '@waiaas/contract'
import {
  deployEvmFixtures,
  type EvmFixtures,
  type EvmNode,
  evmContracts,
  evmFaucet,
  mintToken,
  startEvm,
} from '@waiaas/localnet'
import { encodeDeployData, encodeFunctionData, type Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CallBed, type Caller, startCalls } from '../../../../test/support/calls.ts'
import { tokenStore } from '../tokens/store.ts'

let node: EvmNode
let at: EvmFixtures
let bed: CallBed
let hostile: Hex
let fake: Hex
const asset = (address: string) => `eip155:31337/erc20:${address.toLowerCase()}`
const TAKE = 1
const { abi } = evmContracts.Hostile

beforeAll(async () => {
  node = await startEvm()
  at = await deployEvmFixtures(node)
  const deploy = async (name: 'Hostile' | 'PlainToken', args: readonly unknown[] = []): Promise<Hex> => {
    const data = encodeDeployData({ ...evmContracts[name], args })
    return ((await node.rpc('eth_sendTransactionSync', [{ from: evmFaucet, data }])) as { contractAddress: Hex })
      .contractAddress
  }
  hostile = await deploy('Hostile')
  // Two letters of it are of Cyrillic.
  fake = await deploy('PlainToken', ['Теst USD', 'ТUSD', 18])
  bed = await startCalls(node, {
    fixed: { [asset(at.permitToken)]: '1', [asset(fake)]: '1', 'native:local-evm': '2000' },
  })
  await bed.database.work({}, (db) =>
    tokenStore.insert(db, {
      ...{ id: newId(), network: 'local-evm', address: at.permitToken, asset: asset(at.permitToken) },
      ...{ symbol: 'TUSD', name: 'Test USD', decimals: 6, program: null, created_at: 0 },
    }),
  )
})
afterAll(async () => {
  await bed?.stop()
  await node?.stop()
})

/** Who may do all of this with both tokens. */
async function holder(): Promise<Caller> {
  const tokens = [at.permitToken, fake].map((address) => ({ address }))
  const from = await bed.caller([hostile], {
    SPENDING_LIMIT: { instant_max_usd: 1_000, notify_max_usd: 1_000, delay_max_usd: 1_000 },
    ALLOWED_TOKENS: { tokens },
    APPROVED_SPENDERS: { spenders: [{ address: hostile }] },
    CONTRACT_WHITELIST: { contracts: [{ address: hostile }, ...tokens] },
  })
  await mintToken(node, fake, { to: from.address, amount: 10n ** 20n })
  await mintToken(node, at.permitToken, { to: from.address, amount: 10n ** 8n })
  return from
}

const approve = (spender: Hex, amount: bigint): Hex =>
  encodeFunctionData({ abi: evmContracts.PlainToken.abi, functionName: 'approve', args: [spender, amount] })
const named = async (from: Caller, request: Parameters<CallBed['judged']>[1]) => {
  const { decision } = await bed.judged(from, request)
  return [decision!.tier, ...decision!.reasons.map(({ code }) => code)]
}
const PAYS = { type: 'TOKEN_TRANSFER', to: '0x00000000000000000000000000000000000000b2', amount: '5' } as const

test('a token that calls itself like a listed one waits for a human, in whatever form it is asked for', async () => {
  const from = await holder()
  expect(await named(from, { ...PAYS, token: { address: at.permitToken } })).toEqual(['INSTANT'])
  const forms: Parameters<CallBed['judged']>[1][] = [
    { ...PAYS, token: { address: fake } },
    { type: 'APPROVE', to: hostile, spender: hostile, amount: '5', token: { address: fake } },
    bed.request({ to: fake, data: approve(hostile, 5n) }),
  ]
  for (const form of forms) expect(await named(from, form)).toEqual(['APPROVAL', 'TOKEN_IMPOSTOR'])
})

test('so does one that is only seen to leave, and what was found is not forgotten when it is judged again', async () => {
  const from = await holder()
  const send = (from: string, to: Hex, data: Hex) => node.rpc('eth_sendTransactionSync', [{ from, to, data }])
  await node.rpc('anvil_impersonateAccount', [from.address])
  await send(from.address, fake, approve(hostile, 10n))
  await node.rpc('anvil_stopImpersonatingAccount', [from.address])
  await send(evmFaucet, hostile, encodeFunctionData({ abi, functionName: 'become', args: [TAKE, fake, at.sink, 7n] }))
  const work = { to: hostile, data: encodeFunctionData({ abi, functionName: 'work' }) }
  expect(await named(from, bed.request(work))).toEqual(['APPROVAL', 'TOKEN_IMPOSTOR'])
  const id = await bed.call(from, work)
  await bed.until(id, 'QUEUED')
  const { decision } = await bed.service.get(id, undefined)
  expect(decision!.inputs!.impostors).toEqual({ [asset(fake)]: expect.stringContaining(at.permitToken) })
  // Another policy has it judged again.
  await bed.add(from.id, 'SPENDING_LIMIT', { instant_max_usd: 900, notify_max_usd: 900, delay_max_usd: 900 })
  await bed.service.approve(id)
  expect(await bed.ended(id)).toMatchObject({ status: 'CONFIRMED' })
})

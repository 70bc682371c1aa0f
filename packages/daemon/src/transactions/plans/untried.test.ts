import { newId, operations, type PlanRequest, type PolicyType, tokenAsset } from '@waiaas/contract'
import { callFixture, deployEvmFixtures, evmContracts, evmFaucet, mintToken, startEvm } from '@waiaas/localnet'
import { encodeDeployData, encodeFunctionData, type Hex } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { type Caller, startCalls } from '../../../../../test/support/calls.ts'
import { type Answered, changing, type Request, startEndpoint } from '../../../test/evm-bed.ts'
import { ETHER, localEvm } from '../../../test/pipeline-bed.ts'

type Step = NonNullable<PlanRequest['steps']>[number]
const bin = '0x00000000000000000000000000000000DeaDBeef'
const missing = { error: { code: -32601, message: 'the method does not exist' } }

/** A chain that makes a block for each transaction, with a token, an exchange, and a contract that takes seven of whoever calls it, or fails; and one that does nothing. */
async function startScene() {
  const node = await startEvm()
  onTestFinished(() => node.stop())
  const { plainToken, permitToken, sink } = await deployEvmFixtures(node)
  const deploy = async (name: 'Exchange' | 'Hostile'): Promise<Hex> => {
    const { abi, bytecode } = evmContracts[name]
    const data = encodeDeployData({ abi, bytecode })
    const receipt = await node.rpc('eth_sendTransactionSync', [{ from: evmFaucet, data }])
    return (receipt as { contractAddress: Hex }).contractAddress
  }
  const [exchange, hostile, idle] = [await deploy('Exchange'), await deploy('Hostile'), await deploy('Hostile')]
  await mintToken(node, permitToken, { to: exchange, amount: 10n ** 24n })
  await callFixture(node, {
    ...{ contract: 'Hostile', address: hostile, functionName: 'become', args: [1, plainToken, sink, 7n] },
  })
  const approve = (spender: Hex, amount: bigint): Step => ({
    to: plainToken,
    data: encodeFunctionData({ abi: evmContracts.PlainToken.abi, functionName: 'approve', args: [spender, amount] }),
  })
  const swap = ({ address }: { address: string }, amount: bigint): Step => ({
    to: exchange,
    data: encodeFunctionData({
      ...{ abi: evmContracts.Exchange.abi, functionName: 'swapExactTokensForTokens' },
      args: [amount, 0n, [plainToken, permitToken], address as Hex, 10n ** 12n],
    }),
  })
  const data = encodeFunctionData({ abi: evmContracts.Hostile.abi, functionName: 'work' })
  const [work, rest]: [Step, Step] = [
    { to: hostile, data },
    { to: idle, data },
  ]
  /** A daemon that knows the chain by a node which answers as told. */
  async function through(instead: (request: Request) => Answered | undefined) {
    const { url } = await startEndpoint(changing(node.url, instead))
    const fixed = Object.fromEntries([plainToken, permitToken].map((token) => [tokenAsset(localEvm, token), '1']))
    const bed = await startCalls({ ...node, url }, { fixed })
    onTestFinished(() => bed.stop())
    const contracts = [exchange, hostile, idle].map((address) => ({ address }))
    const policies: Partial<Record<PolicyType, object>> = {
      SPENDING_LIMIT: { instant_max_usd: 1e6, notify_max_usd: 1e6, delay_max_usd: 1e6 },
      ALLOWED_TOKENS: { tokens: [{ address: plainToken }, { address: permitToken }] },
      APPROVED_SPENDERS: { spenders: contracts },
      CONTRACT_WHITELIST: { contracts },
    }
    const named = contracts.map(({ address }) => address.toLowerCase())
    const wallet = await bed.caller(named, policies)
    await mintToken(node, plainToken, { to: wallet.address, amount: 100n * ETHER })
    const input = (steps: readonly Step[]): PlanRequest =>
      operations.sendPlan.input.parse({ walletId: wallet.id, steps })
    return {
      ...{ bed, wallet },
      dry: (...steps: Step[]) => bed.service.plans.simulate(input(steps), wallet.session),
      async send(from: Caller, ...steps: Step[]) {
        const sending = { sessionId: from.session, peer: '127.0.0.1', key: newId(), onDelivered: () => undefined }
        return (await bed.service.plans.send(input(steps), sending)).accepted!
      },
      async ended(id: string) {
        const show = () => bed.service.plans.get(id, undefined)
        await expect.poll(async () => ['QUEUED', 'RUNNING'].includes((await show()).status)).toBe(false)
        return show()
      },
    }
  }
  return { exchange, hostile, plainToken, approve, swap, work, rest, through }
}

const pay: Step = { to: bin, value: '1' }
const codes = ({ decision }: { decision: { reasons: readonly { code: string }[] } }) =>
  decision.reasons.map(({ code }) => code)

test('where an endpoint only traces, each step is traced upon those before it', async () => {
  const { exchange, hostile, plainToken, approve, swap, work, through } = await startScene()
  const { dry, send, wallet, ended } = await through(({ method }) =>
    method === 'eth_simulateV1' ? missing : undefined,
  )
  const taken = await dry(pay, approve(hostile, 50n), work)
  expect(codes(taken)).not.toContain('UNKNOWN_EFFECT')
  expect(taken.tier).toBe('INSTANT')
  expect(taken.steps[2]!.effects).toContainEqual(
    expect.objectContaining({ kind: 'outflow', asset: tokenAsset(localEvm, plainToken), amount: '7' }),
  )
  // It is alone that each of these would pass.
  await expect(dry(approve(hostile, 50n), approve(hostile, 0n), work)).rejects.toMatchObject({
    ...{ code: 'INVALID_TRANSACTION', message: expect.stringContaining('step 3 would fail after those before it') },
  })
  const { id, tier } = await send(wallet, approve(exchange, 4n * ETHER), swap(wallet, 4n * ETHER))
  expect(tier).toBe('INSTANT')
  expect((await ended(id)).steps.map(({ status }) => status)).toEqual(['CONFIRMED', 'CONFIRMED'])
})

test('where an endpoint cannot try a step upon those before it, what it does is unknown, and a human decides', async () => {
  const { exchange, hostile, approve, swap, work, rest, through } = await startScene()
  // It leaves out upon what it is to trace.
  const deaf = await through(({ method, params }) => {
    if (method === 'eth_simulateV1') return missing
    const { stateOverrides = {} } = (params[2] ?? {}) as { stateOverrides?: object }
    return method === 'debug_traceCall' && Object.keys(stateOverrides).length > 0
      ? { result: { output: '0x' } }
      : undefined
  })
  expect(codes(await deaf.dry(rest, pay))).not.toContain('UNKNOWN_EFFECT')
  expect(codes(await deaf.dry(pay, approve(hostile, 50n), pay))).not.toContain('UNKNOWN_EFFECT')
  const blind = await through(({ method }) =>
    method === 'eth_simulateV1' || method.startsWith('debug_') ? missing : undefined,
  )
  for (const { dry } of [deaf, blind]) {
    const alone = await dry(approve(hostile, 50n), rest)
    expect([codes(alone), alone.tier]).toEqual([expect.arrayContaining(['UNKNOWN_EFFECT']), 'APPROVAL'])
    const failing = await dry(approve(hostile, 50n), work)
    expect([codes(failing), failing.tier]).toEqual([expect.arrayContaining(['UNKNOWN_EFFECT']), 'APPROVAL'])
    const given = await dry(approve(hostile, 50n), { ...work, gas: '300000' })
    // A block between the two moves the price of gas by an eighth at most, and nobody's limit of gas.
    const perGas = BigInt(given.steps[1]!.maxFee) / 300_000n
    const [least, most] = [7n, 9n].map((eighths) => (1_500_000n * perGas * eighths) / 8n) as [bigint, bigint]
    expect(BigInt(failing.steps[1]!.maxFee)).toBeGreaterThanOrEqual(least)
    expect(BigInt(failing.steps[1]!.maxFee)).toBeLessThanOrEqual(most)
    await expect(dry(approve(hostile, 50n), { ...work, gas: '99999999' })).rejects.toMatchObject({
      message: expect.stringMatching(/^step 2: expected a gas limit of at most/),
    })
    // The first one has nothing to wait for.
    await expect(dry(work, pay)).rejects.toMatchObject({ message: expect.stringMatching(/^step 1: /) })
  }
  const { bed, wallet, send, ended } = blind
  const { id, tier, steps } = await send(wallet, approve(exchange, 4n * ETHER), swap(wallet, 4n * ETHER))
  expect(tier).toBe('APPROVAL')
  await bed.service.approve(steps[0]!.id)
  expect((await ended(id)).steps.map(({ status }) => status)).toEqual(['CONFIRMED', 'CONFIRMED'])
})

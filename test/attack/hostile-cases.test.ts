import { type Effect, Failure, factsOf, parseBase } from '@waiaas/contract'
import { type EvmNode, evmFaucet, startEvm } from '@waiaas/localnet'
import { encodeDeployData, encodeFunctionData, getContractAddress, type Hex, parseAbi } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { compileFolder } from '../../packages/localnet/scripts/compile.ts'
import { type CallBed, type Caller, startCalls } from '../support/calls.ts'
import { AMOUNT, type HostileCase, hostileCases, type Request, type Scene, WORK } from './hostile/cases.ts'

// Small contracts and tokens that take from whoever calls them. Whatever leaves the wallet, by what the chain itself says, was
// refused before, was put to a human, was judged, or is noticed as soon as it is in a block.

const THIEF: Hex = '0x7777000000000000000000000000000000000001'
const native = 'eip155:31337/slip44:60'
const assetOf = (address: string) => `eip155:31337/erc20:${address.toLowerCase()}`
const hex = (value: bigint): Hex => `0x${value.toString(16)}`
const setup = parseAbi([
  'function set(address,address,uint256)',
  'function arm()',
  'function mint(address,uint256)',
  'function approve(address,uint256)',
  'function truth(address) view returns (uint256)',
  'function granted(address,address) view returns (uint256)',
])
const call = (functionName: string, args: readonly unknown[] = []) =>
  encodeFunctionData({ abi: setup, functionName, args } as never)

let node: EvmNode
let bed: CallBed
let wallet: Caller
const scenes = new Map<string, Scene>()

const send = (from: string, more: object) => node.rpc('eth_sendTransaction', [{ from, gas: '0x1000000', ...more }])
const number = async (to: Hex, functionName: string, args: readonly unknown[]) =>
  BigInt((await node.rpc('eth_call', [{ to, data: call(functionName, args) }, 'latest'])) as Hex)

/** A contract, a token and the allowance between them for each case, before the wallet is the daemon's. */
async function build(me: Hex): Promise<void> {
  const compiled = compileFolder(new URL('hostile/', import.meta.url), { optimized: false })
  let nonce = BigInt((await node.rpc('eth_getTransactionCount', [evmFaucet, 'pending'])) as Hex)
  const deploy = async (name: string): Promise<Hex> => {
    const { abi, bytecode } = compiled[name]!
    await send(evmFaucet, { data: encodeDeployData({ abi, bytecode: bytecode as Hex } as never), nonce: hex(nonce) })
    return getContractAddress({ from: evmFaucet, nonce: nonce++ })
  }
  await node.rpc('anvil_impersonateAccount', [me])
  for (const { name, contract: code, token: kind, allowed = 5n * AMOUNT } of hostileCases) {
    const [contract, token] = [await deploy(code), await deploy(kind)]
    scenes.set(name, { contract, token, me, thief: THIEF })
    await send(evmFaucet, { to: contract, data: call('set', [token, THIEF, AMOUNT]), nonce: hex(nonce++) })
    await send(evmFaucet, { to: token, data: call('mint', [me, 1_000n * AMOUNT]), nonce: hex(nonce++) })
    if (allowed > 0n) await send(me, { to: token, data: call('approve', [contract, allowed]) })
  }
  await node.mine()
  await node.rpc('anvil_stopImpersonatingAccount', [me])
}

beforeAll(async () => {
  node = await startEvm({ gasLimit: 4_000_000_000n, extraArgs: ['--slots-in-an-epoch', '1', '--no-mining'] })
  const privateKey = generatePrivateKey()
  const me = privateKeyToAddress(privateKey)
  await node.fund(me, 10n ** 18n)
  await build(me)
  await node.rpc('evm_setAutomine', [true])
  await node.rpc('evm_setBlockGasLimit', [hex(30_000_000n)])
  const listed = hostileCases.filter(({ isUnlisted }) => !isUnlisted).map(({ name }) => scenes.get(name)!)
  const all = [...scenes.values()].flatMap(({ contract, token }) => [contract, token])
  const fixed = Object.fromEntries(listed.map(({ token }) => [assetOf(token), '1']))
  bed = await startCalls(node, { fixed: { ...fixed, 'native:local-evm': '2000' } })
  wallet = await bed.caller(
    all,
    {
      SPENDING_LIMIT: {
        instant_max_usd: 100_000,
        notify_max_usd: 100_000,
        delay_max_usd: 100_000,
      },
      CONTRACT_WHITELIST: { contracts: all.map((address) => ({ address })) },
      APPROVED_SPENDERS: { spenders: [...scenes.values()].map(({ contract }) => ({ address: contract })) },
    },
    privateKey,
  )
})
afterAll(async () => {
  await bed?.stop()
  await node?.stop()
})

/** What the wallet has of the token, and who else may take of it, by what the chain keeps. */
type Truth = { readonly has: bigint; readonly native: bigint; readonly granted: Readonly<Record<string, bigint>> }
async function truth({ token, contract, me }: Scene): Promise<Truth> {
  const grants = await Promise.all(
    [THIEF, contract, token].map(async (who) => [who, await number(token, 'granted', [me, who])] as const),
  )
  return {
    has: await number(token, 'truth', [me]),
    native: BigInt((await node.rpc('eth_getBalance', [me, 'latest'])) as Hex),
    granted: Object.fromEntries(grants),
  }
}

/** What of a loss effects do not tell. */
function untold(
  scene: Scene,
  effects: readonly Effect[],
  [before, after, fee]: readonly [Truth, Truth, bigint],
): string[] {
  const facts = factsOf({
    network: 'local-evm',
    sender: scene.me,
    effects: [...effects],
    fee: { asset: native, max: '0' },
  })
  const paid = (asset: string) =>
    facts.pays.reduce((sum, one) => (one.asset.toLowerCase() === asset ? sum + one.amount : sum), 0n)
  const nfts = effects.reduce((sum, one) => (one.kind === 'nft' ? sum + parseBase(one.amount) : sum), 0n)
  const may = (who: string) =>
    facts.spenders.some(
      (one) => one.spender.toLowerCase() === who.toLowerCase() && (one.unlimited || one.amount >= after.granted[who]!),
    ) ||
    facts.operators.some((one) => one.operator.toLowerCase() === who.toLowerCase()) ||
    facts.nfts.some((one) => one.to.toLowerCase() === who.toLowerCase())
  const [lost, spent] = [before.has - after.has, before.native - after.native - fee]
  return [
    ...(lost > paid(assetOf(scene.token)) + nfts ? [`${lost} of the token`] : []),
    ...(spent > paid(native) ? [`${spent} of the native currency`] : []),
    ...Object.keys(after.granted)
      .filter((who) => after.granted[who]! > before.granted[who]! && !may(who))
      .map((who) => `leave to ${who}`),
  ]
}

const CHANGES: Readonly<Record<NonNullable<HostileCase['meanwhile']>, (scene: Scene) => Promise<unknown>>> = {
  arm: ({ contract }) => send(evmFaucet, { to: contract, data: call('arm') }),
  blocks: () => node.mine(5),
  time: () => node.rpc('evm_increaseTime', [200 * 86_400]),
  miner: () => node.rpc('anvil_setCoinbase', ['0x0000000000000000000000000000000000000c01']),
  'base fee': () => node.rpc('anvil_setNextBlockBaseFeePerGas', [hex(7_777_777n)]),
  'gas limit': () => node.rpc('evm_setBlockGasLimit', [hex(28_777_777n)]),
  money: ({ contract }) => node.rpc('anvil_setBalance', [contract, '0x7']),
}

async function effectsOf(id: string): Promise<Effect[]> {
  const [row] = await bed.database.read((db) =>
    db.query<{ effects: string | null }>((k) =>
      k.selectFrom('transaction_texts').select('effects').where('id', '=', id),
    ),
  )
  return (JSON.parse(row!.effects!) as { effects: Effect[] }).effects
}

test('there are a hundred cases and more, each another one', () => {
  expect(new Set(hostileCases.map(({ name }) => name)).size).toBe(hostileCases.length)
  expect(hostileCases.length).toBeGreaterThanOrEqual(100)
})

test.each(hostileCases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
  const scene = scenes.get(name)!
  const { request = ({ contract }): Request => ({ to: contract, data: WORK }) } = one
  const { data, value, ...more } = request(scene)
  const listed = one.isUnlisted
    ? []
    : [await bed.add(wallet.id, 'ALLOWED_TOKENS', { tokens: [{ address: scene.token }] })]
  onTestFinished(async () => {
    for (const { id } of listed) await bed.rules.remove(id)
  })
  const before = await truth(scene)
  const meanwhile = one.meanwhile
  if (meanwhile) bed.onSign(async () => void (await CHANGES[meanwhile](scene)))
  const input =
    more.type === undefined ? bed.request({ to: more.to, data: data!, ...(value !== undefined && { value }) }) : more
  const { end, id, fee } = await outcome(input as never)
  const after = await truth(scene)
  const losses = [before, after, fee] as const
  const effects = id === undefined ? [] : await effectsOf(id)
  const hidden = untold(scene, effects, losses)
  const isNothing = untold(scene, [], losses).length === 0
  const wasNoticed =
    id !== undefined && bed.diverged.some((each) => each.transactionId === id && each.cause === 'EFFECT_DIVERGED')
  const found = end !== 'landed' ? end : wasNoticed ? 'noticed' : isNothing ? 'nothing' : 'judged'
  // What this is all for: nothing leaves that nobody has seen.
  if (!wasNoticed) expect(hidden).toEqual([])
  if (end !== 'landed') expect(isNothing).toBe(true)
  if (one.end === 'noticed') expect(hidden).not.toEqual([])
  expect(found).toBe(one.end)
})

type Outcome = { end: string; id?: string; fee: bigint }
async function outcome(input: Parameters<CallBed['send']>[1]): Promise<Outcome> {
  const answer = await bed.send(wallet, input, crypto.randomUUID()).catch((error: unknown) => {
    if (error instanceof Failure) return error
    throw error
  })
  if (answer instanceof Failure) return { end: answer.code, fee: 0n }
  const { transactionId: id, accepted } = answer
  if (!accepted) {
    const { decision } = await bed.service.get(id, undefined)
    return { end: decision!.reasons.map(({ code }) => code).join(' '), id, fee: 0n }
  }
  if (accepted.status === 'QUEUED') return { end: 'asked', id, fee: 0n }
  const { status, txHash } = await bed.ended(id)
  const receipt = (await node.rpc('eth_getTransactionReceipt', [txHash])) as { gasUsed: Hex; effectiveGasPrice: Hex }
  const fee = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice)
  return { end: status === 'CONFIRMED' ? 'landed' : 'reverts', id, fee }
}

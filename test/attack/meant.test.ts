import { deployEvmFixtures, type EvmFixtures, mintToken } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { type EvmWorld, evmWorld } from '../support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let fixtures: EvmFixtures
/** A session with a wallet of each chain. */
let token: string
let evm: string
beforeAll(async () => {
  world = await evmWorld()
  fixtures = await deployEvmFixtures(world.node)
  daemon = await startTestDaemon({ env: world.env })
  const make = (name: string, chain: 'ethereum' | 'solana') =>
    daemon.operator.createWallet({ name, chain, environment: 'testnet', createSession: false })
  const [one, other] = [await make('evm-local', 'ethereum'), await make('sol-local', 'solana')]
  evm = one.id
  await world.node.fund(one.publicKey, 10n ** 18n)
  await mintToken(world.node, fixtures.plainToken, { to: one.publicKey, amount: 10n ** 18n })
  token = (await daemon.operator.createSession({ walletIds: [one.id, other.id] })).token
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

const ask = (path: string) => daemon.call<{ walletId: string }>('GET', path, { as: token })
const simulate = (body: object) => daemon.call('POST', '/v1/transactions/simulate', { as: token, body })
const payment = (more: object) => ({ type: 'TOKEN_TRANSFER', to: world.newAddress(), humanAmount: '1', ...more })

test('the network says which wallet of a session is meant, where one alone acts on it', async () => {
  expect(await ask('/v1/wallet/balance?network=local-evm')).toMatchObject({ status: 200, body: { walletId: evm } })
  expect(await simulate({ to: world.newAddress(), amount: '1', network: 'eip155:31337' })).toMatchObject({
    status: 200,
  })
  expect(await ask('/v1/wallet/balance')).toMatchObject({ status: 400, body: { code: 'WALLET_ID_REQUIRED' } })
})

test('a wallet is meant by its name as by its id', async () => {
  expect(await ask('/v1/wallet/address?walletId=EVM-Local')).toMatchObject({ status: 200, body: { walletId: evm } })
  expect(await ask('/v1/wallet/address?walletId=evm-local')).toMatchObject({ status: 200, body: { walletId: evm } })
  expect(await ask('/v1/wallet/address?walletId=evm')).toMatchObject({
    status: 404,
    body: { code: 'WALLET_NOT_FOUND' },
  })
  // One of another session's is not meant, and not told of.
  await daemon.operator.createWallet({ name: 'not theirs', chain: 'ethereum', createSession: false })
  for (const path of ['/v1/wallet/address?walletId=not%20theirs', '/v1/wallets/not%20theirs'])
    expect(await ask(path)).toMatchObject({ status: 404, body: { code: 'WALLET_NOT_FOUND' } })
})

test('the operator names wallets as an agent does, wherever an id is asked', async () => {
  const as = 'operator' as const
  const get = (path: string) => daemon.call('GET', path, { as })
  expect((await get('/v1/wallets/evm-local')).body).toMatchObject({ id: evm })
  expect((await get('/v1/wallets/EVM-LOCAL/networks')).body).toMatchObject({ id: evm })
  expect((await get('/v1/sessions?wallet_id=evm-local')).body).toMatchObject({ data: [{ walletName: 'evm-local' }] })
  const body = { walletIds: ['evm-local', 'sol-local'] }
  const made = await daemon.call<{ id: string }>('POST', '/v1/sessions', { as, body })
  expect(made.body).toMatchObject({ walletId: evm, wallets: [{ name: 'evm-local' }, { name: 'sol-local' }] })
  const gone = await daemon.call('DELETE', `/v1/sessions/${made.body.id}/wallets/sol-local`, { as })
  expect(gone.status).toBe(204)
  const policy = { walletId: 'evm-local', type: 'ALLOWED_NETWORKS', rules: { networks: [{ network: 'local-evm' }] } }
  expect((await daemon.call('POST', '/v1/policies', { as, body: policy })).body).toMatchObject({ walletId: evm })
  expect((await get('/v1/audit-logs?wallet_id=evm-local&limit=1')).body).toMatchObject({ data: [{ walletId: evm }] })
  expect(await get('/v1/wallets/nobody')).toMatchObject({ status: 404, body: { code: 'WALLET_NOT_FOUND' } })
})

test('a name that is taken is refused with who has it', async () => {
  const body = { name: ' Evm-LOCAL', chain: 'solana' }
  expect(await daemon.call('POST', '/v1/wallets', { as: 'operator', body })).toMatchObject({
    status: 409,
    body: { code: 'WALLET_NAME_EXISTS', details: { walletId: evm }, message: expect.stringContaining('another name') },
  })
})

test('the CAIP-19 name of a token says on which network', async () => {
  const asset = `eip155:31337/erc20:${fixtures.plainToken}`
  expect(await simulate(payment({ token: { assetId: asset } }))).toMatchObject({
    status: 200,
    body: { meta: { network: 'local-evm' } },
  })
})

test('a token is meant by the symbol that the operator gave it, and by no symbol that a contract claims', async () => {
  const name = (symbol: unknown) => simulate(payment({ token: symbol, network: 'local-evm' }))
  // The contract calls itself so; nobody has listed it.
  const { body: onChain } = await daemon.call<{ symbol: string }>(
    'GET',
    `/v1/tokens/resolve?network=local-evm&address=${fixtures.plainToken}`,
    { as: 'operator' },
  )
  for (const unlisted of [onChain.symbol, { symbol: onChain.symbol }, 'USDX'])
    expect(await name(unlisted)).toMatchObject({ status: 404, body: { code: 'TOKEN_NOT_FOUND' } })
  const list = (address: string, symbol: string, decimals = 18) =>
    daemon.operator.addToken({ network: 'local-evm', address, symbol, name: symbol, decimals })
  await list(fixtures.plainToken, 'SHOP')
  for (const listed of ['SHOP', 'shop', { symbol: 'Shop' }, fixtures.plainToken])
    expect(await name(listed), JSON.stringify(listed)).toMatchObject({
      status: 200,
      body: { balanceChanges: expect.arrayContaining([expect.objectContaining({ symbol: 'SHOP' })]) },
    })
  expect((await name('ETH')).body.message).toContain('send it with type TRANSFER')
  expect((await name('USDX')).body).toMatchObject({ details: { tokens: [{ symbol: 'SHOP' }] } })
  await list(fixtures.permitToken, 'Shop', 6)
  expect(await name('SHOP')).toMatchObject({
    status: 404,
    body: { message: expect.stringContaining('2 tokens are called SHOP'), details: { tokens: [{}, {}] } },
  })
  for (const address of [fixtures.permitToken, fixtures.plainToken])
    await daemon.operator.removeToken({ network: 'local-evm', address })
})

test('an asset is the same however it is written, wherever one is taken', async () => {
  const hex = fixtures.plainToken
  for (const asset of [
    `eip155:31337/erc20:${hex.toLowerCase()}`,
    `eip155:31337/erc20:${hex}`,
    `local-evm/erc20:${hex}`,
  ]) {
    expect((await simulate(payment({ token: { assetId: asset } }))).status, asset).toBe(200)
    const prices = { 'native:eip155:31337': '2000', [asset]: '7' }
    await daemon.operator.updateSettings({
      settings: [{ key: 'oracle.fixed_prices', value: JSON.stringify(prices) }],
    })
    const { body } = await simulate(payment({ token: asset }))
    expect(body, asset).toMatchObject({ decision: { usd: 7 } })
  }
  // Of two prices of one asset the higher counts.
  const twice = { [`eip155:31337/erc20:${hex}`]: '3', [`local-evm/erc20:${hex.toLowerCase()}`]: '2' }
  const key = 'oracle.fixed_prices'
  await daemon.operator.updateSettings({ settings: [{ key, value: JSON.stringify(twice) }] })
  expect((await simulate(payment({ token: hex, network: 'local-evm', humanAmount: '1' }))).body).toMatchObject({
    decision: { usd: 3 },
  })
  await daemon.operator.updateSettings({ settings: [{ key, value: null }] })
})

test('a token that is named twice, or elsewhere, is refused where the names are not of one', async () => {
  const elsewhere = { token: { assetId: `eip155:11155111/erc20:${fixtures.plainToken}` }, network: 'local-evm' }
  const two = { token: { assetId: `eip155:31337/erc20:${fixtures.plainToken}`, address: fixtures.permitToken } }
  for (const wrong of [elsewhere, two])
    expect(await simulate(payment(wrong))).toMatchObject({ status: 400, body: { code: 'INVALID_TRANSACTION' } })
})

import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deployEvmFixtures } from '@waiaas/localnet'
import { sealMasterProof, WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { askedFor } from '../../../test/support/consents.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from '../../../test/support/daemon.ts'
import { startReceivers } from '../../../test/support/notice-receivers.ts'
import { evmOwner, type TestOwner } from '../../../test/support/owners.ts'
import { acceptedInvitation } from '../../../test/support/passkeys.ts'
import { unsignedPayment } from '../../../test/support/unsigned.ts'
import { until } from '../../../test/support/until.ts'
import { GENEROUS, type TestWallet } from '../../../test/support/wallets.ts'
import { type EvmWorld, evmWorld } from '../../../test/support/worlds.ts'
import { relyingPartyOf } from '../../daemon/src/owners/webauthn.ts'
import { captured } from '../test/captured.ts'
import { waiaasAtTerminal } from '../test/run.ts'
import { derivedCommands } from './derived.ts'
import { exactCeilings } from './exact-ceilings.ts'

/** A network that no list knows. */
const ADDED = {
  ...{ id: 'my-chain', chainId: 4_242, environment: 'mainnet', rpc: ['http://127.0.0.1:9'] },
  ...{ symbol: 'MINE', decimals: 6 },
}
/** What is an address there is none here. */
const OF_ANOTHER_FAMILY = 'So11111111111111111111111111111111111111112'
const PAGE = 'https://wallets.example.org'
let world: EvmWorld
let daemon: TestDaemon
let quick: TestWallet
let slow: TestWallet
let token: string
let contract: string
let passwordFile: string

beforeAll(async () => {
  // No block comes by itself: what is sent can be replaced.
  world = await evmWorld({ blockTime: 3_600 })
  const fixtures = await deployEvmFixtures(world.node)
  token = fixtures.plainToken
  contract = fixtures.sink
  daemon = await startTestDaemon({
    env: { ...world.env, WAIAAS_NETWORKS_EVM: JSON.stringify([ADDED]), WAIAAS_SERVER_PUBLIC_URL: PAGE },
  })
  quick = await world.wallet(daemon, { limit: GENEROUS })
  slow = await world.wallet(daemon, { limit: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 } })
  passwordFile = join(daemon.dataDir, 'password')
  writeFileSync(passwordFile, MASTER_PASSWORD, { mode: 0o600 })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

const met = new Set<string>()

/** Runs a command line as a shell would, with JSON for an answer. */
async function run(command: string, args: readonly string[] = [], agent = quick): Promise<Record<string, unknown>> {
  met.add(command)
  writeFileSync(join(daemon.dataDir, 'mcp-token'), agent.token, { mode: 0o600 })
  const flags = ['--data-dir', daemon.dataDir, '--password-file', passwordFile, '--json']
  const { code, out, err } = await captured([...command.split(' '), ...args, ...flags])
  expect({ code, err }, `waiaas ${command} ${args.join(' ')}`).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as Record<string, unknown>
}

/** The same of a person who has nothing but the data directory. */
const runWithout = async (...words: string[]) => {
  rmSync(join(daemon.dataDir, 'mcp-token'), { force: true })
  const { code, out, err } = await captured([...words, '--data-dir', daemon.dataDir, '--json'])
  return { code, err, answer: out === '' ? undefined : JSON.parse(out) }
}

const idOf = ({ id }: Record<string, unknown>) => String(id)
const payment = () => ['--to', world.newAddress(), '--amount', '1000000000000', '--network', world.network]

async function submitted(): Promise<string> {
  const id = idOf(await run('tx send', payment()))
  await until(
    'the payment to be sent',
    async () => (await daemon.operator.getTransaction({ id })).status === 'SUBMITTED',
  )
  return id
}
const waiting = async () => idOf(await run('tx send', payment(), slow))

test('what stops needs no password where the data directory is at hand, and what undoes it does', async () => {
  const { id } = await daemon.operator.createWallet({ name: 'till', chain: 'ethereum', environment: 'testnet' })
  const session = await daemon.operator.createSession({ walletId: id })
  const suspended = { code: 0, answer: { id, status: 'SUSPENDED', suspensionReason: 'odd' } }
  expect(await runWithout('wallet', 'suspend', 'till', '--reason', 'odd')).toMatchObject(suspended)
  expect(await runWithout('session', 'revoke', session.id)).toMatchObject({ answer: { status: 'REVOKED' } })
  expect(await runWithout('kill-switch', 'activate')).toMatchObject({ answer: { state: 'SUSPENDED' } })
  const elsewhere = ['kill-switch', 'activate', '--base-url', daemon.url]
  for (const words of [elsewhere, ['kill-switch', 'recover'], ['kill-switch', 'escalate'], ['wallet', 'resume', id]]) {
    const { code, err } = await runWithout(...words)
    expect([code, err], words.join(' ')).toEqual([1, expect.stringContaining('the master password is needed')])
  }
  await run('kill-switch recover')
  met.delete('kill-switch recover')
})

test('who pairs an agent sees what it says of itself, and what it would get, before anything is done', async () => {
  const { code, pollToken } = await startedPairing()
  const words = ['agent', 'pair', code, '--wallet', quick.id, '--template', 'stablecoins']
  const flags = ['--data-dir', daemon.dataDir, '--password-file', passwordFile]
  const refused = await captured([...words, ...flags])
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('agent pair asks before it goes on') })
  const terminal = waiaasAtTerminal([...words, ...flags])
  const [asked] = await terminal.saw(/An agent at[\s\S]*Type yes to go on: /)
  for (const line of ['It calls itself "Claude".', '"pay invoices"', quick.address, 'ttl: 86400', '+ SPENDING_LIMIT'])
    expect(asked).toContain(line)
  terminal.type('no\r')
  expect(await terminal.ended).toMatchObject({ code: 1, out: expect.stringContaining('nothing was approved') })
  expect(await daemon.operator.pollPairing({ pollToken })).toMatchObject({ status: 'PENDING' })
})

test('an answer without an id is told that the id is missing', async () => {
  const approve = (...words: string[]) =>
    captured(['tx', 'approve', ...words, '--data-dir', daemon.dataDir, '--password-file', passwordFile])
  for (const flag of ['--yes', '--max-fee=40USD'])
    expect(await approve(flag)).toMatchObject({ code: 2, err: expect.stringContaining('expected an id before --') })
})

test('what is above a ceiling is shown in plain words, and signed with the password that is given for it', async () => {
  await run('wallet ceiling', [quick.id, '--network', world.network, '--transaction', '0.5'])
  const to = world.newAddress()
  const asked = ['--to', to, '--human-amount', '0.7', '--network', world.network]
  const id = idOf(await run('tx send', asked))
  const approve = (...more: string[]) =>
    captured(['tx', 'approve', id, '--yes', ...more, '--data-dir', daemon.dataDir, '--password-file', passwordFile])
  expect(await approve()).toMatchObject({ code: 1, err: expect.stringContaining(`tx approve ${id} --over-ceiling`) })
  const { code, err } = await approve('--over-ceiling', '--max-fee', '0.002ETH')
  expect(code, err).toBe(0)
  for (const line of [
    `This passes above the ceiling of ${quick.address} on local-evm, once:`,
    'pays 0.7 ETH to 0x',
    'fee: 0.002 ETH at most',
    "why: above the wallet's ceiling of 0.5 ETH a payment",
  ])
    expect(err).toContain(line)
  expect(err.toLowerCase()).toContain(to.toLowerCase())
  await until('the payment to be signed', async () =>
    ['SUBMITTED', 'CONFIRMED'].includes((await daemon.operator.getTransaction({ id })).status),
  )
})

/** The client of the operator's commands; what somebody who is asked sees is kept, and agreed to. */
async function askedClient() {
  const seen: string[] = []
  const see = (text: string) => void seen.push(text)
  const signer = await daemon.operator.getSealingKey()
  const api = new WAIaaSClient({
    baseUrl: daemon.url,
    masterProof: (call) => sealMasterProof(signer, { password: MASTER_PASSWORD, call }),
  })
  return { api: exactCeilings({ api, tell: see, agree: async (text) => see(text) }), seen }
}

test('a policy is called by its name or the end of its id, and lists say the names of wallets', async () => {
  const wallet = await daemon.operator.createWallet({
    ...({ name: 'till of names', chain: 'ethereum', environment: 'testnet' } as const),
    defaultPolicy: false,
  })
  const rules = { max_requests: 9, window_seconds: 60 }
  const made = { walletId: wallet.id, type: 'RATE_LIMIT', name: 'nine-a-minute', rules } as const
  const { id } = await daemon.operator.createPolicy(made)
  const flags = ['--data-dir', daemon.dataDir, '--password-file', passwordFile]
  for (const called of ['nine-a-minute', 'NINE-a-minute', id.slice(-12), id])
    expect(await run('policy show', [called])).toMatchObject({ id })
  const { out } = await captured(['policy', 'list', '--wallet', 'till of names', ...flags])
  expect(out).toContain('till of names')
  expect(out).not.toContain(wallet.id)
  const second = await daemon.operator.createPolicy({ ...made, walletId: slow.id })
  onTestFinished(async () => void (await daemon.operator.deletePolicy({ id: second.id })))
  const both = await captured(['policy', 'delete', 'nine-a-minute', '--yes', ...flags])
  expect(both).toMatchObject({ code: 1, err: expect.stringContaining('2 are called "nine-a-minute"') })
  for (const one of [id, second.id]) expect(both.err).toContain(one)
  expect(await captured(['policy', 'show', 'ten a minute', ...flags])).toMatchObject({
    code: 1,
    err: expect.stringContaining('no policy is called "ten a minute"\n  waiaas policy list shows'),
  })
  expect(await captured(['wallet', 'owner', 'drop', 'till of names', 'till of names', ...flags])).toMatchObject({
    code: 1,
    err: expect.stringContaining('expected the owner id, got "till of names"'),
  })
  met.delete('policy show')
})

test('an amount is said with its symbol, and what could be two currencies is asked about', async () => {
  const send = (amount: string, ...more: string[]) => [
    '--to',
    world.newAddress(),
    '--amount',
    amount,
    '--dry-run',
    ...more,
  ]
  const native = await run('tx send', send('0.000001 ETH', '--network', world.network))
  expect(native).toMatchObject({ effects: { effects: [expect.objectContaining({ amount: '1000000000000' })] } })
  met.delete('tx send')
  writeFileSync(join(daemon.dataDir, 'mcp-token'), quick.token, { mode: 0o600 })
  const refused = async (...words: string[]) => {
    const { code, err } = await captured(['tx', 'send', ...words, '--data-dir', daemon.dataDir])
    expect(code).not.toBe(0)
    return err
  }
  expect(await refused(...send('1 NOPE', '--network', world.network))).toContain('NOPE')
  expect(await refused(...send('1 ETH'))).toMatch(
    /ETH is the currency of .*, and not of each network[^\n]*\n {2}give --network/,
  )
  expect(await refused(...send('1 ETH', '--token', 'USDC', '--network', world.network))).toContain('leave --token out')
})

test('who is paid is said by the name of a contact, shown by the address, and stays the same while it waits', async () => {
  const [address, another] = [evmOwner().address, evmOwner().address]
  const { operator } = daemon
  await operator.addContact({ name: 'carol', address })
  await operator.addContact({ name: 'carol', address: OF_ANOTHER_FAMILY })
  writeFileSync(join(daemon.dataDir, 'mcp-token'), slow.token, { mode: 0o600 })
  const asOperator = ['--password-file', passwordFile]
  const pay = ['tx', 'send', '--amount', '0.000001 ETH', '--network', world.network, '--data-dir', daemon.dataDir]
  const send = (to: string, ...more: string[]) => captured([...pay, '--to', to, ...more])
  const tried = await send('Carol', '--dry-run', ...asOperator)
  expect(tried).toMatchObject({ code: 0, err: expect.stringContaining(`waiaas: carol is ${address}\n`) })
  const sent = await send('carol', '--json', ...asOperator)
  expect(sent).toMatchObject({ code: 0, err: '' })
  const { id, tier } = JSON.parse(sent.out)
  await operator.changeContact({ name: 'carol', address: another })
  expect(tier).toBe('APPROVAL')
  expect(await operator.getTransaction({ id })).toMatchObject({ toAddress: address })
  await operator.adminRejectTransaction({ id })
  const unknown = await send('dave', ...asOperator)
  expect(unknown.code).toBe(1)
  expect(unknown.err).toContain('no contact is called dave')
  expect(unknown.err).toContain('waiaas contact list')
  // Whoever has a session alone learns of no contact.
  expect(await send('carol')).toMatchObject({ code: 1, err: expect.stringContaining('master password is needed') })
  const unsaid = await captured(['contact', 'change', 'carol', address, '--data-dir', daemon.dataDir, ...asOperator])
  expect(unsaid).toMatchObject({ code: 1, err: expect.stringContaining('give --yes') })
  expect((await operator.showContact({ name: 'carol' })).addresses.map((one) => one.address)).toContain(another)
  await operator.removeContact({ name: 'carol' })
})

test('who is logged in looks and stops without a password, and is asked for it where more could leave', async () => {
  const flags = ['--data-dir', daemon.dataDir, '--password-file', passwordFile]
  const kept = join(daemon.dataDir, 'login')
  const needsPassword = { code: 1, err: expect.stringContaining('the master password is needed') }
  expect(await runWithout('settings', 'get')).toMatchObject(needsPassword)
  expect(await captured(['login', ...flags])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^logged in until \S+, or 15 minutes without a command\n$/),
  })
  expect(statSync(kept).mode & 0o777).toBe(0o600)
  for (const words of [
    ['settings', 'get'],
    ['wallet', 'list'],
    ['balance', quick.id],
    ['tx', 'list'],
    ['tx', 'approve'],
  ])
    expect(await runWithout(...words), words.join(' ')).toMatchObject({ code: 0, err: '' })
  for (const words of [
    ['session', 'create', '--wallet-id', quick.id],
    ['settings', 'set', 'display.currency', 'EUR'],
  ])
    expect(await runWithout(...words), words.join(' ')).toMatchObject(needsPassword)
  // Whoever is named by an address is shown no login.
  expect(await runWithout('settings', 'get', '--base-url', daemon.url)).toMatchObject(needsPassword)
  const first = readFileSync(kept, 'utf8')
  await captured(['login', ...flags])
  const [, token] = first.trim().split(' ')
  expect((await daemon.call('GET', '/v1/admin/settings', { as: token! })).status).toBe(401)
  expect(await runWithout('logout')).toMatchObject({ code: 0, answer: { wasLoggedIn: true } })
  expect(existsSync(kept)).toBe(false)
  expect(await runWithout('logout')).toMatchObject({ code: 0, answer: { wasLoggedIn: false } })
  // One that is over is forgotten, and the password asked for.
  writeFileSync(kept, first, { mode: 0o600 })
  expect(await runWithout('settings', 'get')).toMatchObject(needsPassword)
  expect(existsSync(kept)).toBe(false)
})

test('who is logged in to look reads what the operator reads, and neither changes nor stops anything', async () => {
  const file = join(daemon.dataDir, 'view-password')
  writeFileSync(file, 'a password to look with', { mode: 0o600 })
  await daemon.operator.setViewPassword({ password: 'a password to look with' })
  const flags = ['--data-dir', daemon.dataDir, '--view-password-file']
  writeFileSync(`${file}-wrong`, 'another password', { mode: 0o600 })
  expect(await captured(['login', ...flags, `${file}-wrong`])).toMatchObject({ code: 1 })
  expect(await captured(['login', ...flags, file])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^logged in to look until \S+, or 15 minutes without a command\n$/),
  })
  for (const words of [
    ['settings', 'get'],
    ['wallet', 'list'],
  ])
    expect(await runWithout(...words), words.join(' ')).toMatchObject({ code: 0, err: '' })
  const [, token] = readFileSync(join(daemon.dataDir, 'login'), 'utf8').trim().split(' ')
  const stop = await daemon.call('POST', '/v1/admin/kill-switch', { as: token!, body: {} })
  expect([stop.status, stop.body]).toMatchObject([403, { code: 'VIEW_ONLY' }])
  // The operator's login takes its place, and the one before is over.
  await captured(['login', '--data-dir', daemon.dataDir, '--password-file', passwordFile])
  expect((await daemon.call('GET', '/v1/admin/settings', { as: token! })).status).toBe(401)
  expect(await runWithout('logout')).toMatchObject({ code: 0, answer: { wasLoggedIn: true } })
  await daemon.operator.removeViewPassword({})
})

test('doctor says what is to do before real money moves', async () => {
  const { code, out } = await captured(['doctor', '--data-dir', daemon.dataDir, '--password-file', passwordFile])
  expect(code).toBe(1)
  expect(out).toMatch(/^ok {5}the daemon runs and can work$/m)
  expect(out).toMatch(/^to do {2}there is no backup\n {7}make one\n {7}waiaas backup create$/m)
  expect(out).toMatch(/^ok {5}the master password is one of yours$/m)
  expect(out).toMatch(/^to do {2}nobody is told what happens$/m)
  expect(out).toMatch(/^\d of \d+ done$/m)
  await daemon.operator.createBackup({})
  const again = await captured(['doctor', '--json', '--data-dir', daemon.dataDir, '--password-file', passwordFile])
  expect(JSON.parse(again.out)).toMatchObject({
    ok: false,
    checks: expect.arrayContaining([
      expect.objectContaining({ name: 'backup', state: 'done', says: 'the newest backup is of today', next: null }),
      expect.objectContaining({ name: 'backup_place', state: 'todo' }),
    ]),
  })
})

test('times are asked for as people say them', async () => {
  const ago = (time: string) => run('tx list', ['--since', time])
  expect(await ago('2h')).toMatchObject({ items: expect.any(Array) })
  expect(await ago('2999-01-01')).toMatchObject({ items: [] })
  const flags = ['--data-dir', daemon.dataDir, '--password-file', passwordFile]
  expect(await captured(['tx', 'list', '--since', 'soon', ...flags])).toMatchObject({
    code: 2,
    err: expect.stringContaining('expected --since as a time: 2h (ago), yesterday'),
  })
  met.delete('tx list')
})

test('what the policies propose is shown, and the sealed password is given for just that', async () => {
  const { id, publicKey } = await daemon.operator.createWallet({
    name: 'vault',
    chain: 'ethereum',
    environment: 'mainnet',
  })
  const { networks: first } = await daemon.operator.getWalletCeiling({ id })
  const limits = { daily_limit_usd: 5_000, instant_max_usd: 1, notify_max_usd: 2, delay_max_usd: 3, max_fee_usd: 50 }
  for (const { id: policy } of (await daemon.operator.listPolicies({ walletId: id })).data)
    await daemon.operator.deletePolicy({ id: policy })
  await daemon.operator.createPolicy({ walletId: id, type: 'SPENDING_LIMIT', rules: limits })
  const { api, seen } = await askedClient()
  const { networks } = await api.changeWalletCeiling({ id, fromPolicies: true })
  const [text] = seen
  expect(text).toContain(`The signer of ${publicKey} will sign at most`)
  const before = first.find(({ network }) => network === 'ethereum-mainnet')!
  const after = networks.find(({ network }) => network === 'ethereum-mainnet')!
  expect(Number(after.day)).toBeGreaterThan(Number(before.day) * 2)
  expect(text).toContain(`ethereum-mainnet:\n  ${after.day} ETH, and fees of ${after.fee} ETH\n`)
  expect(text).toContain('my-chain (eip155:4242), as the daemon says:\n  0 MINE, and fees of 0 MINE')
  // The whole of it is what was shown: what is asked for beside it has no place there.
  await expect(api.changeWalletCeiling({ id, fromPolicies: true, network: 'base-mainnet', day: '9' })).rejects.toThrow(
    'network is one of them',
  )
  // A program that nobody looks at agrees to nothing.
  const words = ['wallet', 'ceiling', id, '--from-policies', '--data-dir', daemon.dataDir]
  const { code, err } = await captured([...words, '--password-file', passwordFile])
  expect([code, err]).toEqual([1, expect.stringContaining('--plain-password')])
})

test('on a network that was added the amounts are sealed too, in the units that are shown', async () => {
  const { id } = await daemon.operator.createWallet({ name: 'added', chain: 'ethereum', environment: 'mainnet' })
  // Nobody says that there is nothing where nobody could look.
  const out = ['added', '--to', world.newAddress(), '--networks', 'my-chain']
  const { digest, unread } = await run('wallet sweep', out)
  expect(unread).toMatchObject([{ network: 'my-chain' }])
  const flags = ['--data-dir', daemon.dataDir, '--password-file', passwordFile]
  expect(await captured(['wallet', 'sweep', ...out, '--digest', String(digest), ...flags])).toMatchObject({
    code: 1,
    err: expect.stringContaining('nothing was found to send, and my-chain did not answer'),
  })
  const { api, seen } = await askedClient()
  const { networks } = await api.changeWalletCeiling({ id, network: 'my-chain', transaction: '2.5', fee: '0.1' })
  expect(seen).toContain('my-chain is eip155:4242, and MINE has 6 decimals there, as the daemon says')
  expect(networks.find(({ network }) => network === 'my-chain')).toMatchObject({ transaction: '2.5', fee: '0.1' })
  await expect(api.changeWalletCeiling({ id, network: 'no-chain', transaction: '1' })).rejects.toThrow('no network')
  // A daemon that calls a built-in network by another name gets no amounts on it.
  const lies = Object.assign(Object.create(api) as WAIaaSClient, {
    listWalletNetworks: async () => ({
      networks: [{ network: 'my-chain', chainId: 'eip155:1', symbol: 'MINE', decimals: 6 }],
    }),
  })
  const misled = exactCeilings({ api: lies, tell: () => undefined, agree: async () => undefined })
  await expect(misled.changeWalletCeiling({ id, network: 'my-chain', transaction: '9' })).rejects.toThrow(
    'the daemon says that my-chain is ethereum-mainnet',
  )
})

/** What an owner does without a browser: the text is printed, signed elsewhere, and sent with its signature. */
async function signs(owner: TestOwner, command: string, words: readonly string[]): Promise<Record<string, unknown>> {
  const flags = ['--data-dir', daemon.dataDir, '--password-file', passwordFile]
  const typed = async (...more: string[]) => {
    const { code, out, err } = await captured([...command.split(' '), ...words, ...more, ...flags])
    expect({ code, err }, `waiaas ${command}`).toEqual({ code: 0, err: '' })
    return out
  }
  const file = join(daemon.dataDir, 'text')
  writeFileSync(file, await typed('--message'))
  const { signature } = await owner.word(readFileSync(file, 'utf8').trimEnd())
  return JSON.parse(await typed('--message-file', file, '--signature', signature, '--json')) as Record<string, unknown>
}

test('an owner verifies, approves, rejects and hands over with what they sign elsewhere', async () => {
  const { id, token: session } = await world.wallet(daemon, {
    limit: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 },
  })
  const [owner, next] = [evmOwner(), evmOwner()]
  const { name } = await daemon.operator.getWallet({ id })
  await daemon.operator.setOwner({ id, ownerAddress: owner.address })
  expect(await signs(owner, 'wallet owner verify', [name])).toMatchObject({ ownerState: 'LOCKED' })
  const pending = async () => {
    const { id } = await daemon.agent(session).sendToken({
      ...{ type: 'TRANSFER', to: world.newAddress(), amount: '1000000000000', network: world.network },
    })
    return id
  }
  const [first, second] = [await pending(), await pending()]
  const refused = await captured([
    'tx',
    'approve',
    first,
    '--yes',
    '--data-dir',
    daemon.dataDir,
    '--password-file',
    passwordFile,
  ])
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('owns this wallet and has to approve') })
  const { token } = await signs(owner, 'owner view', [owner.address])
  const looks = ['owner', 'approve', first, '--message', '--view', String(token), '--base-url', daemon.url]
  expect(await captured(looks)).toMatchObject({
    code: 0,
    out: expect.stringContaining('Approve this transaction'),
  })
  expect(await signs(owner, 'owner approve', [first.slice(-12)])).toMatchObject({ id: first, status: 'PENDING' })
  expect(await signs(owner, 'owner reject', [second])).toMatchObject({ id: second, status: 'CANCELLED' })
  const rules = { max_requests: 1, window_seconds: 1 }
  const policy = await daemon.operator.createPolicy({ walletId: id, type: 'RATE_LIMIT', rules })
  const consent = await askedFor(() => daemon.operator.deletePolicy({ id: policy.id }))
  expect(await signs(owner, 'owner agree', [consent!, id])).toMatchObject({ isAgreed: true })
  expect(await signs(owner, 'owner withdraw', [id])).toMatchObject({ walletId: id, to: owner.address })
  const spare = evmOwner()
  const { owners } = await signs(owner, 'owner add-wallet', [id, spare.address])
  const [{ credentials }] = owners as [{ credentials: { id: string }[] }]
  await signs(spare, 'wallet owner verify', [id, '--signer', spare.address])
  expect(await signs(spare, 'owner cut-off', [id, spare.address])).toMatchObject({ wallets: [{ id, agrees: true }] })
  await daemon.operator.dropOwnerWallet({ id, credentialId: credentials[1]!.id })
  const named = await signs(owner, 'wallet owner replace', [id, next.address])
  expect(named).toMatchObject({ ownerAddress: owner.address, nextOwnerAddress: next.address })
  await signs(next, 'wallet owner verify', [id])
  // Who has the id alone stops with it; a name is the operator's.
  const { code, err } = await runWithout('owner', 'stop', name, '--message')
  expect([code, err]).toEqual([1, expect.stringContaining('a name takes the master password')])
  expect(await signs(next, 'owner stop', [name])).toMatchObject({ state: 'SUSPENDED' })
  await daemon.operator.escalateKillSwitch()
  await daemon.operator.startRecovery()
  expect(String((await run('admin status')).warnings)).toContain('a recovery without the owners runs since')
  expect(await signs(next, 'owner cancel-recovery', [id])).toHaveProperty('cancelledAt')
  expect(await signs(next, 'kill-switch unlock', [name])).toMatchObject({ state: 'ACTIVE' })
  expect(await signs(next, 'wallet owner release', [id])).toMatchObject({ ownerState: 'NONE' })
  // What was locked has no sessions any more.
  const anew = async (wallet: TestWallet) => ({
    ...wallet,
    token: (await daemon.operator.createSession({ walletId: wallet.id })).token,
  })
  quick = await anew(quick)
  slow = await anew(slow)
})

test('every command that follows from an operation works as it is typed', async () => {
  const plain = ['health', 'admin status', 'settings get', 'settings schema', 'rpc status']
  for (const command of [...plain, 'audit list', 'audit checkpoint']) await run(command)
  await wallets()
  await sessions()
  await tokensAndPolicies()
  await contacts()
  await transactions()
  await notices()
  for (const verb of ['status', 'activate', 'recover', 'activate', 'escalate']) await run(`kill-switch ${verb}`)
  expect(await run('recover')).toHaveProperty('opensAt')
  // These have a hand-written form, with tests of its own.
  for (const own of ['settings set']) met.add(own)
  // Only while the clock is held, as in test/clock.test.ts.
  met.add('clock acknowledge')
  // Only after a restore, as in test/backup.test.ts.
  met.add('wallet confirm-spends')
  expect([...met].sort()).toEqual(
    derivedCommands()
      .map(({ name }) => name)
      .sort(),
  )
})

test('what wallets hold is shown by their names, of all or of one', async () => {
  await daemon.operator.renameWallet({ id: slow.id, name: 'desk' })
  const shown = async (...words: string[]) => {
    const flags = ['--data-dir', daemon.dataDir, '--password-file', passwordFile]
    const { code, out, err } = await captured(['balance', ...words, ...flags])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    return out
  }
  const one = await shown('desk')
  expect(one).toMatch(new RegExp(`^desk \\(${slow.address}\\): (?:at least )?[0-9,]+\\.\\d\\d USD$`, 'm'))
  expect(one).toMatch(new RegExp(`^  ${world.network}: [0-9.]+ ETH \\([0-9,.]+ USD\\)$`, 'm'))
  expect(one).not.toContain(quick.address)
  const all = await shown()
  for (const { address } of [quick, slow]) expect(all).toContain(`(${address}): `)
  expect(all).toMatch(/^all \d+ wallets: (?:.+ on main networks, )?(?:at least )?[0-9,.]+ USD on test networks$/m)
  const { wallets } = JSON.parse(await shown('--json'))
  expect(wallets).toContainEqual(expect.objectContaining({ id: slow.id, name: 'desk', publicKey: slow.address }))
  const list = await captured(['wallet', 'list', '--data-dir', daemon.dataDir, '--password-file', passwordFile])
  expect(list.out).toMatch(/^id +name +chain +environment +usd +holds /)
  expect(list.out).toMatch(
    new RegExp(`^${slow.id} +desk +ethereum +testnet +(?:at least )?[0-9,.]+ USD +[0-9.]+ ETH`, 'm'),
  )
})

test('the worst case is told of all wallets or of one', async () => {
  const shown = async (...words: string[]) => {
    const flags = ['--data-dir', daemon.dataDir, '--password-file', passwordFile]
    const { code, out, err } = await captured(['exposure', ...words, ...flags])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    return out
  }
  expect(await shown(slow.id)).toMatch(/ in the next 24 hours; if the daemon is, everything/)
  expect(await shown()).toContain(': at most ')
  expect(JSON.parse(await shown(slow.id, '--json'))).toMatchObject({ walletId: slow.id })
})

async function wallets(): Promise<void> {
  const id = idOf(await run('wallet create', ['--name', 'shop', '--chain', 'ethereum', '--no-create-session']))
  await run('wallet list')
  expect(await run('wallet info', ['shop'])).toMatchObject({ id, status: 'ACTIVE' })
  await run('wallet networks', ['SHOP'])
  expect((await run('wallet balance', [quick.id])).balances).toContainEqual({
    network: world.network,
    native: { balance: '1000', symbol: 'ETH', usd: 2_000_000 },
    tokens: [],
  })
  expect(await run('balance', [quick.id])).toMatchObject({ wallets: [{ id: quick.id, usd: 2_000_000 }] })
  expect(await run('wallet allowances', [quick.id])).toMatchObject({ hasMore: false })
  expect((await run('wallet holdings', [quick.id, '--scope', 'enabled'])).networks).toContainEqual(
    expect.objectContaining({ network: world.network, status: 'READ', more: 0 }),
  )
  expect(await run('wallet rename', [id, '--name', 'store'])).toMatchObject({ name: 'store' })
  expect(await run('wallet ceiling', ['store'])).toMatchObject({ id })
  const lower = ['--network', world.network, '--transaction', '0.5', '--day', '2']
  const { networks } = await run('wallet ceiling', ['store', ...lower])
  expect(networks).toContainEqual(expect.objectContaining({ network: world.network, transaction: '0.5', day: '2' }))
  const owner = evmOwner().address
  expect(await run('wallet owner set', ['store', owner])).toMatchObject({ ownerAddress: owner, ownerState: 'GRACE' })
  expect(await run('wallet owner show', ['store'])).toMatchObject({ id, ownerVerified: false })
  const { owners } = await run('wallet owner add', ['store', evmOwner().address])
  expect(await run('wallet owner need', ['store', '2'])).toMatchObject({ needed: 2 })
  expect(await run('wallet owner need', ['store', '1'])).toMatchObject({ needed: 1 })
  const [, other] = owners as { id: string }[]
  expect(await run('wallet owner drop', ['store', other!.id])).toMatchObject({ owners: [{ address: owner }] })
  expect(await run('owner consents')).toHaveProperty('consents')
  expect(await run('wallet passkey list', ['store'])).toEqual({ passkeys: [] })
  // Proven with the owners: they take one that has verified.
  met.add('wallet owner drop-wallet')
  // Proven with the passkeys: it takes one.
  met.add('wallet passkey remove')
  expect(await run('wallet owner remove', ['store'])).toMatchObject({ ownerState: 'NONE' })
  await invited()
  await run('wallet suspend', [id, '--reason', 'a check'])
  await run('wallet resume', [id])
  await run('wallet terminate', [id, '--yes'])
  expect(await run('wallet purge', [id, '--yes'])).toMatchObject({ status: 'PURGED' })
}

async function invited(): Promise<void> {
  const { id } = await daemon.operator.createWallet({ name: 'for a phone', chain: 'ethereum', environment: 'testnet' })
  expect(await run('wallet owner invite', ['for a phone'])).toMatchObject({
    link: expect.stringMatching(/^https:\/\/wallets\.example\.org\/owner\/invite#[\w-]{43}$/),
  })
  const party = relyingPartyOf(PAGE)!
  const offer = { id, party, withdrawTo: world.newAddress() }
  const { code, person } = await acceptedInvitation(daemon.operator, offer)
  const owner = { ownerAddress: person.address, ownerState: 'LOCKED' }
  expect(await run('wallet owner confirm', ['for a phone', code])).toMatchObject(owner)
  await daemon.operator.terminateWallet({ id })
}

async function sessions(): Promise<void> {
  const id = idOf(await run('session create', ['--wallet-ids', quick.id, '--ttl', '600']))
  await run('session list', ['--limit', '5'])
  await run('session link', [id, '--wallet-id', slow.id])
  expect((await run('session wallets', [id])).wallets).toHaveLength(2)
  expect(await run('session unlink', [id, slow.id])).toBeNull()
  await run('session rotate', [id])
  expect(await run('session prompt', [quick.id])).toMatchObject({ prompt: expect.stringContaining('wai_sess_') })
  expect((await run('skill list')).items).not.toEqual([])
  expect(await run('skill show', ['quickstart'])).toMatchObject({ name: 'quickstart' })
  expect(await run('session revoke', [id])).toMatchObject({ status: 'REVOKED' })
  const rules = (await run('autostop list', ['--wallet-id', quick.id])).rules as { id: string }[]
  expect(rules.map(({ id }) => id)).toContain('near_limit')
  const threshold = ['--config', '{"threshold":20}']
  expect(await run('autostop set', ['near_limit', ...threshold])).toMatchObject({ config: { threshold: 20 } })
  expect(await run('stop-token create', ['--name', 'pager'])).toMatchObject({ name: 'pager' })
  await run('stop-token list')
  expect(await run('stop-token revoke', ['pager'])).toMatchObject({ status: 'REVOKED' })
  await run('mcp token', ['--wallet-id', quick.id])
  const address = await run('rpc-url create', ['--network', 'local-evm'])
  expect(address).toMatchObject({ chainId: 31_337, note: expect.stringContaining('rpc_proxy.enabled') })
  await run('rpc-url list')
  expect(await run('rpc-url revoke', [idOf(address)])).toMatchObject({ status: 'REVOKED' })
  await agents()
}

async function agents(): Promise<void> {
  const [first, second] = [await daemon.operator.startPairing({ name: 'one' }), await startedPairing()]
  expect(await run('agent show', [first.code])).toMatchObject({ name: 'one', status: 'PENDING' })
  expect(await run('agent deny', [first.code])).toMatchObject({ status: 'DENIED' })
  const limits = ['--ttl', '600', '--constraints', '{"maxTotalUsd": 20}', '--labels', '{"team": "ops"}']
  const fresh = (name: string) => daemon.operator.createWallet({ name, chain: 'ethereum', environment: 'testnet' })
  const [wallet, other] = [await fresh('for agents'), await fresh('for more agents')]
  const chosen = ['--wallet', 'for agents', '--wallet', other.id, '--template', 'stablecoins', ...limits, '--yes']
  const { sessionId } = await run('agent pair', [second.code, ...chosen])
  const flags = ['--yes', '--data-dir', daemon.dataDir, '--password-file', passwordFile]
  const answered = (code: string) => captured(['agent', 'pair', code, '--wallet', quick.id, ...flags])
  expect(await answered(second.code)).toMatchObject({
    code: 1,
    err: expect.stringContaining(`is session ${sessionId}`),
  })
  expect(await answered(first.code)).toMatchObject({ code: 1, err: expect.stringContaining('it was denied before') })
  // It is one of the program's own.
  met.delete('agent pair')
  const { session } = await daemon.operator.pollPairing({ pollToken: second.pollToken })
  expect(session).toMatchObject({ id: sessionId, wallets: [{ id: wallet.id }, { id: other.id }] })
  const { data } = await daemon.operator.listPolicies({ walletId: wallet.id })
  expect(data.map(({ name }) => name)).toContain('stablecoins/limit')
}
const startedPairing = () => daemon.operator.startPairing({ name: 'Claude\u202e', scopes: ['pay invoices'] })

async function contacts(): Promise<void> {
  const [first, second] = [evmOwner().address, evmOwner().address]
  expect(await run('contact add', ['Bob', first])).toMatchObject({ name: 'bob', address: first })
  expect(await run('contact list')).toMatchObject({ items: [{ name: 'bob' }], hasMore: false })
  expect(await run('contact show', ['BOB'])).toMatchObject({ name: 'bob', addresses: [{ address: first }] })
  const changed = await run('contact change', ['bob', second, '--yes'])
  expect(changed).toMatchObject({ address: second, before: first })
  expect(await run('contact remove', ['bob', '--yes'])).toMatchObject({ name: 'bob', removed: [{ address: second }] })
}

async function tokensAndPolicies(): Promise<void> {
  const where = ['--network', world.network, '--address', token]
  await run('token resolve', where)
  await run('token add', [...where, '--symbol', 'PLAIN', '--name', 'Plain', '--decimals', '18'])
  await run('token list', ['--network', world.network])
  expect(await run('token remove', [...where, '--yes'])).toMatchObject({ removed: true })
  expect(await run('price set', [`${token}@${world.network}`, '1.5'])).toMatchObject({ usd: 1.5, before: null })
  await run('price list', ['--network', world.network])
  expect(await run('price rates', ['--currencies', 'USD'])).toMatchObject({ rates: { USD: { rate: 1 } } })
  expect(await run('price status')).toMatchObject({ crossValidation: { enabled: false } })
  expect(await run('price unset', [`${token}@${world.network}`])).toMatchObject({ before: 1.5 })
  const rules = JSON.stringify({ networks: [{ network: world.network }] })
  const id = idOf(await run('policy create', ['--wallet-id', quick.id, '--type', 'ALLOWED_NETWORKS', '--rules', rules]))
  await run('policy list', ['--wallet-id', quick.id])
  await run('policy template list')
  await run('policy template show', ['stablecoins'])
  expect(await run('policy template apply', ['stablecoins', quick.id, '--dry-run'])).toMatchObject({ dryRun: true })
  await run('policy show', [id])
  expect(await run('policy versions', [id])).toMatchObject({ data: [{ change: 'CREATED', policyId: id }] })
  expect(await run('policy update', [id, '--no-enabled'])).toMatchObject({ enabled: false })
  const draft = JSON.stringify({ change: [{ id, enabled: true }] })
  expect(await run('wallet exposure', [quick.id])).toMatchObject({ walletId: quick.id })
  expect(await run('wallet spending', [quick.id])).toMatchObject({ walletId: quick.id, windows: [] })
  const moved = await run('wallet exposure-draft', [quick.id, '--draft', draft])
  expect(moved).toMatchObject({ text: expect.stringMatching(/worst case/) })
  const tried = await run('policy test', ['--wallet-id', quick.id, ...payment(), '--draft', draft])
  expect(tried).toMatchObject({ current: { tier: 'INSTANT' }, draft: { tier: 'INSTANT' }, change: 'same' })
  expect(await run('policy diff', [...['--wallet-id', quick.id], ...['--draft', '{}']])).toMatchObject({
    change: 'same',
  })
  const replayed = await run('policy replay', ['--wallet-id', quick.id, '--draft', draft])
  expect(replayed).toMatchObject({ isWhole: true, inexact: [], unread: 0, draft: { examples: [] } })
  await run('policy delete', [id, '--yes'])
}

async function transactions(): Promise<void> {
  expect(await run('tx simulate', payment())).toMatchObject({ success: true })
  const limits = await run('wallet limits', ['--network', world.network])
  expect(limits).toMatchObject({ network: world.network, refused: [], reserved: { sessionUsd: 0 } })
  await contracts()
  const id = await submitted()
  expect(await run('tx get', [id])).toMatchObject({ id })
  expect(await run('tx replacement', [id, '--with', 'cancel'])).toMatchObject({ id, with: 'cancel' })
  await run('tx replace', [id, '--with', 'speed-up'])
  await run('tx list', ['--limit', '5'])
  const steps = JSON.stringify([{ to: world.newAddress(), value: '1000' }])
  const planned = idOf(await run('tx plan', ['--steps', steps, '--network', world.network], slow))
  expect(await run('plan get', [planned], slow)).toMatchObject({ status: 'QUEUED' })
  const sweep = [slow.id, '--to', world.newAddress(), '--networks', world.network]
  const { digest, steps: swept } = await run('wallet sweep', sweep)
  expect(swept).toMatchObject([{ symbol: 'ETH', tier: 'APPROVAL' }])
  const sweeping = idOf(await run('wallet sweep', [...sweep, '--digest', String(digest)]))
  expect(await run('sweep get', [sweeping])).toMatchObject({ status: 'RUNNING' })
  expect(await run('sweep cancel', [sweeping])).toMatchObject({ id: sweeping })
  expect(await run('plan cancel', [planned], slow)).toMatchObject({ cancelled: 1 })
  const text = { walletId: quick.id, type: 'SIGN_MESSAGE_RULES', rules: { personal: 'INSTANT' } } as const
  await daemon.operator.createPolicy(text)
  expect(await run('tx sign-message', ['--message', 'hello', '--network', world.network])).toMatchObject({
    signature: expect.stringMatching(/^0x[0-9a-f]{130}$/),
  })
  const priced = await waiting()
  expect(await run('tx card', [priced])).toMatchObject({ id: priced, resumes: true })
  expect(await run('tx waiting')).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ id: priced })]),
  })
  expect(await run('tx approve', [priced, '--max-fee', '40USD', '--yes'])).toMatchObject({ status: 'PENDING' })
  const named = await waiting()
  expect(await run('tx approve', [named, '--max-fee', '0.02ETH', '--yes'])).toMatchObject({ status: 'PENDING' })
  for (const each of [priced, named])
    expect(await daemon.operator.getTransaction({ id: each })).toMatchObject({ fee: { named: '20000000000000000' } })
  const words = [
    'tx',
    'approve',
    await waiting(),
    '--yes',
    '--data-dir',
    daemon.dataDir,
    '--password-file',
    passwordFile,
  ]
  for (const [fee, why] of [
    ['0.02SOL', 'is paid in ETH, not in SOL'],
    ['much', 'expected decimal digits'],
  ] as const)
    expect(await captured([...words, '--max-fee', fee])).toMatchObject({
      ...{ code: 1, err: expect.stringContaining(why) },
    })
  expect(await run('telegram pair', ['123456789', '--role', 'ADMIN'])).toMatchObject({ chat_id: 123_456_789 })
  expect(await run('telegram list')).toMatchObject({ total: 1 })
  expect(await run('telegram unpair', ['123456789'])).toMatchObject({ success: true })
  expect(await run('tx reject', [await waiting()])).toMatchObject({ status: 'CANCELLED' })
  expect(await run('tx cancel', [await waiting()])).toMatchObject({ status: 'CANCELLED' })
}

/** What a newcomer types to let a contract take a token, and to take that back. */
/** Who is told what happens, and what was told. */
async function notices(): Promise<void> {
  const { name: shop } = await daemon.operator.getWallet({ id: quick.id })
  const route = { channel: 'slack', wallets: [{ id: quick.id, name: shop }], events: ['TX_QUEUED'], severity: 'info' }
  const words = ['slack', '--wallet-ids', shop, '--events', 'TX_QUEUED', '--severity', 'info']
  expect(await run('notice route add', words)).toEqual({ data: [route] })
  expect(await run('notice route list')).toEqual({ data: [route] })
  expect(await run('notice route remove', ['slack'])).toEqual({ data: [] })
  const to = await startReceivers()
  onTestFinished(to.stop)
  await run('settings set', ['webhooks.allowed_hosts', to.host])
  type Made = { id: string; secret: string }
  const hook = (await run('webhook create', ['--url', to.hook, '--events', 'PUSH_ADDED'])) as Made
  expect(await run('webhook list')).toMatchObject({ data: [{ id: hook.id }] })
  to.expect(((await run('webhook rotate', [hook.id])) as Made).secret)
  const push = (await run('push add', [
    ...['--name', 'phone', '--endpoint', 'https://192.0.3.1/push', '--auth', 'BTBZMqHH6r4Tts7J_aSIgg', '--p256dh'],
    'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  ])) as { id: string }
  const name = `webhook:${hook.id}`
  const logged = () => run('notice log', ['--channel', name, '--status', 'sent'])
  await until('what was told to be in the log', async () => (await logged()).total !== 0)
  const told = { eventType: 'PUSH_ADDED', channel: name, status: 'sent', error: null, message: 'PUSH_ADDED' }
  expect(await logged()).toMatchObject({ total: 1, logs: [told] })
  expect(await run('notice log', ['--channel', name, '--status', 'failed'])).toMatchObject({ total: 0, logs: [] })
  expect(await run('webhook logs', [hook.id])).toMatchObject({ data: [{ status: 'success', httpStatus: 200 }] })
  const { channels } = (await run('notice status')) as { channels: { name: string }[] }
  expect(channels.find((channel) => channel.name === name)).toMatchObject({ waiting: 0, dead: 0 })
  await run('webhook delete', [hook.id, '--yes'])
  expect(await run('push list')).toMatchObject({ data: [{ id: push.id }] })
  expect(await run('push remove', [push.id])).toMatchObject({ name: 'phone' })
  expect(await run('notice test')).toEqual({ results: [] })
  expect(await run('notice redeliver')).toEqual({ redelivered: 0 })
}

async function contracts(): Promise<void> {
  const rules = { spenders: [{ address: contract }] }
  const allow = { walletId: quick.id, type: 'APPROVED_SPENDERS', rules } as const
  await daemon.operator.createPolicy(allow)
  const about = ['--network', world.network, '--spender', contract, '--token', token]
  const tokens = { walletId: quick.id, type: 'ALLOWED_TOKENS', rules: { tokens: [{ address: token }] } } as const
  await daemon.operator.createPolicy(tokens)
  const allowed = await run('token approve', [...about, '--human-amount', '1.5', '--dry-run'])
  expect(allowed).toMatchObject({ humanAmount: '1.5', meta: { transactionType: 'APPROVE' } })
  const back = await run('token revoke', [...about, '--dry-run'])
  expect(back).toMatchObject({ amount: '0', policy: { allowed: true }, meta: { transactionType: 'APPROVE' } })
  // Of a token of which there is none any amount is all.
  const open = { walletId: quick.id, type: 'APPROVE_AMOUNT_LIMIT', rules: { blockUnlimited: false } } as const
  await daemon.operator.createPolicy(open)
  const given = await run('token approve', [...about, '--human-amount', '1.5'])
  if (given.status === 'QUEUED') await daemon.operator.adminApproveTransaction({ id: idOf(given) })
  const listed = async () => (await daemon.operator.listAllowances({ id: quick.id })).items[0]
  await until('the allowance to be sent', async () => (await listed()) !== undefined)
  expect(await run('wallet revoke', [quick.id, (await listed())!.id])).toMatchObject({ type: 'APPROVE', amount: '0' })
  const call = await run('tx call', [
    '--network',
    world.network,
    '--to',
    contract,
    '--calldata',
    '0xd0e30db0',
    '--dry-run',
  ])
  expect(call).toMatchObject({ policy: { allowed: false }, meta: { transactionType: 'CONTRACT_CALL' } })
  // An account without code does one thing a transaction.
  met.add('tx batch')
  const parts = [0, 1].map(() => ({ to: world.newAddress(), humanAmount: '0.001' }))
  writeFileSync(join(daemon.dataDir, 'mcp-token'), quick.token, { mode: 0o600 })
  const words = ['tx', 'batch', '--network', world.network, '--instructions', JSON.stringify(parts)]
  const refused = await captured([...words, '--data-dir', daemon.dataDir, '--json'])
  expect(refused.err).toContain('BATCH_NOT_SUPPORTED')
  const builder = await world.wallet(daemon, { limit: GENEROUS })
  const built = ['--network', world.network, '--transaction', await unsignedPayment(world), '--labels', '{"task":"a"}']
  expect(await run('tx sign', built, builder)).toMatchObject({ signedTransaction: expect.stringMatching(/^0x02/) })
  const nft = ['--token', contract, '--nft', JSON.stringify({ tokenId: '7', standard: 'ERC-721' })]
  const none = await run('nft transfer', ['--network', world.network, '--to', contract, ...nft, '--dry-run'])
  expect(none).toMatchObject({ policy: { allowed: false }, meta: { transactionType: 'NFT_TRANSFER' } })
  const code = ['--network', world.network, '--bytecode', '0x6001600c60003960016000f300', '--dry-run']
  expect(await run('tx deploy', code)).toMatchObject({ meta: { transactionType: 'CONTRACT_DEPLOY' } })
}

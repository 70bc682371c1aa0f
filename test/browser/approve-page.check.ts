import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { askedFor } from '../support/consents.ts'
import { MASTER_PASSWORD } from '../support/daemon.ts'
import { evmOwner, solanaOwner } from '../support/owners.ts'
import { until } from '../support/until.ts'
import { virtualAuthenticator } from './passkeys.ts'
import { personAt } from './person.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let at: ReturnType<typeof personAt>
/** Whose wallet program the browser has. */
let person = evmOwner()
let sun: typeof person

/** As EIP-6963 and the Wallet Standard have wallet programs announce themselves. */
const WALLETS = `addEventListener('eip6963:requestProvider', () => {
  const detail = { info: { name: 'Test Wallet' }, provider: { request: evmProgram } }
  dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }))
})
const account = async () => ({ address: await solanaProgram({ asks: 'address' }), chains: ['solana:localnet'], features: ['solana:signMessage'] })
const wallet = {
  version: '1.0.0', name: 'Sun Wallet', icon: 'data:image/png;base64,', chains: ['solana:localnet'], accounts: [],
  features: {
    'standard:connect': { version: '1.0.0', connect: async () => ({ accounts: [await account()] }) },
    'solana:signMessage': {
      version: '1.1.0',
      signMessage: async ({ message }) => {
        const text = new TextDecoder().decode(message)
        const signature = atob(await solanaProgram({ asks: 'signature', text }))
        return [{ signedMessage: message, signature: Uint8Array.from(signature, (sign) => sign.charCodeAt(0)) }]
      },
    },
  },
}
const register = ({ register }) => register(wallet)
addEventListener('wallet-standard:app-ready', ({ detail }) => register(detail))
dispatchEvent(new CustomEvent('wallet-standard:register-wallet', { detail: register }))`

beforeAll(async () => {
  scene = await openScene()
  const { page } = scene
  at = personAt(page)
  type Asked = { method: string; params?: [string] }
  await page.answer('evmProgram', async ({ method, params = [''] }: Asked) => {
    if (method === 'eth_requestAccounts' || method === 'eth_accounts') return [person.address]
    expect(method).toBe('personal_sign')
    return (await person.word(Buffer.from(params[0].slice(2), 'hex').toString('utf8'))).signature
  })
  await page.answer('solanaProgram', async ({ asks, text = '' }: { asks: 'address' | 'signature'; text?: string }) =>
    asks === 'address' ? sun.address : (await sun.word(text)).signature,
  )
  await page.send('Page.addScriptToEvaluateOnNewDocument', { source: WALLETS })
})
beforeEach(() => {
  person = scene.owner
  sun = scene.solana.owner
})
afterAll(() => scene?.close())

async function opened(more: object = {}) {
  const payment = await scene.waiting(more)
  await scene.page.open(`${scene.url}/approve/${payment.id}`)
  return payment
}
const landed = (payment: { status(): Promise<string> }) =>
  until('the payment to land', async () => (await payment.status()) === 'CONFIRMED')

test('the page shows nothing of what waits to whoever has no wallet of the owner, and asks nobody else', async () => {
  person = evmOwner()
  const { id, to } = await opened()
  expect(await at.text()).toContain('Show that you own the wallet')
  await at.looksRight('who')
  await at.press('Use Test Wallet')
  await at.sees('no wallet here has the owner')
  expect((await at.text()).toLowerCase()).not.toContain(to.toLowerCase())
  for (const path of [`/v1/transactions/${id}/challenge?decision=approve`, `/v1/transactions/${id}/card`])
    expect((await scene.daemon.call('GET', path)).status).toBe(401)
})

test('the owner sees the whole card, and approves with a wallet program; then the agent goes on', async () => {
  const payment = await opened({ labels: { purpose: 'office chairs' } })
  await at.press('Use Test Wallet')
  await at.sees('Approve?')
  const card = await scene.daemon.operator.getCard({ id: payment.id })
  const seen = await at.text()
  const moving = ['It ends unanswered', 'Approving it ']
  const isAlike = (line: string) => !line.includes(card.link!) && !moving.some((start) => line.startsWith(start))
  for (const line of card.lines.filter(isAlike)) expect(seen).toContain(line)
  expect(seen.toLowerCase()).toContain(payment.to.toLowerCase())
  for (const wanted of ['office chairs', 'new, no payment to it is final yet', 'worst case', card.code])
    expect(seen).toContain(wanted)
  expect(seen).toMatch(/\d+ (min|h) \d+ (s|min) left to answer/)
  // It may be there a little later than the rest.
  await at.sees('your worst case', 'being worked out')
  await at.looksRight('approve')
  const tapped = performance.now()
  await at.press('Approve')
  await at.sees('Approved. The agent goes on by itself')
  await landed(payment)
  // Printed and held against no bound: a busy machine takes longer.
  process.stdout.write(`from a tap on the approval page to landed: ${Math.round(performance.now() - tapped)} ms\n`)
})

test('the owner rejects by keyboard alone, and an old page cannot approve after that', async () => {
  const payment = await opened()
  await at.tabTo('Use Test Wallet')
  await at.sees('Approve?')
  await at.tabTo('Reject')
  await at.sees('Rejected. Nothing leaves')
  expect(await payment.status()).toBe('CANCELLED')
})

test('what has changed since it was shown is not signed', async () => {
  const { id, status } = await opened()
  await at.press('Use Test Wallet')
  await at.sees('Approve?')
  const other = await scene.waiting()
  // Somebody between the page and the daemon has another text signed.
  await scene.page.run(
    ([shown, instead]) => {
      const real = globalThis.fetch
      globalThis.fetch = (path, more) => real(String(path).replace(shown, instead), more)
    },
    [`${id}/challenge`, `${other.id}/challenge`] as const,
  )
  await at.press('Approve')
  await at.sees('This has changed since you looked')
  expect([await status(), await other.status()]).toEqual(['QUEUED', 'QUEUED'])
})

test('the owner signs the texts elsewhere and pastes the signatures', async () => {
  const { status } = await opened()
  const signsIt = async () => {
    await at.sees('Sign this text with your wallet')
    const message = await at.valueOf('#text')
    await at.type('#signature', (await scene.owner.word(message)).signature)
    await at.press('Go on')
  }
  await at.type('#address', scene.owner.address)
  await at.press('Show it')
  await at.sees('Sign this text with your wallet')
  await at.looksRight('elsewhere')
  await signsIt()
  await at.sees('Approve?')
  await at.press('Approve')
  await signsIt()
  await at.sees('Approved. The agent goes on by itself')
  await until('the payment to be signed', async () => ['SUBMITTED', 'CONFIRMED'].includes(await status()))
})

test('a Solana owner approves with a wallet of the Wallet Standard', async () => {
  const payment = await scene.solana.waiting()
  await scene.page.open(`${scene.url}/approve/${payment.id}`)
  await at.press('Use Sun Wallet')
  await at.sees('Approve?')
  expect(await at.text()).toContain(payment.to)
  await at.press('Approve')
  await at.sees('Approved. The agent goes on by itself')
  await landed(payment)
})

test('over plain http in a local network wallets are offered, and no passkey', async () => {
  const payment = await scene.waiting()
  await scene.page.open(`${scene.lanUrl}/approve/${payment.id}`)
  expect(await at.text()).not.toContain('Use a passkey')
  await at.press('Use Test Wallet')
  await at.sees('Approve?')
  await at.press('Approve')
  await at.sees('Approved. The agent goes on by itself')
  await landed(payment)
  await scene.page.open(`${scene.lanUrl}/pair`)
  await at.sees('works over https or on the machine of the daemon only')
  expect(await at.text()).not.toContain('Master password')
})

test('the owner adds a passkey on the page of their wallets, and approves with it', async () => {
  const authenticator = await virtualAuthenticator(scene.page)
  await scene.page.open(`${scene.url}/owner`)
  await at.press('Use Test Wallet')
  await at.sees('You own it.')
  await at.looksRight('wallets')
  await at.press('Add a passkey')
  await at.sees('You are about to sign this')
  expect(await at.text()).toContain('a passkey of localhost')
  await at.press('Sign it')
  await at.sees('The passkey works now')
  const payment = await opened()
  await at.press('Use a passkey')
  await at.sees('Approve?')
  await at.press('Approve')
  await at.sees('Approved. The agent goes on by itself')
  await until('the payment to be signed', async () => ['SUBMITTED', 'CONFIRMED'].includes(await payment.status()))
  await authenticator.remove()
})

test('an owner adds other wallets, each of which signs for them once it has shown that it is theirs', async () => {
  const { page, url } = scene
  const [second, third] = [evmOwner(), evmOwner()]
  const adds = async ({ address }: typeof person) => {
    person = scene.owner
    await page.open(`${url}/owner`)
    await at.press('Use Test Wallet')
    await at.press('Add another wallet of yours')
    await at.type('#new-address', address)
    if (address === second.address) await at.looksRight('adding')
    await at.press('Go on')
    await at.sees(`the wallet ${address}`)
    await at.press('Sign it')
    await at.sees('Added. Show that it is yours too')
  }
  await adds(second)
  person = second
  await at.press(`Verify ${second.address}`)
  await at.press('Sign it')
  await at.sees('It signs for you from now on.')

  await adds(third)
  person = third
  await page.open(`${url}/owner`)
  await at.press('Use Test Wallet')
  await at.sees('have not verified with it yet')
  expect(await at.text()).not.toContain('You own it.')
  await at.press('Verify that you are the owner')
  await at.press('Sign it')
  await at.sees('You are the owner now')
  await at.sees('You own it.', 'have not verified with it yet')

  for (person of [second, third]) {
    const payment = await opened()
    await at.press('Use Test Wallet')
    await at.sees('Approve?')
    await at.press('Reject')
    await at.sees('Rejected. Nothing leaves')
    expect(await payment.status()).toBe('CANCELLED')
  }

  await page.open(`${url}/owner`)
  await at.press('Use Test Wallet')
  await at.sees('A phone is lost, or a key was copied?')
  await page.run(() => {
    // biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
    ;(globalThis as any).document.querySelector('details.lost').open = true
  }, undefined)
  await at.looksRight('cut-off')
  await at.press(`Cut off ${third.address}, which you use now`)
  await at.sees('Cut off a way to sign as the owner')
  await at.press('Sign it')
  await at.sees('It signs for nothing any more.')
  await at.sees('Show with something else that you own the wallet', 'You own it.')
  await opened()
  await at.press('Use Test Wallet')
  await at.sees('owns no wallet here any more')
})

test('an owner on Solana adds another wallet, which signs for them by the program that has it', async () => {
  const second = solanaOwner(randomBytes(32))
  await scene.page.open(`${scene.url}/owner`)
  await at.press('Use Sun Wallet')
  await at.press('Add another wallet of yours')
  await at.type('#new-address', second.address)
  await at.press('Go on')
  await at.press('Sign it')
  await at.sees('Added. Show that it is yours too')
  sun = second
  await at.press(`Verify ${second.address}`)
  await at.press('Sign it')
  await at.sees('It signs for you from now on.')
})

test('an owner reads what the operator asks for, and agrees to it', async () => {
  const { daemon, wallet } = scene
  const rules = { max_requests: 100, window_seconds: 60 }
  const { id } = await daemon.operator.createPolicy({ walletId: wallet.id, type: 'RATE_LIMIT', rules })
  const consent = await askedFor(() => daemon.operator.deletePolicy({ id }))
  await scene.page.open(`${scene.url}/consent/${consent}`)
  await at.press('Use Test Wallet')
  await at.sees('Let more out than before?')
  await at.looksRight('consent')
  await at.press('Agree')
  await at.sees('Agreed. The operator makes the same call again')
  await daemon.operator.deletePolicy({ id })
})

test('an owner finds what waits, looks at each, and answers where it stands', async () => {
  const [first, second] = [await scene.waiting(), await scene.solana.waiting()]
  await scene.page.open(`${scene.url}/owner`)
  await at.press('Use Test Wallet')
  await at.sees('Look at it')
  const { title } = await scene.daemon.operator.getCard({ id: first.id })
  const seen = await at.text()
  expect(seen).toContain(title)
  expect(seen).not.toContain(second.to)
  await at.press('Look at it')
  await at.sees('left to answer')
  await at.looksRight('owner')
  await at.press('Reject')
  // It waits no more, and is not shown any more.
  await at.sees('Rejected. Nothing leaves', title)
  expect([await first.status(), await second.status()]).toEqual(['CANCELLED', 'QUEUED'])
})

test('the operator lets an agent in that shows a code, after seeing what it says of itself', async () => {
  const { daemon } = scene
  const wallet = await scene.world.wallet(daemon)
  const policies = async () => (await daemon.operator.listPolicies({ walletId: wallet.id })).data.length
  const before = await policies()
  const name = 'Helper <b>bold</b> \u202Edlob'
  const asked = await daemon.operator.startPairing({ name, scopes: ['pay for groceries'] })
  await scene.page.open(`${scene.url}/pair`)
  await at.looksRight('pair-code')
  await at.type('#pairing-code', asked.code.toLowerCase())
  await at.type('#password', 'not the password')
  await at.press('Show who asks')
  await at.sees('password')
  await at.type('#password', MASTER_PASSWORD)
  await at.press('Show who asks')
  await at.sees('An agent asks to be let in')
  const seen = await at.text()
  for (const wanted of ['Helper <b>bold</b>', 'pay for groceries', '127.0.0.1', 'One day'])
    expect(seen).toContain(wanted)
  expect(seen).not.toContain('\u202E')
  await at.looksRight('pair')
  await at.press('Let it in')
  await at.sees('Choose at least one wallet')
  await scene.page.run((id) => {
    // biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
    const { document, Event } = globalThis as any
    document.querySelector(`input[value="${id}"]`).click()
    document.querySelector('#template').value = 'trading-bot'
    document.querySelector('#template').dispatchEvent(new Event('change', { bubbles: true }))
  }, wallet.id)
  await at.sees('Which contracts may it use?', 'Choose at least one wallet')
  await at.looksRight('pair-template')
  await at.type('#called', 'Groceries')
  const contracts = [evmOwner(), evmOwner()].map(({ address }) => address)
  await at.type('#need-contracts', contracts.join('\n'))
  await at.press('Let it in')
  await at.sees('is in until')
  const { status, session } = await daemon.operator.pollPairing({ pollToken: asked.pollToken })
  expect(status).toBe('APPROVED')
  expect(await policies()).toBeGreaterThan(before)
  expect((await daemon.agent(session!.token).listWallets()).items.map(({ id }) => id)).toEqual([wallet.id])
  const { data } = await daemon.operator.listPolicies({ walletId: wallet.id })
  const rules = data.find(({ type }) => type === 'CONTRACT_WHITELIST')?.rules as { contracts: { address: string }[] }
  expect(rules.contracts.map(({ address }) => address)).toEqual(contracts)
  const listed = await daemon.operator.listSessions({ walletId: wallet.id })
  expect(listed.data.find(({ id }) => id === session!.id)?.labels).toEqual({ name: 'Groceries' })
  expect(await at.valueOf('#password')).toBe('')
})

test('the operator refuses an agent on the page', async () => {
  const { code, pollToken } = await scene.daemon.operator.startPairing({ name: 'nobody I know' })
  await scene.page.open(`${scene.url}/pair`)
  await at.type('#pairing-code', code)
  await at.type('#password', MASTER_PASSWORD)
  await at.press('Show who asks')
  await at.sees('nobody I know')
  await at.press('Refuse it')
  await at.sees('Refused. It gets nothing.')
  await scene.page.open(`${scene.url}/pair`)
  await at.type('#pairing-code', code)
  await at.type('#password', MASTER_PASSWORD)
  await at.press('Show who asks')
  await at.sees('It was refused before')
  await expect(scene.daemon.operator.pollPairing({ pollToken })).rejects.toMatchObject({ code: 'PAIRING_DENIED' })
})

test('the page of a link shows the card and says how to approve', async () => {
  const { id } = await scene.waiting()
  const { link, title } = await scene.daemon.operator.getCard({ id })
  await scene.page.open(link!)
  await at.sees(title)
  await at.looksRight('link')
  await at.press('Reject it')
  await at.sees('It will not run.')
})

test('nothing on any page was asked of another machine', () => {
  const hosts = new Set(
    scene.page.requested.filter((url) => !url.startsWith('data:')).map((url) => new URL(url).hostname),
  )
  expect([...hosts].sort()).toEqual(['localhost', 'wallets.lan'])
})

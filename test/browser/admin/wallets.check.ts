import { randomBytes } from 'node:crypto'
import { privateKeyToAddress } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { type AdminScene, openAdmin } from './scene.ts'

let scene: AdminScene
beforeAll(async () => {
  scene = await openAdmin()
  await scene.at.logIn()
  await scene.at.sees('Nothing waits for you.')
})
afterAll(() => scene?.close())

/** Presses the button that a screen reader calls so, once it is there. */
const pressOf = (label: string) =>
  until(`a button "${label}"`, () =>
    scene.page.run((wanted) => {
      // biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
      const button = (globalThis as any).document.querySelector(`button[aria-label="${wanted}"]`)
      button?.click()
      return button !== null
    }, label),
  )
const key = `0x${randomBytes(32).toString('hex')}` as const
const walletNamed = async (name: string) =>
  (await scene.daemon.operator.listWallets({})).items.find((one) => one.name === name)

test('every wallet is listed with what it holds', async () => {
  const { at } = scene
  await at.go('#/wallets')
  await at.sees('Test networks')
  await at.sees('$2,000,000.00')
  await at.looksRight('admin-wallets')
})

test('a wallet is made after the password, and its address is shown', async () => {
  const { at } = scene
  await at.go('#/wallets/new')
  await at.fill('Name', 'savings')
  await at.looksRight('admin-wallet-new')
  await at.press('Make it')
  await at.confirmWithPassword()
  await at.sees('Made: savings')
  await at.sees((await walletNamed('savings'))!.publicKey)
})

test('a key is sealed in the browser and comes in whole; it goes out after the password, and is gone with the dialog', async () => {
  const { at } = scene
  await at.go('#/wallets/import')
  await at.sees('Key of the signer')
  await at.fill('Name', 'brought')
  await at.fill('The key', key)
  await at.looksRight('admin-wallet-import')
  await at.press('Seal and import')
  await at.confirmWithPassword()
  await at.sees('Made: brought')
  const wallet = (await walletNamed('brought'))!
  expect(wallet.publicKey.toLowerCase()).toBe(privateKeyToAddress(key).toLowerCase())

  await at.go(`#/wallets/${wallet.id}`)
  await at.press('Export the key')
  await at.press('Show the key')
  await at.confirmWithPassword()
  await at.sees(key)
  await at.looksRight('admin-wallet-export')
  await at.press('Close')
  await until('the key to be gone', async () => !(await at.text()).includes(key))
})

test('a network is taken away from a wallet and given back on its page, and only its own list of networks changes', async () => {
  const { at, evm, daemon } = scene
  const wallet = await evm.wallet(daemon, {})
  const { token } = await daemon.operator.createSession({ walletId: wallet.id })
  const { name } = await daemon.operator.getWallet({ id: wallet.id })
  const pays = () => daemon.agent(token).simulate({ to: evm.newAddress(), amount: '1', network: evm.network })
  const listed = async () => {
    const { data } = await daemon.operator.listPolicies({ walletId: wallet.id })
    const lists = data.filter(({ type }) => type === 'ALLOWED_NETWORKS')
    return lists.map(({ rules }) => (rules.networks as { network: string }[]).map(({ network }) => network))
  }
  const { networks } = await daemon.operator.listWalletNetworks({ id: wallet.id })
  const others = networks.map(({ network }) => network).filter((network) => network !== evm.network)
  expect(await pays()).toMatchObject({ policy: { allowed: true } })

  await at.go(`#/wallets/${wallet.id}`)
  await pressOf(`Remove: ${evm.network}`)
  await at.sees(`Take ${evm.network} away from ${name}?`)
  await at.sees('The draft is tighter')
  await at.looksRight('admin-wallet-network')
  await at.answer('Remove')
  await at.confirmWithPassword()
  await at.sees('not used', 'Take ')
  expect(await listed()).toEqual([others])
  expect(await pays()).toMatchObject({ policy: { allowed: false } })

  await pressOf(`Add: ${evm.network}`)
  await at.sees(`Let ${name} use ${evm.network}?`)
  await at.sees('The draft is looser')
  await at.answer('Add')
  await at.confirmWithPassword()
  await until('the network to be back', async () => (await listed())[0]?.includes(evm.network))
  expect(await listed()).toEqual([[...others, evm.network]])
  expect(await pays()).toMatchObject({ policy: { allowed: true } })

  await daemon.operator.createPolicy({
    ...{ walletId: wallet.id, type: 'ALLOWED_NETWORKS', rules: { networks: [{ network: evm.network }] } },
  })
  await at.sees('the last one: suspend the wallet to stop it here')
  await at.sees('by another policy')
})

test('a wallet shows what binds it, and is suspended at once and resumed after the password', async () => {
  const { at, wallet, daemon } = scene
  await at.go(`#/wallets/${wallet.id}`)
  await at.sees('SPENDING_LIMIT')
  await at.sees('in 30 days')
  await at.sees('Nobody. You approve alone.')
  await at.looksRight('admin-wallet')
  const status = async () => (await daemon.operator.getWallet({ id: wallet.id })).status
  await at.press('Suspend')
  await at.sees('until you resume it')
  await at.looksRight('admin-suspend')
  await at.tabTo('Suspend it')

  await at.sees('Suspended')
  expect(await status()).toBe('SUSPENDED')
  await at.press('Resume')
  await at.confirmWithPassword()
  await until('it to be resumed', async () => (await status()) === 'ACTIVE')
})

test('a wallet ends, and then its key, after its name is typed and with a backup offered', async () => {
  const { at, daemon } = scene
  const { id } = (await walletNamed('savings'))!
  await at.go(`#/wallets/${id}`)
  await at.press('End this wallet')
  await at.sees('It holds now: Empty')
  await at.press('Make a backup')
  await at.confirmWithPassword()
  await at.sees('Backup made:')
  expect((await daemon.operator.listBackups()).total).toBe(1)
  await at.looksRight('admin-wallet-end')
  await at.fill('Type “savings” to go on', 'saving')
  await at.fill('Type “savings” to go on', 'savings')
  await at.press('End it for good')
  await at.confirmWithPassword()
  await at.sees('This wallet has ended.')
  await at.press('Delete the key')
  await at.fill('Type “savings” to go on', 'savings')
  await at.press('Delete it for good')
  await at.confirmWithPassword()
  await until('it to be purged', async () => (await walletNamed('savings')) === undefined)
})

test('contacts are added, changed with what that means, and removed', async () => {
  const { at, daemon, evm } = scene
  const [first, second] = [evm.newAddress(), evm.newAddress()]
  await at.go('#/wallets/contacts')
  await at.press('Add a contact')
  await at.sees('Address')
  await at.looksRight('admin-contact')
  await at.fill('Name', 'bob')
  await at.fill('Address', first)
  await at.press('Save')
  await at.confirmWithPassword()
  await at.sees('bob')
  await at.looksRight('admin-contacts')
  await at.press('Change')
  await at.sees('What waits keeps the old one')
  await at.fill('Address', second)
  await at.press('Save')
  await at.confirmWithPassword()
  const addresses = async () =>
    (await daemon.operator.listContacts({})).items.map(({ address }) => address.toLowerCase())
  await until('another address', async () => (await addresses())[0] === second.toLowerCase())
  // The dialog closes when the list is fresh.
  await at.sees('bob', 'What waits keeps the old one')
  await at.press('Remove')
  await at.sees('The name means nothing any more')
  await at.looksRight('admin-contact-remove')
  await at.press('Remove bob')
  await at.confirmWithPassword()
  await at.sees('No contacts yet.')
})

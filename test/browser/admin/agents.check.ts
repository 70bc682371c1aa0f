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

type Label = { textContent: string; click(): void }
type Dom = { document: { querySelectorAll(selector: string): Iterable<Label> } }
/** Ticks the box beside a wallet. */
const tick = (name: string) =>
  until(`a box "${name}"`, () =>
    scene.page.run((wanted) => {
      const labels = [...(globalThis as unknown as Dom).document.querySelectorAll('.choice label')]
      const label = labels.find(({ textContent }) => textContent.includes(wanted))
      label?.click()
      return label !== undefined
    }, name),
  )
const walletName = async () => (await scene.daemon.operator.getWallet({ id: scene.wallet.id })).name

test('sessions are listed by the name that the operator gave them, with what they spent', async () => {
  const { at } = scene
  await at.go('#/agents')
  await at.sees('Shopping')
  await at.sees('$0.00')
  await at.looksRight('admin-agents')
})

test('an agent that shows a code is seen, and gets a session of the wallet that is chosen', async () => {
  const { at, daemon, wallet } = scene
  const asked = await daemon.operator.startPairing({ name: 'Claude on my laptop', scopes: ['pay for flights'] })
  await at.go('#/agents/pair')
  await at.fill('Code', asked.code)
  await at.press('See who asks')
  await at.sees('“Claude on my laptop” asks for access')
  await at.sees('pay for flights')
  await tick(await walletName())
  await at.looksRight('admin-pairing')
  await at.press('Give it access')
  await at.confirmWithPassword()
  await at.sees('The agent fetches its token by itself')
  const { session } = await daemon.operator.pollPairing({ pollToken: asked.pollToken })
  expect(session?.wallets.map(({ id }) => id)).toEqual([wallet.id])
})

test('an agent that nobody knows is refused', async () => {
  const { at, daemon } = scene
  const { code, pollToken } = await daemon.operator.startPairing({ name: 'Somebody' })
  await at.go('#/agents')
  await at.go('#/agents/pair')
  await at.fill('Code', code)
  await at.press('See who asks')
  await at.press('Refuse')
  await at.sees('Refused')
  await expect(daemon.operator.pollPairing({ pollToken })).rejects.toMatchObject({ code: 'PAIRING_DENIED' })
})

test('a session that is made shows its token once, works within its sums, and is revoked at once', async () => {
  const { at, daemon } = scene
  await at.go('#/agents/new')
  await tick(await walletName())
  await at.fill('Name, for you', 'Flights')
  await at.looksRight('admin-session-new')
  await at.fill('Most in one payment', '25')
  await at.press('Make the session')
  await at.confirmWithPassword()
  await at.sees('The token of this session')
  const token = /wai_sess_\S+/.exec(await at.text())![0]
  await at.looksRight('admin-token')
  const { data } = await daemon.agent(token).listSessions()
  expect(data).toMatchObject([{ labels: { name: 'Flights' }, constraints: { maxTransactionUsd: 25 } }])

  await at.go('#/agents')
  await at.sees('at most $25 at once', token)
  await at.press('Revoke')
  await at.sees('Its agent can ask for nothing more')
  await at.looksRight('admin-revoke')
  await at.tabTo('Revoke it')
  await until('it to be revoked', async () => {
    const code = await daemon
      .agent(token)
      .getConnectInfo()
      .then(
        () => '',
        (error: { code: string }) => error.code,
      )
    return code === 'SESSION_REVOKED'
  })
})

test('each client is told how to connect, with no secret in it', async () => {
  const { at } = scene
  await at.go('#/agents/connect')
  await at.press('Make a session and show the set-up')
  await at.confirmWithPassword()
  await at.sees('"mcpServers"')
  const seen = await at.text()
  expect(seen).toContain('mcp-tokens')
  expect(seen).not.toContain('wai_sess_')
  await at.looksRight('admin-connect')
})

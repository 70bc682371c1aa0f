import { POLICY_TYPES, policyTypes } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AdminScene, openAdmin } from './scene.ts'

let scene: AdminScene
beforeAll(async () => {
  scene = await openAdmin()
  await scene.at.logIn()
  await scene.at.sees('Log out')
})
afterAll(() => scene?.close())

const policiesOf = async (walletId: string) => {
  const { data } = await scene.daemon.operator.listPolicies({ walletId })
  return data.filter((policy) => policy.walletId === walletId)
}

test('what is in force is said in words', async () => {
  const { at } = scene
  await at.go('#/policies')
  await at.sees('Everything needs your approval.')
  await at.looksRight('admin-policies')
})

test('a new policy shows what it would change while somebody types, and is stored with the password', async () => {
  const { at, wallet } = scene
  await at.tabTo('New policy')
  await at.sees('Whom it binds')
  await at.go(`#/policies/new/${wallet.id}`)
  await at.fill('Most in 24 hours', '-5')
  await at.sees('Fill in the rules to see what they would change.')
  await at.fill('Most in 24 hours', '20')
  await at.sees('worst case')
  await at.sees('The last 30 days, decided again')
  await at.sees('An example that shows it')
  await at.looksRight('admin-policy-editor')
  await at.press('Save')
  await at.confirmWithPassword()
  await at.sees('At most 20 USD in 24 hours, fees included; more is refused.')
  expect((await policiesOf(wallet.id)).map(({ rules }) => rules)).toContainEqual(
    expect.objectContaining({ daily_limit_usd: 20 }),
  )
})

test('a policy that goes says first what that lets out', async () => {
  const { at, wallet } = scene
  const before = await policiesOf(wallet.id)
  await at.press('Delete')
  await at.sees('Delete this policy?')
  await at.sees('worst case')
  await at.looksRight('admin-policy-delete')
  await at.press('Cancel')
  await at.sees('New policy', 'Delete this policy?')
  expect(await policiesOf(wallet.id)).toEqual(before)
  await at.press('Delete')
  await at.press('Delete it')
  await at.confirmWithPassword()
  await at.sees('New policy', 'Delete this policy?')
  expect(await policiesOf(wallet.id)).toHaveLength(before.length - 1)
})

test('a template is looked at, and applied with the password', async () => {
  const { at, wallet } = scene
  await at.go('#/policies/templates')
  await at.sees('Pays in stablecoins, up to 100 dollars a day.')
  await at.sees('Of tokens only')
  await at.sees('worst case')
  await at.looksRight('admin-policy-templates')
  await at.press('Apply')
  await at.confirmWithPassword()
  await at.sees('Applied.')
  expect((await policiesOf(wallet.id)).map(({ name }) => name)).toContain('stablecoins/limit')
})

test('all policies go out and come in as a text, whose wrong line is named', async () => {
  const { at, daemon } = scene
  await at.go('#/policies/file')
  await at.sees('Nothing: it is so already.')
  await at.looksRight('admin-policy-file')
  await at.fill('Policies', 'policies:\n  - type: RATE_LIMIT\n    type: RATE_LIMIT')
  await at.sees('Line 3: map keys must be unique')
  const line = '  - { name: slow, type: RATE_LIMIT, rules: { max_requests: 7, window_seconds: 60 } }'
  await at.fill('Policies', `policies:\n${line}`)
  await at.sees('At most 7 requests in 1 minute')
  await at.press('Apply')
  await at.confirmWithPassword()
  await at.sees('Nothing: it is so already.')
  expect((await daemon.operator.listPolicies({})).data.map(({ name }) => name)).toContain('slow')
})

test('each type has a form with all that its example says, from its schema', { timeout: 120_000 }, async () => {
  const { at, daemon, wallet } = scene
  const sessionLabel = 'team:forms'
  const entries = POLICY_TYPES.map((type) => ({
    type,
    sessionLabel,
    wallet: wallet.id,
    rules: policyTypes[type].example,
  }))
  await daemon.operator.applyPolicies({ policies: entries })
  const { data } = await daemon.operator.listPolicies({ walletId: wallet.id, limit: 500 })
  const labelled = data.filter((policy) => policy.sessionLabel === sessionLabel)
  expect(labelled).toHaveLength(POLICY_TYPES.length)
  for (const { id, type } of labelled) {
    await at.go(`#/policies/${id}`)
    await at.sees(policyTypes[type as (typeof POLICY_TYPES)[number]].summary)
  }
  await at.sees('The draft says the same')
  await at.looksRight('admin-policy')
})

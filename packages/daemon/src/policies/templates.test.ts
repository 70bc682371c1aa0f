import { policyFileOperations, TEMPLATE_NEEDS, TEMPLATES, templateOf } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { BOB, EVE, USDC_ADDRESS } from '../../test/policies/samples.ts'
import { alice, failing, gone, startPolicies } from '../../test/policies/service-bed.ts'

const by = { actor: 'operator' } as const
const GIVEN = { contracts: [BOB], domains: ['api.example.com'], recipients: [EVE] }
const needed = (template: (typeof TEMPLATES)[number]) =>
  Object.fromEntries(templateOf(template).needs.map((need) => [need, GIVEN[need]]))

forEachEngine((_, open) => {
  async function start() {
    const bed = await startPolicies(open)
    const apply = (asked: object) =>
      bed.service.applyTemplate(policyFileOperations.applyPolicyTemplate.input.parse({ walletId: alice, ...asked }), by)
    return { ...bed, apply }
  }

  test.each(TEMPLATES)(
    '%s gives a wallet its policies, replaces the limit that came with it, and changes nothing the second time',
    async (template) => {
      const { database, service, apply, list, events } = await start()
      await database.work({ exclusive: [`wallet:${alice}`] }, (db) => service.installDefault(db, alice))
      const asked = { template, ...needed(template) }
      const shown = await apply({ ...asked, dryRun: true })
      expect((await list()).total).toBe(1)
      const done = await apply(asked)
      expect(done.changes.map(({ type, effect }) => [type, effect])).toEqual(
        shown.changes.map(({ type, effect }) => [type, effect]),
      )
      expect(done.changes.map(({ change, wallet }) => [change, wallet])).toEqual(
        done.changes.map(() => ['ADDED', 'alice']),
      )
      expect(done.changes.find(({ replacesDefault }) => replacesDefault)?.name).toBe(`${template}/limit`)
      const { data } = await list()
      expect(data.map(({ name }) => name?.split('/')[0])).toEqual(done.changes.map(() => template))
      expect(data.map(({ type }) => type).sort()).toEqual(service.template(template).types.toSorted())
      expect(data.every(({ isDefault, problem }) => !isDefault && problem === undefined)).toBe(true)
      const before = events.length
      expect(await apply(asked)).toMatchObject({ changes: [], unchanged: data.length, version: null })
      expect(events).toHaveLength(before)
    },
  )

  test('a template lists the stablecoins of the networks of its wallet, each on its own network', async () => {
    const { apply, list } = await start()
    await apply({ template: 'stablecoins' })
    const { rules } = (await list()).data.find(({ name }) => name === 'stablecoins/tokens')!
    const tokens = rules.tokens as { address: string; symbol: string; assetId: string }[]
    expect(new Set(tokens.map(({ symbol }) => symbol))).toEqual(new Set(['USDC', 'USDT', 'DAI']))
    expect(tokens).toContainEqual({
      address: USDC_ADDRESS,
      symbol: 'USDC',
      assetId: `eip155:11155111/erc20:${USDC_ADDRESS.toLowerCase()}`,
    })
  })

  test('what somebody has changed under a name of a template is not written over', async () => {
    const { service, apply, list } = await start()
    await apply({ template: 'stablecoins' })
    const limit = (await list()).data.find(({ name }) => name === 'stablecoins/limit')!
    await service.update({ id: limit.id, rules: { instant_max_usd: 1 } })
    await expect(apply({ template: 'stablecoins' })).rejects.toMatchObject({
      code: 'POLICY_NAME_EXISTS',
      message: expect.stringContaining(`waiaas policy delete ${limit.id}`),
    })
    expect((await service.get(limit.id)).rules).toMatchObject({ instant_max_usd: 1 })
  })

  test('a template says what it lacks, what it does not take, and what is wrong', async () => {
    const { apply, list } = await start()
    for (const template of TEMPLATES) {
      const { needs } = templateOf(template)
      for (const need of needs) expect(await failing(apply({ template })), need).toBe('ACTION_VALIDATION_FAILED')
      const other = TEMPLATE_NEEDS.find((need) => !(needs as readonly string[]).includes(need))!
      expect(await failing(apply({ template, ...needed(template), [other]: GIVEN[other] })), template).toBe(
        'ACTION_VALIDATION_FAILED',
      )
    }
    expect(await failing(apply({ template: 'treasury', recipients: ['bob'] }))).toBe('ACTION_VALIDATION_FAILED')
    expect(await failing(apply({ template: 'stablecoins', walletId: gone }))).toBe('WALLET_TERMINATED')
    expect((await list()).total).toBe(0)
  })
})

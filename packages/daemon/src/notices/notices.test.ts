import { isDeepStrictEqual } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import type { Receivers } from '../../../../test/support/notice-receivers.ts'
import { startPushService } from '../../../../test/support/push-service.ts'
import { until } from '../../../../test/support/until.ts'
import { bedOn, hooked, OTHER, operator, type Recording, receivers, WALLET } from '../../test/notices-bed.ts'
import { migrations } from '../migrations/all.ts'

const DAY_S = 86_400

const REFUSED: Pick<Recording, 'event' | 'details'> = {
  event: 'POLICY_DENIED',
  details: {
    ...{ type: 'TRANSFER', network: 'a network', to: '0x1', asset: null, amount: '1', digest: null, tier: 'INSTANT' },
    ...{ policyVersion: null, reasons: [] },
  } as never,
}
const RESUMED: Pick<Recording, 'event'> = { event: 'WALLET_RESUMED' }
const STOPPED: Pick<Recording, 'event' | 'details'> = {
  event: 'KILL_SWITCH_ACTIVATED',
  details: { state: 'SUSPENDED', revoked: 0 },
}

/** Those that a program was told, without what tells of the webhook itself. */
const told = (to: Receivers) => to.by('hook').filter(({ text }) => !/^(WEBHOOK|PUSH)_/.test(text))

forEachEngine((_engine, open) => {
  test('each event arrives once on each channel, and what happens while all are down for a day comes in the order of each wallet', async () => {
    const to = await receivers()
    const bed = bedOn(await open(migrations))
    const push = await startPushService(bed.clock.now)
    bed.set({ ...to.settings, 'webhooks.allowed_hosts': [to.host, push.host], 'notifications.rate_limit_rpm': 60 })
    const service = await bed.start()
    await hooked(service, to)
    await service.browsers.add({ name: 'phone', ...push.subscription }, operator)
    await bed.happens(RESUMED, WALLET)
    const ways = ['telegram', 'discord', 'slack', 'ntfy', 'hook', 'push']
    const heard = (way: string) =>
      way === 'push' ? push.shown.map(({ title }) => title) : to.by(way).map(({ text }) => text)
    const count = (way: string, event: string, words: string) =>
      heard(way).filter((text) => (way === 'hook' ? text === event : text.includes(words))).length
    const down = (isDown: boolean) => {
      for (const way of ways) to.mode(way, isDown ? 'down' : 'up')
      push.fail(isDown)
    }
    for (const way of ways)
      await until(`${way} to be told`, () => count(way, 'WALLET_RESUMED', 'A suspended wallet signs again') === 1)
    expect(to.by('ntfy').find(({ text }) => text.includes('signs again'))?.text).toContain('Wallet: treasury')

    down(true)
    for (const event of [REFUSED, RESUMED, REFUSED, RESUMED] as const)
      for (const wallet of [WALLET, OTHER]) await bed.happens(event, wallet)
    await until('a first try on each', async () =>
      (await service.status()).channels.every(({ failures, waiting }) => failures > 0 && waiting >= 8),
    )
    bed.clock.pass(DAY_S)
    await service.stop()
    const again = await bed.start()
    down(false)
    await again.redeliver(undefined, operator)
    await until('all to be told', async () => (await again.status()).channels.every(({ waiting }) => waiting === 0))
    for (const wallet of [WALLET, OTHER]) {
      const order = told(to).filter(({ body }) => (body.data as { walletId: string }).walletId === wallet)
      const first = wallet === WALLET ? ['WALLET_RESUMED'] : []
      expect(order.map(({ text }) => text)).toEqual([
        ...first,
        ...['POLICY_DENIED', 'WALLET_RESUMED', 'POLICY_DENIED', 'WALLET_RESUMED'],
      ])
    }
    for (const way of ways) {
      expect(count(way, 'WALLET_RESUMED', 'A suspended wallet signs again'), way).toBe(5)
      expect(count(way, 'POLICY_DENIED', 'The policies refused a request'), way).toBe(4)
    }
    const ids = [...to.by('hook'), ...push.shown].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    await again.stop()
    await push.stop()
  })

  test('ten thousand refusals are told to people as a few and a digest of the others, one by one to a program, and what is critical at once', async () => {
    const to = await receivers()
    const bed = bedOn(await open(migrations))
    bed.set({
      ...to.settings,
      ...{ 'notifications.discord_webhook_url': '', 'notifications.slack_webhook_url': '' },
      ...{ 'notifications.telegram_chat_id': '', 'webhooks.allowed_hosts': [to.host] },
    })
    const service = await bed.start()
    for (let at = 0; at < 10; at++) await bed.happens(REFUSED, WALLET, 1_000)
    await bed.happens(STOPPED)
    await until('what is critical', () => to.by('ntfy').some(({ text }) => text.includes('CRITICAL')), {
      withinMs: 60_000,
    })
    const before = to.by('ntfy').length
    expect(before).toBeLessThanOrEqual(21)
    bed.clock.pass(120)
    const digest = await until('the digest', () => to.by('ntfy').find(({ text }) => text.includes('at once')))
    const single = to.by('ntfy').filter(({ text }) => text.startsWith('Warning: The policies refused')).length
    expect(digest.text).toContain(`${10_000 - single} × The policies refused a request.`)
    expect(single).toBe(20)
    await until('nothing to wait', async () => (await service.status()).channels.every(({ waiting }) => waiting === 0))
  })

  test('in quiet hours only what is critical is told and what is named, with what waits before it, and the rest at their end', async () => {
    const to = await receivers()
    const bed = bedOn(await open(migrations))
    bed.set({
      ...{ 'notifications.ntfy_url': to.settings['notifications.ntfy_url'], 'notifications.ntfy_token': 'tk_stand_in' },
      ...{ 'webhooks.allowed_hosts': [to.host] },
      // The clock begins at midnight of UTC, which is nine in the morning there.
      ...{ 'notifications.quiet_hours': '09:30-10:00', 'notifications.quiet_zone': 'Asia/Seoul' },
      ...{ 'notifications.quiet_except': ['OWNER_REGISTERED'], 'notifications.locale': 'ko' },
    })
    const service = await bed.start()
    const words = () => to.by('ntfy').map(({ text }) => text.split('\n')[0]!)
    // What could not be told in the evening does not come in the night.
    to.mode('ntfy', 'down')
    for (const wallet of [WALLET, OTHER]) await bed.happens(RESUMED, wallet)
    await until('a first try', async () => (await service.status()).channels[0]!.failures > 0)
    bed.clock.pass(1_800)
    to.mode('ntfy', 'up')
    await bed.happens(REFUSED, WALLET, 3)
    await bed.happens(STOPPED)
    await until('what is critical', () => words().length === 1)
    expect(words()[0]).toMatch(/^긴급: 킬 스위치가/)
    const owner = { address: '0x1', network: null, before: null, agreed: false }
    await bed.happens({ event: 'OWNER_SET', details: owner } as never, OTHER)
    await until('what is named', () => words().length === 3)
    expect(words().slice(1)).toEqual([
      '멈춘 지갑이 다시 서명합니다.',
      expect.stringMatching(/^주의: 지갑의 소유자를 지정/),
    ])
    bed.clock.pass(1_740)
    await bed.happens(REFUSED, WALLET)
    await bed.happens(STOPPED)
    await until('what is critical', () => words().length === 4)
    bed.clock.pass(60)
    await until('the rest', () => words().length === 6)
    expect(words().slice(4).sort()).toEqual(['멈춘 지갑이 다시 서명합니다.', '알림 4건을 한꺼번에'])
  })

  test('a channel is told what its routes say, and always what is critical', async () => {
    const to = await receivers()
    const bed = bedOn(await open(migrations))
    bed.set({
      ...to.settings,
      'webhooks.allowed_hosts': [to.host],
      'notifications.routes': [
        { channel: 'slack', wallets: [WALLET] },
        { channel: 'discord', events: ['WALLET_RESUMED'] },
        { channel: 'telegram', severity: 'critical' },
        { channel: 'webhook', wallets: [OTHER] },
        { channel: 'push', wallets: [OTHER] },
      ],
    })
    const push = await startPushService(bed.clock.now)
    onTestFinished(push.stop)
    bed.set({ 'webhooks.allowed_hosts': [to.host, push.host] })
    const service = await bed.start()
    await hooked(service, to)
    await service.browsers.add({ name: 'phone', ...push.subscription }, operator)
    for (const wallet of [WALLET, OTHER]) for (const event of [RESUMED, REFUSED]) await bed.happens(event, wallet)
    await bed.happens(STOPPED)
    // Of browsers and webhooks themselves two more are told on ntfy; a program is told what fits alone.
    const ways = { slack: 3, discord: 3, telegram: 1, ntfy: 7, hook: 2 }
    const counted = () => Object.fromEntries(Object.keys(ways).map((way) => [way, to.by(way).length]))
    await until('all', () => push.shown.length === 3 && isDeepStrictEqual(counted(), ways))
    expect(to.by('hook').map(({ text }) => text)).toEqual(['WALLET_RESUMED', 'POLICY_DENIED'])
    expect(push.shown.every(({ body }) => !body.includes('treasury'))).toBe(true)
    expect(to.by('slack').every(({ text }) => !text.includes(OTHER))).toBe(true)
  })

  test('a route names wallets that there are, and all of a channel go at once', async () => {
    const bed = bedOn(await open(migrations))
    const { routes } = await bed.start()
    const slack = { channel: 'slack', events: ['TX_APPROVAL_REQUIRED' as const] }
    const shown = { ...slack, wallets: [{ id: WALLET, name: 'treasury' }], severity: null }
    expect(await routes.add({ ...slack, walletIds: [WALLET] }, operator)).toEqual({ data: [shown] })
    const critical = { channel: 'slack', severity: 'critical' } as const
    expect((await routes.add(critical, operator)).data).toEqual([shown, { ...critical, wallets: null, events: null }])
    const failures = [
      { route: { channel: 'slack', walletIds: [OTHER] }, code: 'WALLET_NOT_FOUND' },
      { route: { channel: 'slack' }, code: 'ACTION_VALIDATION_FAILED' },
    ]
    for (const { route, code } of failures) await expect(routes.add(route, operator)).rejects.toMatchObject({ code })
    await expect(routes.remove('discord', operator)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await routes.remove('slack', operator)).toEqual({ data: [] })
    const one = { channel: 'ntfy', wallets: [WALLET] }
    bed.set({ 'notifications.routes': Array.from({ length: 100 }, () => one) })
    await expect(routes.add(slack, operator)).rejects.toMatchObject({ code: 'ACTION_VALIDATION_FAILED' })
  })

  test('what is not taken is dead until the operator has it tried again, under the id that it had', async () => {
    const to = await receivers()
    const bed = bedOn(await open(migrations))
    bed.set({ 'webhooks.allowed_hosts': [to.host] })
    const service = await bed.start()
    const hook = await hooked(service, to, ['WALLET_RESUMED'])
    const state = async () => (await service.status()).channels[0]!
    to.mode('hook', 'refusing')
    await bed.happens(RESUMED, WALLET)
    await until('the refusal', async () => (await state()).dead === 1)
    to.mode('hook', 'lost')
    expect(await service.redeliver(`webhook:${hook.id}`, operator)).toEqual({ redelivered: 1 })
    // It arrived, and nobody knows that here.
    await until('a try', async () => (await state()).failures === 1)
    to.mode('hook', 'up')
    bed.clock.pass(2)
    await until('the next try', async () => (await state()).waiting === 0)
    const ids = to.by('hook').map(({ id }) => id)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
    const { data } = await service.webhooks.logs({ id: hook.id, limit: 100 })
    expect(data.map(({ status, httpStatus, attempt }) => [status, httpStatus, attempt])).toEqual([
      ['success', 200, 3],
      ['failed', null, 2],
      ['failed', 422, 1],
    ])
    await bed.happens(RESUMED, OTHER)
    await until('the next', () => to.by('hook').length === 3)
    await service.webhooks.delete(hook.id, operator)
    expect(await service.webhooks.list()).toEqual({ data: [] })
    expect(await service.webhooks.logs({ id: hook.id, limit: 1 }).catch((error) => error.code)).toBe(
      'WEBHOOK_NOT_FOUND',
    )
  })

  test('who asks for an event by its name of before is told it under that name, and the operator finds it under both', async () => {
    const to = await receivers()
    const bed = bedOn(await open(migrations))
    bed.set({
      ...{ 'notifications.ntfy_url': to.settings['notifications.ntfy_url'], 'notifications.ntfy_token': 'tk_stand_in' },
      ...{ 'webhooks.allowed_hosts': [to.host], 'notifications.notify_events': ['POLICY_VIOLATION'] },
    })
    const service = await bed.start()
    const { id } = await hooked(service, to, ['OWNER_REGISTERED', 'POLICY_DENIED', 'POLICY_VIOLATION'])
    const owner = { address: '0x1', network: null, before: null, agreed: false }
    for (const each of [{ event: 'OWNER_SET', details: owner } as never, REFUSED, RESUMED])
      await bed.happens(each, WALLET)
    await until('both', () => to.by('hook').length === 2)
    expect(to.by('hook').map(({ text }) => text)).toEqual(['OWNER_REGISTERED', 'POLICY_DENIED'])
    await until('people', () => to.by('ntfy').length === 1)
    expect(to.by('ntfy')[0]?.text).toContain('The policies refused a request')
    for (const event_type of ['OWNER_REGISTERED', 'OWNER_SET'] as const)
      await until('the log', async () => (await service.webhooks.logs({ id, event_type, limit: 9 })).data.length === 1)
  })

  test('who asks for patience gets it, who says nothing holds up nobody else, and who sends elsewhere is not followed', async () => {
    const to = await receivers()
    const bed = bedOn(await open(migrations))
    bed.set({ ...to.settings, 'webhooks.allowed_hosts': [to.host] })
    to.mode('slack', 'silent')
    to.mode('ntfy', 'crowded')
    to.mode('telegram', 'moved')
    const service = await bed.start()
    const state = async (name: string) => (await service.status()).channels.find((channel) => channel.name === name)!
    await bed.happens(RESUMED, WALLET)
    await until('discord', () => to.by('discord').length === 1)
    await until(
      'the others to be asked',
      async () => (await state('ntfy')).failures + (await state('telegram')).failures === 2,
    )
    const now = bed.clock.now() / 1_000
    expect((await state('ntfy')).nextTryAt).toBe(now + 7)
    expect((await state('telegram')).nextTryAt).toBe(now + 1)
    expect((await service.log({ channel: 'telegram', page: 1, pageSize: 20 })).logs).toMatchObject([
      { status: 'failed', error: 'answered 307; redirects are not followed', eventType: 'WALLET_RESUMED' },
    ])
    expect(to.heard.map(({ by }) => by)).toEqual(['discord'])
    to.mode('discord', 'forever')
    await bed.happens(RESUMED, OTHER)
    await until('discord to be asked', async () => (await state('discord')).failures === 1)
    expect((await state('discord')).nextTryAt).toBe(now + DAY_S)
  })

  test('of two replicas one tells', async () => {
    const to = await receivers()
    const bed = bedOn(await open(migrations))
    bed.set({ ...to.settings, 'webhooks.allowed_hosts': [to.host], 'notifications.rate_limit_rpm': 60 })
    const service = await bed.start('one')
    await bed.start('two')
    for (let at = 0; at < 5; at++) await bed.happens(RESUMED, at % 2 === 0 ? WALLET : OTHER)
    await until('all to be told', () => ['telegram', 'discord', 'slack', 'ntfy'].every((way) => to.by(way).length >= 5))
    await until('nothing to wait', async () => (await service.status()).channels.every(({ waiting }) => waiting === 0))
    expect(to.heard).toHaveLength(20)
  })

  test('for a day a rotated secret signs beside the new one, and the test button says what arrived', async () => {
    const to = await receivers()
    const bed = bedOn(await open(migrations))
    bed.set({ ...to.settings, 'webhooks.allowed_hosts': [to.host] })
    const service = await bed.start()
    const hook = await hooked(service, to, ['WALLET_SUSPENDED'])
    const { secret } = await service.webhooks.rotate(hook.id, operator)
    to.expect(secret)
    to.mode('slack', 'down')
    const shown = async () =>
      (await service.status()).channels.map(({ name, forPeople, lastToldAt }) => [name, forPeople, lastToldAt !== null])
    expect(await shown()).toContainEqual(['telegram', true, false])
    const { results } = await service.test(undefined)
    expect(await shown()).toEqual([
      ['telegram', true, true],
      ['discord', true, true],
      ['slack', true, false],
      ['ntfy', true, true],
      [`webhook:${hook.id}`, false, true],
    ])
    const { logs } = await service.log({ page: 1, pageSize: 100, eventType: 'TEST' })
    expect(logs.map(({ channel, status, error }) => [channel, status, error])).toContainEqual([
      ...['slack', 'failed', 'answered 503'],
    ])
    expect(results).toEqual([
      { channel: 'telegram', success: true },
      { channel: 'discord', success: true },
      { channel: 'slack', success: false, error: 'answered 503' },
      { channel: 'ntfy', success: true },
      { channel: `webhook:${hook.id}`, success: true },
    ])
    expect(await service.test('email')).toMatchObject({ results: [{ success: false }] })
    expect(to.by('discord')[0]?.text).toContain('This is a test of your notices.')
    bed.set({ 'notifications.enabled': false })
    expect((await service.test(undefined)).results).toHaveLength(1)
  })
  test('a webhook that asks for them gets the checkpoints of the audit log, the newest alone when it was away', async () => {
    const to = await receivers()
    const bed = bedOn(await open(migrations))
    bed.set({ 'webhooks.allowed_hosts': [to.host] })
    const service = await bed.start()
    const hook = await service.webhooks.create({ url: to.hook, events: ['AUDIT_CHECKPOINT'] }, operator)
    to.expect(hook.secret)
    to.mode('hook', 'down')
    await bed.happens(RESUMED, WALLET)
    await until('a try', async () => (await service.status()).channels[0]!.failures === 1)
    for (let at = 0; at < 5; at++) await bed.happens(RESUMED, WALLET)
    await until('the last of them', async () => (await service.log({ page: 1, pageSize: 1 })).total >= 1)
    to.mode('hook', 'up')
    bed.clock.pass(5)
    const newest = () => to.by('hook').at(-1)?.body.data as { seq: number; heads: unknown[] } | undefined
    await until('the newest', () => newest()?.seq === 6)
    expect(newest()?.heads).toHaveLength(1)
    expect(to.by('hook').every(({ text }) => text === 'AUDIT_CHECKPOINT')).toBe(true)
  })
})

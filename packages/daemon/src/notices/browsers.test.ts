import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { startPushService } from '../../../../test/support/push-service.ts'
import { until } from '../../../../test/support/until.ts'
import { bedOn, operator, WALLET } from '../../test/notices-bed.ts'
import { migrations } from '../migrations/all.ts'

forEachEngine((_engine, open) => {
  test('a browser is told what people are told, in words that it alone can read, until it is removed or has gone', async () => {
    const database = await open(migrations)
    const bed = bedOn(database)
    const push = await startPushService(bed.clock.now)
    bed.set({ 'webhooks.allowed_hosts': [push.host], 'notifications.locale': 'ko' })
    const service = await bed.start()
    await until('the first look', () => service.warning())
    const { id } = await service.browsers.add({ name: 'phone', ...push.subscription }, operator)
    await bed.happens({ event: 'WALLET_RESUMED' }, WALLET)
    await bed.happens({ event: 'SESSION_WALLET_ADDED' }, WALLET)
    await until('both', () => push.shown.length === 3)
    expect(push.shown.map(({ title }) => title)).toEqual([
      '주의: 브라우저가 무슨 일이 있는지 듣습니다.',
      '멈춘 지갑이 다시 서명합니다.',
      '세션이 지갑을 하나 더 쓸 수 있습니다.',
    ])
    expect(push.shown[1]?.body).toContain('지갑: treasury')
    expect(service.warning()).toBeUndefined()
    const { data, publicKey } = await service.browsers.list()
    expect(publicKey).toMatch(/^[\w-]{87}$/)
    expect(JSON.stringify(data)).not.toContain('canary')
    expect(await service.test(`push:${id}`)).toMatchObject({ results: [{ success: true }] })

    push.leave()
    await bed.happens({ event: 'WALLET_RESUMED' }, WALLET)
    await until('the end', async () => (await service.status()).channels[0]?.dead === 1)
    await service.browsers.remove(id, operator)
    expect((await service.status()).channels).toEqual([])
    await expect(service.browsers.remove(id, operator)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const elsewhere = { name: 'x', ...push.subscription, endpoint: 'https://127.0.0.2/send' }
    await expect(service.browsers.add(elsewhere, operator)).rejects.toMatchObject({ code: 'ACTION_VALIDATION_FAILED' })
    await service.stop()
    await push.stop()
  })
})

import { expect, test } from 'vitest'
import { checkup, type Facts } from './checkup.ts'

const now = Date.parse('2026-11-30T12:00:00Z')
const well: Facts = {
  ...{ health: {}, unready: undefined, killSwitch: 'ACTIVE', now },
  backups: [{ created_at: '2026-11-29T10:00:00Z' }, { created_at: '2020-01-01T00:00:00Z' }],
  channels: [{ name: 'ntfy', enabled: true, waiting: 0, dead: 0, failures: 0, nextTryAt: null }],
  wallets: [
    { id: 'a', name: 'shop', status: 'ACTIVE' },
    { id: 'gone', name: 'old', status: 'TERMINATED' },
  ],
  policies: [{ walletId: 'a', enabled: true }],
  rpc: { networks: { x: [endpoint('https://mine.example')] }, builtinUrls: { x: ['https://open.example'] } },
}
function endpoint(url: string) {
  return { url, status: 'available' as const, failureCount: 0, cooldownRemainingMs: 0 }
}

test('where all is well each check says so', () => {
  const checks = checkup(well)
  expect(checks.filter(({ ok }) => !ok)).toEqual([])
  expect(checks.map(({ says }) => says)).toContain('the newest backup is 1 day old')
})

test.each<[string, Partial<Facts>, string, string | undefined]>([
  ['a daemon that cannot work', { unready: 'the signer is locked' }, 'the signer is locked', 'look at its log'],
  ['the kill switch', { killSwitch: 'SUSPENDED' }, 'everything is stopped: SUSPENDED', 'waiaas kill-switch recover'],
  [
    'a made-up password',
    { health: { passwordWithin: ['recovery.key'] } },
    'the master password is still in recovery.key',
    'waiaas set-master',
  ],
  ['a warning of the daemon', { health: { warnings: ['the clock is held'] } }, 'the clock is held', undefined],
  ['no backup', { backups: [] }, 'there is no backup', 'waiaas backup create --output <a place on another disk>'],
  [
    'an old backup',
    { backups: [{ created_at: '2026-11-20T10:00:00Z' }] },
    'the newest backup is 10 days old',
    'waiaas backup create --output <a place on another disk>',
  ],
  ['no channel', { channels: [] }, 'nobody is told what happens', 'set up a channel: docs/notifications.md'],
  [
    'a channel that takes nothing',
    { channels: [{ ...well.channels[0]!, failures: 2 }] },
    'no channel takes what it is told: ntfy',
    'waiaas notice test',
  ],
  ['no wallet', { wallets: [] }, 'there is no wallet yet', 'waiaas wallet create --name shop'],
  [
    'a wallet without policies',
    {
      policies: [
        { walletId: 'b', enabled: true },
        { walletId: 'a', enabled: false },
      ],
    },
    'no policy holds for shop',
    'waiaas policy template list',
  ],
  [
    'public endpoints',
    { rpc: { ...well.rpc, networks: { x: [endpoint('https://open.example')] } } },
    'public endpoints alone serve x',
    'give each an endpoint of yours: docs/nodes.md',
  ],
])('%s is to be put right', (_name, facts, says, next) => {
  const [wrong, ...others] = checkup({ ...well, ...facts }).filter(({ ok }) => !ok)
  expect({ says: wrong?.says, next: wrong?.next, others }).toEqual({ says, next, others: [] })
})

test('a policy for all wallets is one of each', () => {
  expect(checkup({ ...well, policies: [{ walletId: null, enabled: true }] }).every(({ ok }) => ok)).toBe(true)
})

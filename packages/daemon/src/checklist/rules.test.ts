import { expect, test } from 'vitest'
import { checksOf, type Facts } from './rules.ts'

const now = Date.parse('2026-11-30T12:00:00Z')
const DAY_MS = 86_400_000
const channel = {
  ...{ name: 'ntfy', enabled: true, forPeople: true, waiting: 0, dead: 0, failures: 0 },
  ...{ nextTryAt: null, lastToldAt: 1_700_000_000 },
}
const well: Facts = {
  ...{ unready: undefined, killSwitch: 'ACTIVE', hasRecoveryKey: false, sharesDisk: false, warnings: [], now },
  backupAt: now - DAY_MS,
  channels: [channel],
  wallets: [{ name: 'shop', isLimited: true }],
  networks: [{ id: 'x', isOwn: true }],
}

test('where all is well each check says so', () => {
  const checks = checksOf(well)
  expect(checks.filter(({ state }) => state !== 'done')).toEqual([])
  expect(checks.map(({ says }) => says)).toContain('the newest backup is 1 day old')
  expect(checks.map(({ next }) => next).filter((next) => next !== null)).toEqual([])
})

test.each<[string, Partial<Facts>, string, string | null]>([
  ['a daemon that cannot work', { unready: 'the signer is locked' }, 'the signer is locked', null],
  [
    'the kill switch',
    { killSwitch: 'SUSPENDED' },
    'everything is stopped: the kill switch is SUSPENDED',
    'waiaas kill-switch recover',
  ],
  [
    'a generated password',
    { hasRecoveryKey: true },
    'the master password is still the generated one in recovery.key',
    'waiaas set-master',
  ],
  ['what else is wrong', { warnings: ['the clock is held'] }, 'the clock is held', null],
  ['no backup', { backupAt: undefined }, 'there is no backup', 'waiaas backup create'],
  ['an old backup', { backupAt: now - 10 * DAY_MS }, 'the newest backup is 10 days old', 'waiaas backup create'],
  [
    'backups beside the database',
    { sharesDisk: true },
    'backups lie on the disk of the database, and are lost with it',
    null,
  ],
  ['no channel', { channels: [] }, 'nobody is told what happens', null],
  ['programs alone', { channels: [{ ...channel, forPeople: false }] }, 'nobody is told what happens', null],
  [
    'a channel that takes nothing',
    { channels: [{ ...channel, failures: 2 }] },
    'no channel takes what it is told: ntfy',
    'waiaas notice test',
  ],
  [
    'a channel that was never tried',
    { channels: [{ ...channel, lastToldAt: null }] },
    'no channel has shown that it works: ntfy',
    'waiaas notice test',
  ],
  ['no wallet', { wallets: [] }, 'there is no wallet yet', 'waiaas up'],
  [
    'wallets without a limit',
    { wallets: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, isLimited: false })) },
    'no spending limit is set for a, b, c and 2 more',
    'waiaas policy template list',
  ],
  ['no network yet', { networks: [] }, 'no network was used yet', null],
  [
    'public endpoints',
    { networks: [...well.networks, { id: 'y', isOwn: false }] },
    'public endpoints alone serve y',
    'waiaas rpc status',
  ],
])('%s is to be put right', (_name, facts, says, command) => {
  const [wrong, ...others] = checksOf({ ...well, ...facts }).filter(({ state }) => state === 'todo')
  expect(wrong).toMatchObject({ says, command, next: expect.stringMatching(/./) })
  expect(others).toEqual([])
})

test('one channel that works is enough', () => {
  const channels = [{ ...channel, name: 'slack', failures: 3 }, channel]
  const check = checksOf({ ...well, channels }).find(({ name }) => name === 'channel')
  expect(check).toMatchObject({ state: 'done', says: 'people are told by ntfy' })
})

import { admitsLogin, mayCall, type Operation, operations } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { authentication } from './authentication.ts'

const table: [string, Operation][] = Object.entries(operations)
const forAgents = table.filter(([, { access }]) => access !== 'public' && access.includes('agent'))

const asOperator = { kind: 'operator', proof: () => ({ password: 'right' }) } as const

async function answered(state: 'ACTIVE' | 'SUSPENDED' | 'LOCKED', headers: Record<string, string>): Promise<string[]> {
  const authenticate = authentication({
    operator: { authenticate: async () => asOperator, authenticateSealed: async () => asOperator },
    sessions: { authenticate: async () => ({ kind: 'agent', sessionId: 'one', tokenHash: '' }) },
    stopTokens: { authenticate: async () => ({ kind: 'stopper', actor: 'stop-token:one' }) },
    logins: {
      authenticate: async () => ({ ...asOperator, isLogin: true }),
      authenticateFollower: async () => ({ ...asOperator, isLogin: true }),
    },
    killSwitch: { current: () => state },
    owners: {
      authenticate: async (given) =>
        given.has('x-owner-signature')
          ? { address: 'A', network: null, message: 'M', signature: 'S', ip: undefined }
          : undefined,
      viewer: async () => ({ kind: 'viewer', address: 'A', sees: [], named: [] }),
    },
  })
  const answers = await Promise.all(
    table.map(async ([name, op]) => {
      const principal = await authenticate(new Headers(headers), op, { peer: '127.0.0.1', path: op.path }).catch(
        () => undefined,
      )
      return principal && principal.kind !== 'public' ? [name] : []
    }),
  )
  return answers.flat()
}

test('while the kill switch is on, reading it is all that an agent may do', async () => {
  const agent = { authorization: 'Bearer wai_sess_one' }
  expect(await answered('ACTIVE', agent)).toEqual(forAgents.map(([name]) => name))
  expect(await answered('SUSPENDED', agent)).toEqual(['getKillSwitch'])
  expect(await answered('LOCKED', agent)).toEqual(['getKillSwitch'])
  expect(table.filter(([, op]) => op.whileStopped).map(([name]) => name)).toEqual(['getKillSwitch'])
})

test('the kill switch keeps the operator from nothing', async () => {
  const all = table.filter(([, op]) => op.access !== 'public' && mayCall(op, 'operator')).map(([name]) => name)
  for (const header of ['x-master-password', 'x-master-proof'])
    expect(await answered('LOCKED', { [header]: 'right' })).toEqual(all)
})

test('a stop token reaches what stops, whatever the kill switch says', async () => {
  const stops = ['suspendWallet', 'ownerKillSwitch', 'revokeSession', 'activateKillSwitch']
  for (const state of ['ACTIVE', 'SUSPENDED', 'LOCKED'] as const)
    expect(await answered(state, { authorization: 'Bearer wai_stop_one' })).toEqual(stops)
})

test('a login reaches what looks and stops, and nothing that takes the password', async () => {
  const login = { authorization: 'Bearer wai_login_one' }
  const all = table.filter(([, op]) => admitsLogin(op)).map(([name]) => name)
  for (const state of ['ACTIVE', 'SUSPENDED', 'LOCKED'] as const) expect(await answered(state, login)).toEqual(all)
})

test('an owner reaches what names owners and nothing else, whatever the kill switch says', async () => {
  const all = table.filter(([, { access }]) => access !== 'public' && access.includes('owner')).map(([name]) => name)
  expect(all).toContain('verifyOwner')
  for (const state of ['ACTIVE', 'SUSPENDED', 'LOCKED'] as const)
    expect(await answered(state, { 'x-owner-signature': 'one' })).toEqual(all)
})

test('an owner who looks reaches what names viewers and nothing else, whatever the kill switch says', async () => {
  const all = table.filter(([, { access }]) => access !== 'public' && access.includes('viewer'))
  expect(all.map(([name]) => name)).toContain('getTransactionChallenge')
  expect(all.filter(([, { method, path }]) => method !== 'GET' && path !== PASSKEY_CHALLENGE)).toEqual([])
  for (const state of ['ACTIVE', 'SUSPENDED', 'LOCKED'] as const)
    expect(await answered(state, { authorization: 'Bearer wai_view_one' })).toEqual(all.map(([name]) => name))
})
/** Reads, but what it is about is too long for a query. */
const PASSKEY_CHALLENGE = '/v1/wallets/{id}/owner/passkeys/challenge'

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defaultSettings, Failure, type Handlers, newId, operations } from '@waiaas/contract'
import { afterEach, describe, expect, test } from 'vitest'
import type { Principal } from '../../daemon/src/platform/caller.ts'
import { listen } from '../../daemon/src/platform/http/listen.ts'
import { httpApp } from '../../daemon/src/platform/http/serve.ts'
import type { Calls } from '../../daemon/src/platform/http/types.ts'
import { WAIaaSClient, WAIaaSError } from './index.ts'

type Contract = Handlers<typeof operations, Calls>
const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }
const walletId = newId()
const sessionId = newId()
const jwt = ['e30', Buffer.from(JSON.stringify({ sub: sessionId })).toString('base64url'), 'x'].join('.')
const sessionToken = `wai_sess_${jwt}`
const fast = { baseDelayMs: 1, maxDelayMs: 2_000 }

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function authenticate(headers: Headers): Promise<Principal> {
  const bearer = headers.get('authorization')
  if (bearer?.startsWith('Bearer wai_sess_'))
    return { kind: 'agent', sessionId: bearer.slice('Bearer '.length), tokenHash: '' }
  return headers.get('x-master-password') === 'right'
    ? { kind: 'operator', proof: () => ({ password: 'right' }) }
    : { kind: 'public' }
}

/** The contract's real HTTP application with the handlers that a test is about. */
async function daemon(handlers: Partial<Contract>): Promise<string> {
  const unused = () => {
    throw new Error('not part of this test')
  }
  const all = Object.fromEntries(Object.keys(operations).map((name) => [name, unused]))
  const app = httpApp({
    operations,
    handlers: { ...all, ...handlers } as Contract,
    authenticate,
    settings: defaultSettings,
    version: '0',
    log: quiet,
  })
  const server = await listen(app, { port: 0, hostname: '127.0.0.1' })
  closers.push(() => server.close(100))
  return server.url
}

/** A server whose answers a test writes by hand. */
async function scripted(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const sent = {
  id: newId(),
  status: 'PENDING',
  tier: 'INSTANT',
  walletId,
  type: 'TRANSFER',
  network: 'local-evm',
  amount: '1',
  humanAmount: '0.000000000000000001',
} as const
const transfer = { to: '0x1111111111111111111111111111111111111111', amount: '1' }
const failing = (promise: Promise<unknown>): Promise<WAIaaSError> =>
  promise.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: unknown) => (error instanceof WAIaaSError ? error : Promise.reject(error)),
  )

describe('the client', () => {
  test('makes a proof of the master password for each try, because each is good for one', async () => {
    const proofs: unknown[] = []
    const baseUrl = await scripted((request, response) => {
      proofs.push([request.headers['x-master-proof'], request.headers['x-master-password']])
      response.statusCode = proofs.length < 3 ? 503 : 200
      response.end(JSON.stringify({ code: 'SHUTTING_DOWN', message: 'x', retryable: true }))
    })
    const masterProof = async ({ method, path }: { method: string; path: string }) =>
      `${method} ${path} ${proofs.length}`
    await new WAIaaSClient({ baseUrl, masterProof, retryOptions: fast }).getWallet({ id: 'shop' })
    expect(proofs).toEqual([0, 1, 2].map((at) => [`GET /v1/wallets/shop ${at}`, undefined]))
  })

  test('keeps what comes with a right password, and shows it with the next one alone', async () => {
    const seen: unknown[] = []
    const baseUrl = await scripted((request, response) => {
      seen.push(request.headers['x-master-mark'])
      response.setHeader('x-master-mark', 'mark').end(JSON.stringify({}))
    })
    let kept: string | undefined
    const masterMark = {
      read: async () => kept,
      keep: async (mark: string) => {
        kept = mark
      },
    }
    const api = new WAIaaSClient({ baseUrl, masterPassword: 'right', sessionToken: 'wai_sess_x', masterMark })
    await api.getWallet({ id: 'shop' }, { masterPassword: 'right' })
    await api.getWallet({ id: 'shop' }, { masterPassword: 'right' })
    await api.getAddress()
    expect(seen).toEqual([undefined, 'mark', undefined])
  })

  test('calls an operation with its path, query and body, and reads the answer', async () => {
    const seen: unknown[] = []
    const baseUrl = await daemon({
      renameWallet: (_call, input) => {
        seen.push(input)
        return {
          id: input.id,
          name: input.name,
          chain: 'ethereum',
          network: 'local-evm',
          environment: 'testnet',
          publicKey: '0x',
          status: 'ACTIVE',
          ownerAddress: null,
          ownerState: 'NONE',
          monitorIncoming: false,
          createdAt: 1,
        }
      },
      listTokens: (_call, input) => {
        seen.push(input)
        return { network: input.network, tokens: [], nextCursor: null, hasMore: false }
      },
    })
    const api = new WAIaaSClient({ baseUrl: `${baseUrl}/`, masterPassword: 'right' })
    expect(await api.renameWallet({ id: walletId, name: 'ops' })).toMatchObject({ name: 'ops', accountType: 'eoa' })
    expect(await api.listTokens({ network: 'eip155:1', limit: 3 })).toMatchObject({ tokens: [] })
    expect(seen).toEqual([
      { id: walletId, name: 'ops' },
      { network: 'eip155:1', limit: 3 },
    ])
  })

  test('answers nothing for 204', async () => {
    const baseUrl = await daemon({ unlinkSessionWallet: () => undefined })
    const api = new WAIaaSClient({ baseUrl, masterPassword: 'right' })
    expect(await api.unlinkSessionWallet({ id: sessionId, walletId })).toBeUndefined()
  })

  test('sends a master password of any script', async () => {
    const seen: string[] = []
    const url = await scripted(({ headers }, response) => {
      // Node shows the bytes of a header as Latin-1.
      seen.push(Buffer.from(String(headers['x-master-password']), 'latin1').toString('utf8'))
      response.end('{}')
    })
    for (const masterPassword of ['plain ascii', 'schöne Grüße', 'Ã©', 'парольпароль', '合言葉合言葉🔑'])
      await new WAIaaSClient({ baseUrl: url, masterPassword }).getSettings()
    expect(seen).toEqual(['plain ascii', 'schöne Grüße', 'Ã©', 'парольпароль', '合言葉合言葉🔑'])
  })

  test('sends the token to what an agent may call and the password elsewhere, or where the call gives one', async () => {
    const kinds: string[] = []
    const none = { items: [], nextCursor: null, hasMore: false }
    const baseUrl = await daemon({
      listWallets: ({ principal }) => {
        kinds.push(principal.kind)
        return none
      },
      getSettings: ({ principal }) => {
        kinds.push(principal.kind)
        return {}
      },
    })
    const api = new WAIaaSClient({ baseUrl, sessionToken, masterPassword: 'right' })
    await api.listWallets()
    await api.getSettings()
    await api.listWallets({}, { masterPassword: 'right' })
    expect(kinds).toEqual(['agent', 'operator', 'operator'])
    expect((await failing(new WAIaaSClient({ baseUrl }).listWallets())).code).toBe('NO_TOKEN')
    expect((await failing(new WAIaaSClient({ baseUrl }).getSettings())).code).toBe('NO_MASTER_PASSWORD')
  })

  test('fails with everything the daemon says', async () => {
    const baseUrl = await daemon({
      sendToken: () => {
        throw new Failure('POLICY_DENIED', 'above the daily limit', { details: { reasons: [] } })
      },
    })
    const error = await failing(new WAIaaSClient({ baseUrl, sessionToken }).sendToken(transfer))
    expect(error).toMatchObject({ code: 'POLICY_DENIED', status: 403, isRetryable: false, details: { reasons: [] } })
    expect(error.requestId).toBeTruthy()
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'POLICY_DENIED', hint: expect.any(String) })
  })

  test('renews with the id in its token and uses the new token', async () => {
    const tokens: string[] = []
    const baseUrl = await daemon({
      renewSession: ({ principal }, { id }) => {
        tokens.push(principal.kind === 'agent' ? principal.sessionId : '')
        return { id, token: 'wai_sess_a.b.c', expiresAt: 0, renewalCount: 1 }
      },
      listWallets: ({ principal }) => {
        tokens.push(principal.kind === 'agent' ? principal.sessionId : '')
        return { items: [], nextCursor: null, hasMore: false }
      },
    })
    const api = new WAIaaSClient({ baseUrl, sessionToken })
    expect((await api.renewSession()).id).toBe(sessionId)
    await api.listWallets()
    expect(tokens).toEqual([sessionToken, 'wai_sess_a.b.c'])
  })
})

describe('repeats', () => {
  test('use one Idempotency-Key until the payment is answered', async () => {
    const keys: (string | undefined)[] = []
    const baseUrl = await daemon({
      sendToken: ({ idempotencyKey }) => {
        keys.push(idempotencyKey)
        if (keys.length < 3) throw new Error('an outage')
        return sent
      },
    })
    const api = new WAIaaSClient({ baseUrl, sessionToken, retryOptions: fast })
    expect((await api.sendToken(transfer)).id).toBe(sent.id)
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
    await api.sendToken(transfer)
    expect(new Set(keys).size).toBe(2)
    await api.sendToken(transfer, { idempotencyKey: 'mine' })
    expect(keys.at(-1)).toBe('mine')
  })

  test('go on under one key where the daemon was to wait, which takes longer than its timeout', async () => {
    const waits: unknown[] = []
    const baseUrl = await daemon({
      sendToken: async (_call, { wait }) => {
        waits.push(wait)
        await new Promise((resolve) => setTimeout(resolve, 400))
        return sent
      },
    })
    const api = new WAIaaSClient({ baseUrl, sessionToken, timeout: 100, retryOptions: { maxRetries: 0 } })
    expect((await failing(api.sendToken(transfer))).code).toBe('REQUEST_TIMEOUT')
    expect(await api.sendToken({ ...transfer, wait: 5 })).toMatchObject({ id: sent.id })
    expect(waits).toEqual([undefined, 5])
  })

  test('of waitFor go on while the daemon is away, until its time is over', async () => {
    const found: string[] = []
    let tries = 0
    const baseUrl = await scripted((request, response) => {
      tries += 1
      found.push(new URL(request.url!, 'http://x').search)
      const status = ['away', 'SUBMITTED', 'CONFIRMED'][tries - 1]!
      if (status === 'away') return void request.socket.destroy()
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ id: sent.id, status }))
    })
    const api = new WAIaaSClient({ baseUrl, sessionToken, retryOptions: { maxRetries: 0 } })
    expect(await api.waitFor(sent.id, { seconds: 90, seen: 'QUEUED' })).toMatchObject({ status: 'CONFIRMED' })
    expect(found).toEqual(['?wait=60&seen=QUEUED', '?wait=60&seen=QUEUED', '?wait=60&seen=QUEUED'])
    expect(
      (
        await failing(
          new WAIaaSClient({ baseUrl: 'http://127.0.0.1:1', sessionToken, retryOptions: { maxRetries: 0 } }).waitFor(
            sent.id,
            { seconds: 1 },
          ),
        )
      ).code,
    ).toBe('NETWORK_ERROR')
    const stopped = api.waitFor(sent.id, { signal: AbortSignal.abort(new Error('enough')) })
    await expect(stopped).rejects.toThrow('enough')
  })

  test('wait as long as Retry-After says, and not at all for longer than the caller would', async () => {
    const times: number[] = []
    const refuse = (seconds: number) => (_request: IncomingMessage, response: ServerResponse) => {
      times.push(performance.now())
      const done = times.length > 1
      response.writeHead(done ? 200 : 429, { 'content-type': 'application/json', 'retry-after': String(seconds) })
      response.end(
        JSON.stringify(done ? { items: [] } : { code: 'RATE_LIMITED', message: 'slow down', retryable: true }),
      )
    }
    await new WAIaaSClient({ baseUrl: await scripted(refuse(1)), sessionToken, retryOptions: fast }).listWallets()
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990)
    times.length = 0
    const error = await failing(
      new WAIaaSClient({ baseUrl: await scripted(refuse(60)), sessionToken, retryOptions: fast }).listWallets(),
    )
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 60 })
  })

  test('never happen where the first try may have worked and no key protects it', async () => {
    let tries = 0
    const baseUrl = await scripted((request) => {
      tries += 1
      request.socket.destroy()
    })
    const api = new WAIaaSClient({ baseUrl, sessionToken, masterPassword: 'right', retryOptions: fast })
    expect((await failing(api.createWallet({ name: 'once' }))).code).toBe('NETWORK_ERROR')
    expect(tries).toBe(1)
    await failing(api.sendToken(transfer))
    expect(tries).toBe(5)
  })

  test('never happen for a decision', async () => {
    let tries = 0
    const baseUrl = await daemon({
      sendToken: () => {
        tries += 1
        throw new Failure('SYSTEM_LOCKED', 'the kill switch is on')
      },
    })
    await failing(new WAIaaSClient({ baseUrl, sessionToken, retryOptions: fast }).sendToken(transfer))
    expect(tries).toBe(1)
  })

  test('end with the deadline of each try, and at once when the caller gives up', async () => {
    const baseUrl = await scripted(() => undefined)
    const slow = new WAIaaSClient({ baseUrl, sessionToken, timeout: 20, retryOptions: { ...fast, maxRetries: 1 } })
    expect((await failing(slow.listWallets())).code).toBe('REQUEST_TIMEOUT')
    const patient = new WAIaaSClient({ baseUrl, sessionToken })
    const giveUp = new AbortController()
    const waiting = patient.listWallets({}, { signal: giveUp.signal })
    giveUp.abort(new Error('changed my mind'))
    await expect(waiting).rejects.toThrow('changed my mind')
  })
})

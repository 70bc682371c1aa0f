import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { until } from '../support/until.ts'

type Answer = {
  id?: number
  method?: string
  params?: { name?: string; payload?: string; request?: { url: string }; registrations?: { registrationId: string }[] }
  result?: unknown
  error?: { message: string }
}
type Send = (method: string, params?: object) => Promise<Record<string, unknown>>
/** Runs a function there with one argument, and gives what it resolves to. */
type Run = <In, Out>(fn: (input: In) => Out | Promise<Out>, input: In) => Promise<Out>

/** One page of a headless Chromium, driven over its own protocol. */
export type Page = {
  /** Opens an address, and waits until it has loaded. */
  open(url: string): Promise<void>
  /** All that it has asked for since it was started. */
  readonly requested: readonly string[]
  readonly run: Run
  send: Send
  /** The service worker of an address, as it runs now. */
  worker(url: string): Promise<Run>
  /** Has the browser take a push message for the newest service worker, as one that its service carried. */
  deliver(origin: string, data: string): Promise<void>
  /** Gives each page that is opened from now on a function, which this process answers. */
  answer(name: string, fn: (input: never) => Promise<unknown>): Promise<void>
}

/** A machine in a local network, as browsers see one: a name, without https. */
export const LAN_HOST = 'wallets.lan'
const RULES = `--host-resolver-rules=MAP ${LAN_HOST} 127.0.0.1`

/** Starts Chromium with a profile of its own; `close` ends it and removes that, `another` opens another tab. */
export async function startChromium(
  program: string,
): Promise<{ page: Page; another(): Promise<Page>; close(): Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), 'waiaas-browser-'))
  // As root there is no sandbox, and nothing but pages of the tests is opened.
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', RULES]
  const child = spawn(program, [...args, `--user-data-dir=${profile}`, '--remote-debugging-port=0', 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  async function close(): Promise<void> {
    child.kill('SIGKILL')
    await ended
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  try {
    for await (const line of createInterface({ input: child.stderr })) {
      const address = /^DevTools listening on (ws:\S+)$/.exec(line)?.[1]
      if (address === undefined) continue
      child.stderr.resume()
      return { page: await newTab(address), another: () => newTab(address), close }
    }
    throw new Error(`${program} ended before it could be driven`)
  } catch (error) {
    await close()
    throw error
  }
}

async function newTab(address: string): Promise<Page> {
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error('Chromium refused the connection'))
  })
  let last = 0
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>()
  const listeners = new Map<string, (params: NonNullable<Answer['params']>) => void>()
  socket.onmessage = ({ data }) => {
    const { id, method, params = {}, result, error } = JSON.parse(String(data)) as Answer
    if (method !== undefined) listeners.get(method)?.(params)
    const call = id === undefined ? undefined : waiting.get(id)
    if (id === undefined || !call) return
    waiting.delete(id)
    if (error) call.reject(new Error(error.message))
    else call.resolve(result as never)
  }
  const sendTo = (sessionId: string | undefined): Send => {
    return (method, params = {}) =>
      new Promise((resolve, reject) => {
        waiting.set(++last, { resolve, reject })
        socket.send(JSON.stringify({ id: last, method, params, ...(sessionId && { sessionId }) }))
      })
  }
  const browser = sendTo(undefined)
  const { targetId } = await browser('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await browser('Target.attachToTarget', { targetId, flatten: true })
  const send = sendTo(String(sessionId))
  let registrationId = ''
  listeners.set('ServiceWorker.workerRegistrationUpdated', ({ registrations = [] }) => {
    registrationId = registrations.at(-1)?.registrationId ?? registrationId
  })
  await send('Page.enable')
  await send('Runtime.enable')
  await send('Network.enable')
  await send('ServiceWorker.enable')
  const requested: string[] = []
  listeners.set('Network.requestWillBeSent', ({ request }) => void requested.push(request?.url ?? ''))
  const { answer, called } = answering(send)
  listeners.set('Runtime.bindingCalled', called)
  return {
    send,
    requested,
    async open(url) {
      const loaded = new Promise<void>((resolve) => listeners.set('Page.loadEventFired', () => resolve()))
      await send('Page.navigate', { url })
      await loaded
    },
    answer,
    run: runningIn(send),
    async worker(url) {
      const { targetInfos } = await browser('Target.getTargets')
      const found = (targetInfos as { type: string; url: string; targetId: string }[]).find(
        (target) => target.type === 'service_worker' && target.url === url,
      )
      if (!found) throw new Error(`no service worker of ${url} runs`)
      const attached = await browser('Target.attachToTarget', { targetId: found.targetId, flatten: true })
      return runningIn(sendTo(String(attached.sessionId)))
    },
    async deliver(origin, data) {
      await until('a service worker to be registered', () => registrationId !== '')
      await send('ServiceWorker.deliverPushMessage', { origin, registrationId, data })
    },
  }
}

/** Functions of the test that scripts of pages can call. */
function answering(send: Send): Pick<Page, 'answer'> & { called(params: NonNullable<Answer['params']>): void } {
  const answers = new Map<string, (input: never) => Promise<unknown>>()
  async function tell(name: string, payload: string): Promise<void> {
    const { id, input } = JSON.parse(payload) as { id: number; input: never }
    const answer = await answers.get(name)?.(input)
    await send('Runtime.evaluate', { expression: `answered${name}[${id}](${JSON.stringify(answer)})` })
  }
  return {
    async answer(name, fn) {
      answers.set(`ask${name}`, fn)
      await send('Runtime.addBinding', { name: `ask${name}` })
      const source = `const answeredask${name} = []
        const ${name} = (input) => new Promise((resolve) => {
          const id = answeredask${name}.push(resolve) - 1
          ask${name}(JSON.stringify({ id, input }))
        })`
      await send('Page.addScriptToEvaluateOnNewDocument', { source })
    },
    // A page that is gone, or waits for an answer in vain: its check says so, and this why.
    called: ({ name = '', payload = '{}' }) => void tell(name, payload).catch(console.error),
  }
}

const runningIn =
  (send: Send): Run =>
  async (fn, input) => {
    const expression = `(${fn})(${JSON.stringify(input)})`
    const answer = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    const { result, exceptionDetails } = answer as {
      result: { value: never }
      exceptionDetails?: { exception?: { description?: string } }
    }
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'the page failed')
    return result.value
  }

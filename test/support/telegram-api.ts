import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

// A stand-in of the Bot API, https://core.telegram.org/bots/api (as of November 2026): it refuses what Telegram refuses.

type Body = Record<string, unknown>
type Button = { text: string; callback_data: string }
export type Sent = { chat: number; id: number; text: string; buttons: Button[] }
type Update = { update_id: number } & Body
type Answer = { status: number; body: Body }

const TOKEN = /^\/bot(\d{3,}:[A-Za-z0-9_-]{30,})\/(\w+)$/
const bad = (description: string, status = 400): Answer => ({
  status,
  body: { ok: false, error_code: status, description },
})
const good = (result: unknown): Answer => ({ status: 200, body: { ok: true, result } })

/** What the stand-in holds. */
function newState() {
  const token = `${randomInt(1e6, 1e9)}:AAE${'x'.repeat(32)}`
  return {
    token,
    bot: { id: Number(token.split(':')[0]), is_bot: true, first_name: 'wallet', username: 'wallet_bot' },
    ...{
      sent: [] as Sent[],
      toasts: [] as string[],
      asked: [] as string[],
      updates: [] as Update[],
      replays: [] as Update[],
    },
    ...{ waiting: new Set<() => void>(), blocked: new Set<number>() },
    ...{ nextUpdate: 1_000, nextMessage: 1, polls: 0 },
    mode: 'up' as 'up' | 'down' | 'crowded',
  }
}
type State = ReturnType<typeof newState>

/** Something is there that somebody may wait for. */
const changed = ({ waiting }: State) => {
  for (const wake of waiting) wake()
}
const aWhile = ({ waiting }: State, ms: number) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      waiting.delete(done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    waiting.add(done)
  })

type Method = (at: State, body: Body) => Answer | Promise<Answer>
const methods: Record<string, Method> = {
  getMe: ({ bot }) =>
    good({ ...bot, can_join_groups: true, can_read_all_group_messages: false, supports_inline_queries: false }),
  async getUpdates(at, { offset = 0, timeout = 0, limit = 100, allowed_updates }) {
    if (!isInt(offset) || !isInt(timeout) || !isInt(limit) || limit < 1 || limit > 100)
      return bad('Bad Request: invalid parameters')
    if (allowed_updates !== undefined && !(Array.isArray(allowed_updates) && allowed_updates.every(isText)))
      return bad("Bad Request: can't parse allowed updates")
    if (at.polls > 0)
      return bad('Conflict: terminated by other getUpdates request; make sure that only one bot instance runs', 409)
    at.polls++
    try {
      const fresh = () => at.updates.filter(({ update_id }) => update_id >= offset)
      at.updates = fresh()
      if (at.updates.length === 0 && at.replays.length === 0) await aWhile(at, timeout * 1_000)
      return good([...at.replays.splice(0), ...fresh()].slice(0, limit))
    } finally {
      at.polls--
    }
  },
  sendMessage(at, { chat_id, text, reply_markup }) {
    if (!isInt(chat_id)) return bad('Bad Request: chat not found')
    if (at.blocked.has(chat_id)) return bad('Forbidden: bot was blocked by the user', 403)
    const fault = textFault(text) ?? markupFault(reply_markup)
    if (fault) return fault
    const message = { chat: chat_id, id: at.nextMessage++, text: String(text), buttons: buttonsOf(reply_markup) }
    at.sent.push(message)
    changed(at)
    return good({ message_id: message.id, date: now(), chat: { id: chat_id, type: 'private', first_name: 'x' }, text })
  },
  answerCallbackQuery(at, { callback_query_id, text = '' }) {
    if (!isText(callback_query_id)) return bad('Bad Request: query ID is invalid')
    if (String(text).length > 200) return bad('Bad Request: MESSAGE_TOO_LONG')
    at.toasts.push(String(text))
    changed(at)
    return good(true)
  },
  editMessageReplyMarkup(at, { chat_id, message_id, reply_markup }) {
    const found = at.sent.find((one) => one.chat === chat_id && one.id === message_id)
    if (!found) return bad('Bad Request: message to edit not found')
    const fault = markupFault(reply_markup)
    if (fault) return fault
    if (JSON.stringify(found.buttons) === JSON.stringify(buttonsOf(reply_markup)))
      return bad('Bad Request: message is not modified')
    found.buttons = buttonsOf(reply_markup)
    return good(true)
  },
}

async function answerOf(at: State, request: IncomingMessage): Promise<Answer> {
  const [, given, method] = TOKEN.exec(request.url ?? '') ?? []
  if (given === undefined || method === undefined) return bad('Not Found', 404)
  if (given !== at.token) return bad('Unauthorized', 401)
  at.asked.push(method)
  changed(at)
  if (at.mode === 'down') return bad('Bad Gateway', 502)
  if (at.mode === 'crowded' && method !== 'getUpdates') return crowded()
  const run = methods[method]
  if (!run || (request.method !== 'POST' && request.method !== 'GET')) return bad('Not Found: method not found', 404)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  if (text !== '' && !String(request.headers['content-type']).startsWith('application/json'))
    return bad('Bad Request: unsupported content type')
  return run(at, text === '' ? {} : (JSON.parse(text) as Body))
}

const crowded = (): Answer => ({
  status: 429,
  body: {
    ...{ ok: false, error_code: 429, description: 'Too Many Requests: retry after 1' },
    parameters: { retry_after: 1 },
  },
})

/** A local Bot API for one bot, with what people do there. */
export async function startTelegram() {
  const at = newState()
  const server = createServer((request, response) => {
    answerOf(at, request).then(
      ({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      () => response.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const push = (body: Body): Update => {
    const update = { update_id: at.nextUpdate++, ...body }
    at.updates.push(update)
    changed(at)
    return update
  }

  return {
    token: at.token,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: at.sent,
    toasts: at.toasts,
    /** The methods that were called. */
    asked: at.asked,
    blocked: at.blocked,
    set mode(to: State['mode']) {
      at.mode = to
      changed(at)
    },
    /** Somebody writes to the bot, in a private chat unless another is named. */
    says: (from: number, text: string, { chat = privately(from) }: Where = {}) =>
      push({
        message: {
          ...{ message_id: at.nextMessage++, date: now(), from: person(from), chat, text },
          ...(text.startsWith('/') && {
            entities: [{ type: 'bot_command', offset: 0, length: text.split(' ')[0]!.length }],
          }),
        },
      }),
    /** Somebody taps a button under a message; a client that was changed can send any data. */
    taps: (from: number, data: string, { chat = privately(from), message = 1 }: Where & { message?: number } = {}) =>
      push({
        callback_query: {
          ...{ id: String(at.nextUpdate), from: person(from), chat_instance: '1', data },
          message: { message_id: message, date: now(), chat, text: 'a card' },
        },
      }),
    /** What was told already comes once more, whatever was confirmed. */
    replay: (...again: Update[]) => {
      at.replays.push(...again)
      changed(at)
    },
    /** Waits until this is so. */
    async when<T>(isIt: () => T | undefined | false): Promise<T> {
      for (;;) {
        const found = isIt()
        if (found) return found
        await aWhile(at, 60_000)
      }
    },
    async stop() {
      changed(at)
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
export type Telegram = Awaited<ReturnType<typeof startTelegram>>

type Where = { chat?: Body }
const person = (id: number) => ({ id, is_bot: false, first_name: 'A person' })
const privately = (id: number) => ({ id, type: 'private', first_name: 'A person' })
const isText = (value: unknown): value is string => typeof value === 'string'
const now = () => Math.floor(Date.now() / 1_000)
const isInt = (value: unknown): value is number => Number.isSafeInteger(value)

function textFault(text: unknown): Answer | undefined {
  if (typeof text !== 'string' || text.trim() === '') return bad('Bad Request: message text is empty')
  return text.length > 4_096 ? bad('Bad Request: message is too long') : undefined
}

const rowsOf = (markup: unknown): Body[][] | undefined => {
  if (markup === undefined) return []
  const rows = (markup as Body).inline_keyboard
  return Array.isArray(rows) && rows.every(Array.isArray) ? (rows as Body[][]) : undefined
}
function markupFault(markup: unknown): Answer | undefined {
  const rows = rowsOf(markup)
  if (!rows) return bad('Bad Request: object expected as reply markup')
  for (const { text, callback_data, url } of rows.flat()) {
    if (typeof text !== 'string' || text === '') return bad('Bad Request: button text is empty')
    if (url !== undefined) continue
    const length = typeof callback_data === 'string' ? Buffer.byteLength(callback_data) : 0
    if (length < 1 || length > 64) return bad('Bad Request: BUTTON_DATA_INVALID')
  }
  return undefined
}
const buttonsOf = (markup: unknown): Button[] => (rowsOf(markup) ?? []).flat() as Button[]

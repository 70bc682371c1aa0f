import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

// Stand-ins of those who are told what happens. They refuse what the vendors refuse, by their documents of November 2026.

type Body = Record<string, unknown>
type Heard = { readonly by: string; readonly text: string; readonly id: string; readonly body: Body }
/** `lost`: it takes what comes, and the answer is lost on the way. */
export type Mode = 'up' | 'down' | 'crowded' | 'forever' | 'silent' | 'refusing' | 'moved' | 'lost'
type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
type Asked = { readonly path: string; readonly headers: IncomingMessage['headers']; readonly raw: string }

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= most
const only = (body: Body, ...fields: readonly string[]) => Object.keys(body).every((field) => fields.includes(field))
const parsed = (raw: string): Body | undefined => {
  try {
    const body: unknown = JSON.parse(raw)
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Body) : undefined
  } catch {
    return undefined
  }
}

const ways: Readonly<Record<string, (asked: Asked, body: Body, secret: () => string) => Answer & { heard?: string }>> =
  {
    // https://discord.com/developers/docs/resources/webhook#execute-webhook
    discord({ path }, body) {
      if (!/^\/discord\/api\/webhooks\/\d+\/[\w-]+$/.test(path)) return { status: 404, body: { code: 10015 } }
      const mentions = body.allowed_mentions as { parse?: unknown } | undefined
      if (!only(body, 'content', 'allowed_mentions', 'flags') || !isText(body.content, 2_000)) return { status: 400 }
      if (!Array.isArray(mentions?.parse) || mentions.parse.length > 0) return { status: 400 }
      return { status: 204, heard: body.content }
    },
    // https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    slack({ path }, body) {
      if (!/^\/slack\/services\/T\w+\/B\w+\/\w+$/.test(path)) return { status: 404, body: 'no_service' }
      if (!only(body, 'text', 'mrkdwn', 'unfurl_links', 'unfurl_media') || !isText(body.text, 40_000))
        return { status: 400, body: 'invalid_payload' }
      if (/[<>]|&(?!amp;|lt;|gt;)/.test(body.text)) return { status: 400, body: 'invalid_payload' }
      return { status: 200, body: 'ok', heard: body.text }
    },
    // https://docs.ntfy.sh/publish/#publish-as-json
    ntfy({ headers }, body) {
      if (headers.authorization !== 'Bearer tk_stand_in') return { status: 401, body: { code: 40101 } }
      if (!only(body, 'topic', 'title', 'message', 'priority')) return { status: 400 }
      if (!isText(body.topic, 64) || !/^[-_A-Za-z0-9]+$/.test(body.topic)) return { status: 400 }
      if (!isText(body.title, 250) || !isText(body.message, 4_096)) return { status: 400 }
      if (Buffer.byteLength(body.message) > 4_096) return { status: 413 }
      if (![1, 2, 3, 4, 5].includes(body.priority as number)) return { status: 400 }
      return { status: 200, body: { id: 'x' }, heard: `${body.title}\n${body.message}` }
    },
    // https://core.telegram.org/bots/api#sendmessage
    telegram({ path }, body) {
      if (!/^\/telegram\/bot\d+:[\w-]{30,}\/sendMessage$/.test(path))
        return { status: 404, body: { ok: false, error_code: 404, description: 'Not Found' } }
      const refused = { status: 400, body: { ok: false, error_code: 400, description: 'Bad Request' } }
      if (!only(body, 'chat_id', 'text', 'link_preview_options', 'disable_notification')) return refused
      if (!Number.isInteger(body.chat_id) || !isText(body.text, 4_096)) return refused
      return { status: 200, body: { ok: true, result: { message_id: 1 } }, heard: body.text }
    },
    // https://www.standardwebhooks.com, by its own library, and the header of our wire contract.
    hook({ headers, raw }, body, secret) {
      const hex = secret()
      const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures } = headers
      // Its own check goes by the clock of the machine, and tests move theirs.
      const signed = new Webhook(Buffer.from(hex, 'hex').toString('base64')).sign(
        String(id),
        new Date(Number(at) * 1_000),
        raw,
      )
      if (!String(signatures).split(' ').includes(signed)) return { status: 401 }
      const own = `sha256=${createHmac('sha256', hex).update(raw).digest('hex')}`
      if (headers['x-waiaas-signature'] !== own) return { status: 401 }
      if (headers['x-waiaas-delivery'] !== headers['webhook-id'] || body.id !== headers['webhook-id'])
        return { status: 400 }
      if (headers['x-waiaas-event'] !== body.event || !only(body, 'id', 'event', 'timestamp', 'data'))
        return { status: 400 }
      return { status: 200, heard: String(body.event) }
    },
  }
const WAYS = Object.keys(ways)

export type Receivers = Awaited<ReturnType<typeof startReceivers>>

/** One server that is each of them, by the beginning of the path; ntfy, which takes JSON at its root, is the rest. */
export async function startReceivers() {
  const heard: Heard[] = []
  const modes = new Map<string, Mode>()
  const silent = new Set<ServerResponse>()
  let secret = ''
  let asked = 0

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const raw = Buffer.concat(pieces).toString('utf8')
    const path = request.url ?? '/'
    const by = WAYS.find((way) => path.startsWith(`/${way}`)) ?? 'ntfy'
    asked += 1
    const mode = modes.get(by) ?? 'up'
    if (mode === 'silent') return void silent.add(response)
    if (mode === 'down') return response.writeHead(503).end()
    if (mode === 'refusing') return response.writeHead(422).end()
    if (mode === 'moved') return response.writeHead(307, { location: '/hook/elsewhere' }).end()
    if (mode === 'forever') return response.writeHead(429).end('{"retry_after":1e300}')
    if (mode === 'crowded') return response.writeHead(429, { 'retry-after': '7' }).end()
    const body = parsed(raw)
    const isJson = request.method === 'POST' && request.headers['content-type'] === 'application/json'
    const answer = body && isJson ? answerOf({ path, headers: request.headers, raw }, body) : { status: 415 }
    if (mode === 'lost') return request.socket.destroy()
    response.writeHead(answer.status, answer.headers)
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body))

    function answerOf(the: Asked, of: Body): Answer {
      try {
        const { heard: text, ...rest } = ways[by]!(the, of, () => secret)
        if (text !== undefined) heard.push({ by, text, id: String(of.id ?? ''), body: of })
        return rest
      } catch {
        return { status: 401 }
      }
    }
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    /** What `webhooks.allowed_hosts` needs. */
    host: `127.0.0.1:${port}`,
    hook: `${url}/hook/one`,
    /** The settings that set up each channel for people. */
    settings: {
      'telegram.api_root': `${url}/telegram`,
      'notifications.telegram_bot_token': '123456:canary-telegram-token-of-the-stand-in',
      'notifications.telegram_chat_id': '-100123',
      'notifications.discord_webhook_url': `${url}/discord/api/webhooks/1234/canary-discord`,
      'notifications.slack_webhook_url': `${url}/slack/services/T0/B0/canaryslack`,
      'notifications.ntfy_url': `${url}/canary-ntfy-topic`,
      'notifications.ntfy_token': 'tk_stand_in',
    },
    heard,
    by: (way: string) => heard.filter(({ by }) => by === way),
    asked: () => asked,
    mode: (way: string, mode: Mode) => void modes.set(way, mode),
    /** What signatures must be of from now on. */
    expect: (hex: string) => {
      secret = hex
    },
    async stop() {
      for (const response of silent) response.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

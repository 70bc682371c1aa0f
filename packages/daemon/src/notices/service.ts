import type { Audit } from '../audit/service.ts'
import type { Loop } from '../platform/jobs.ts'
import type { LogForm } from '../platform/log.ts'
import { browsers } from './browsers.ts'
import { logHappened } from './human-log.ts'
import { noticeDesk } from './operating.ts'
import { poster, type Resolve } from './outgoing.ts'
import { pushPage } from './push-page.ts'
import { type RenderParts, renderer } from './rendering.ts'
import { type RoutingParts, routing } from './routing.ts'
import { type SendParts, sender } from './sending.ts'
import { type SpreadParts, spreader } from './spreading.ts'
import { peopleTargets } from './targets.ts'
import type { Target } from './types.ts'
import { type WebhookParts, webhooks } from './webhooks.ts'

export { type WatchParts, watcher } from './watching.ts'

export type NoticeParts = Omit<WebhookParts, 'post'> &
  RenderParts &
  RoutingParts &
  Omit<SendParts, 'notice'> &
  Omit<SpreadParts, 'targets' | 'happened'> & {
    readonly audit: Pick<Audit, 'record'>
    /** Whom the lines of the log are for. */
    readonly form: LogForm
    /** In place of the system's. */
    readonly resolve?: Resolve
  }
export type Notices = ReturnType<typeof noticeService>

/** Whom is told what happens: kept with how far the evidence was read, and told one after the other on each channel. */
export function noticeService(parts: NoticeParts) {
  const { log, settings } = parts
  const post = poster({
    allowedHosts: () => settings()['webhooks.allowed_hosts'],
    ...(parts.resolve && { resolve: parts.resolve }),
  })
  const hooks = webhooks({ ...parts, post })
  const screens = browsers({ ...parts, post })
  const people = () => (settings()['notifications.enabled'] ? peopleTargets(settings(), post) : [])
  const targets = async () => [...people(), ...(await screens.targets()), ...(await hooks.targets())]
  const senders = sendersFor({ ...parts, notice: renderer(parts) })
  let spreading: Loop | undefined
  /** Browsers and the others; undefined until it was looked. */
  let reached: number | undefined
  const isNobodyTold = () => reached === 0

  return {
    webhooks: hooks,
    browsers: screens,
    routes: routing(parts),
    pages: pushPage(screens.publicKey),
    ...noticeDesk({ ...parts, targets, wake: senders.wake }),
    start(): void {
      spreading = spreader({
        ...parts,
        async targets() {
          const all = await targets()
          const before = reached
          reached = all.filter(({ isForPeople }) => isForPeople).length
          if (before === undefined && isNobodyTold()) log.warn(NOBODY)
          await senders.follow(all)
          return all
        },
        async happened(events) {
          if (events.length > 0) senders.wake()
          await logHappened(parts, events)
        },
      })
    },
    async stop(): Promise<void> {
      await spreading?.stop()
      await senders.follow([])
    },
    /** What the operator should know; undefined where somebody is told. */
    warning: (): string | undefined => (isNobodyTold() ? NOBODY : undefined),
  }
}

const NOBODY =
  'nobody is told what happens here: set up a channel, such as notifications.ntfy_url or notifications.telegram_chat_id; waiaas notice test tries it'

/** One loop for each channel that there is. */
function sendersFor(parts: SendParts) {
  const all = new Map<string, { readonly loop: Loop; target: Target }>()
  return {
    wake() {
      for (const { loop } of all.values()) loop.wake()
    },
    /** From now on it is these, as they are set up now. */
    async follow(targets: readonly Target[]): Promise<void> {
      for (const target of targets) {
        const { name } = target.channel
        const known = all.get(name)
        if (known) known.target = target
        else all.set(name, { target, loop: sender(parts, () => all.get(name)?.target, name) })
      }
      const gone = [...all].filter(([name]) => !targets.some(({ channel }) => channel.name === name))
      for (const [name] of gone) all.delete(name)
      await Promise.all(gone.map(([, { loop }]) => loop.stop()))
    },
  }
}

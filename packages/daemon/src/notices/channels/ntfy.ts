import type { Severity } from '@waiaas/contract'
import type { Post } from '../outgoing.ts'
import type { NoticeChannel } from '../types.ts'
import { jsonOf, posted } from './answers.ts'

const PRIORITIES: Readonly<Record<Severity, number>> = { info: 3, warning: 4, critical: 5 }

/** A topic of ntfy: https://docs.ntfy.sh/publish/#publish-as-json. */
export const ntfyChannel = (post: Post, { url, token }: { url: string; token: string }): NoticeChannel => ({
  name: 'ntfy',
  tell({ title, lines, severity }, signal) {
    const address = new URL(url)
    const at = address.pathname.replace(/\/$/, '').lastIndexOf('/')
    const topic = decodeURIComponent(address.pathname.slice(at + 1).replace(/\/$/, ''))
    const root = `${address.origin}${address.pathname.slice(0, at + 1)}`
    const body = { topic, title, message: lines.join('\n'), priority: PRIORITIES[severity] }
    return posted(post, jsonOf(root, body, token === '' ? {} : { authorization: `Bearer ${token}` }), { signal })
  },
})

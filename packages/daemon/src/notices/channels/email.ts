import { type Post, RefusedAddress, within } from '../outgoing.ts'
import type { NoticeChannel, Told } from '../types.ts'

type Mail = { readonly server: string; readonly from: string; readonly to: string }

/** Of each step: all of them stay within what a sender has. */
const TIMEOUT_MS = 4_000
const SMTPS_PORT = 465
const SMTP_PORT = 587
/** It has more in it than the server takes: RFC 5321, 4.2.3. */
const TOO_MUCH = 552

/** E-mail by a server of SMTP, over TLS unless the settings allow its host. */
export const emailChannel = (post: Post, mail: Mail): NoticeChannel => ({
  name: 'email',
  async tell({ id, title, lines, severity }, signal) {
    try {
      signal.throwIfAborted()
      const transport = await transportTo(post, new URL(mail.server))
      const sending = transport.sendMail({
        ...{ from: mail.from, to: mail.to, subject: title, text: lines.join('\n') },
        messageId: `<${id}@waiaas>`,
        priority: severity === 'critical' ? 'high' : 'normal',
        // What is told is text alone: nothing is read from a file or fetched for it.
        ...{ disableFileAccess: true, disableUrlAccess: true },
      })
      await within(signal, sending)
      return { is: 'sent' }
    } catch (error) {
      return toldBy(error)
    }
  },
})

async function transportTo(post: Post, { protocol, hostname, port, username, password }: URL) {
  const secure = protocol === 'smtps:'
  const at = Number(port) || (secure ? SMTPS_PORT : SMTP_PORT)
  const { address, isAllowed } = await post.reach(hostname, at)
  // Loaded where e-mail is set up: most daemons have none.
  const { createTransport } = await import('nodemailer')
  return createTransport({
    // The address that was looked at; the certificate is that of the name.
    ...{ host: address, port: at, secure, tls: { servername: hostname }, requireTLS: !secure && !isAllowed },
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    ...{
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      dnsTimeout: TIMEOUT_MS,
    },
  })
}

/** What the server said may hold the address that it is for: the number is enough. */
function toldBy(error: unknown): Told {
  if (error instanceof RefusedAddress) return { is: 'later', why: error.message }
  const { responseCode, code } = error as { responseCode?: unknown; code?: unknown }
  if (typeof responseCode === 'number')
    return { is: responseCode === TOO_MUCH ? 'refused' : 'later', why: `the mail server answered ${responseCode}` }
  return { is: 'later', why: `cannot be reached${typeof code === 'string' ? ` (${code})` : ''}` }
}

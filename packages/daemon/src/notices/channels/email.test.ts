import { afterEach, beforeEach, expect, test } from 'vitest'
import { startSmtp } from '../../../../../test/support/smtp-server.ts'
import { poster } from '../outgoing.ts'
import type { Notice } from '../types.ts'
import { emailChannel } from './email.ts'

let server: Awaited<ReturnType<typeof startSmtp>>
beforeEach(async () => {
  server = await startSmtp()
})
afterEach(() => server.stop())

const NOTICE: Notice = {
  ...{ id: 'an-id', event: 'TX_QUEUED', severity: 'critical', at: 0, data: {} },
  title: '긴급: 킬 스위치\r\nBcc: everybody@example.com',
  lines: ['.', 'Wallet: treasury', 'x'.repeat(900)],
}
const channel = (url: string, allowed: readonly string[] = [server.host]) =>
  emailChannel(poster({ allowedHosts: () => allowed }), {
    server: url,
    from: 'wallet@example.com',
    to: 'me@example.com',
  })
const tell = (to: ReturnType<typeof channel>) => to.tell(NOTICE, AbortSignal.timeout(5_000))

test('e-mail arrives with what it says, and no header of somebody else', async () => {
  expect(await tell(channel(server.url))).toEqual({ is: 'sent' })
  const [mail] = server.mails
  expect(mail).toMatchObject({ from: 'wallet@example.com', to: 'me@example.com' })
  expect(mail?.headers).toContain('Message-ID: <an-id@waiaas>')
  expect(mail?.headers).not.toMatch(/^Bcc:/m)
  expect(mail?.headers).toMatch(/^Subject: =\?UTF-8\?/m)
  expect(mail?.text).toContain('Wallet: treasury')
})

test('what a mail server says against it is tried again, and told without its address or password', async () => {
  server.mode('full')
  expect(await tell(channel(server.url))).toEqual({ is: 'later', why: 'the mail server answered 452' })
  server.mode('down')
  expect(await tell(channel(server.url))).toMatchObject({ is: 'later' })
  server.mode('up')
  const wrong = await tell(channel(server.url.replace('canary', 'wrong')))
  expect(wrong).toEqual({ is: 'later', why: 'the mail server answered 535' })
  const refused = await tell(channel(server.url, []))
  expect(refused).toMatchObject({ is: 'later', why: expect.stringContaining('webhooks.allowed_hosts') })
  expect(JSON.stringify(refused)).not.toContain('password')
  expect(server.mails).toEqual([])
})

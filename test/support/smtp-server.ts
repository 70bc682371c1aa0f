import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

// A stand-in of a mail server, which takes what RFC 5321 lets it take, in the order that it says.

type Mail = { readonly from: string; readonly to: string; readonly headers: string; readonly text: string }
type Mode = 'up' | 'down' | 'full'

const PATH = /^(MAIL FROM|RCPT TO):<([^<>\s]+@[^<>\s]+)>(?: [A-Z0-9=]+)*$/
/** A user and a password, as AUTH PLAIN has them. */
const LOGIN = Buffer.from('\0wallet\0canary-mail-password').toString('base64')
/** The longest line, RFC 5322, 2.1.1. */
const MOST = 998

export async function startSmtp() {
  const mails: Mail[] = []
  const sockets = new Set<Socket>()
  let mode: Mode = 'up'

  async function serve(socket: Socket): Promise<void> {
    const lines = createInterface(socket)
    const say = (text: string) => void socket.write(`${text}\r\n`)
    let isKnown = false
    let from: string | undefined
    let to: string | undefined
    let data: string[] | undefined
    say(mode === 'down' ? '421 not now' : '220 stand-in ESMTP')
    if (mode === 'down') return void socket.end()
    for await (const line of lines) {
      if (line.length > MOST) say('500 line too long')
      else if (data) {
        if (line !== '.') data.push(line.replace(/^\./, ''))
        else {
          const at = data.indexOf('')
          mails.push({
            ...{ from: from!, to: to!, headers: data.slice(0, at).join('\n') },
            text: Buffer.from(data.slice(at + 1).join('\n'), 'utf8').toString('utf8'),
          })
          data = undefined
          say('250 taken')
        }
      } else if (/^EHLO \S+$/.test(line)) say('250-stand-in\r\n250-8BITMIME\r\n250 AUTH PLAIN')
      else if (line.startsWith('AUTH PLAIN ')) {
        isKnown = line.slice('AUTH PLAIN '.length) === LOGIN
        say(isKnown ? '235 welcome' : '535 not you')
      } else if (line === 'QUIT') {
        say('221 bye')
        socket.end()
      } else if (!isKnown) say('530 who are you')
      else if (PATH.test(line) && line.startsWith('MAIL') && from === undefined) {
        from = PATH.exec(line)![2]
        say('250 fine')
      } else if (PATH.test(line) && line.startsWith('RCPT') && from !== undefined) {
        to = PATH.exec(line)![2]
        say(mode === 'full' ? '452 full' : '250 fine')
      } else if (line === 'DATA' && to !== undefined) {
        data = []
        say('354 go on')
      } else if (line === 'RSET') {
        from = undefined
        to = undefined
        say('250 fine')
      } else say('503 not now')
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    serve(socket).catch(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `smtp://wallet:canary-mail-password@127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    mails,
    mode(next: Mode) {
      mode = next
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

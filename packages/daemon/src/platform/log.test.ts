import { spawn } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { logLine, seldom } from './log.ts'

test('what stays so is said again after an hour, and other things at once', () => {
  const said: string[] = []
  let now = 0
  const say = seldom(
    (message) => said.push(message),
    () => now,
  )
  for (now = 0; now <= 3_600_000; now += 1_000) say('a')
  say('b')
  say('b')
  expect(said).toEqual(['a', 'a', 'b'])
})

test('at a terminal a line says when, how bad and what, and what others wrote moves no cursor', () => {
  const line = {
    level: 40,
    time: '2026-11-30T17:30:05.123Z',
    event: 'POLICY_DENIED',
    to: 'a\u001b[2J\nb',
    loosens: true,
  }
  expect(logLine(JSON.stringify({ ...line, msg: 'The policies refused a request.' }))).toBe(
    '17:30:05 WARN The policies refused a request. event=POLICY_DENIED to=a[2J b loosens=true',
  )
  const told = { ...line, line: 'Warning: refused.\nWallet: shop\u001b[2J', severity: 'warning' }
  expect(logLine(JSON.stringify(told))).toBe('17:30:05 Warning: refused. Wallet: shop[2J')
  const tones: string[] = []
  const paint = (text: string, tone: string) => `${tones.push(tone)}:${text}`
  expect(logLine(JSON.stringify({ ...told, level: 30 }), paint)).toMatch(/^1:17:30:05 2:Warning/)
  expect(tones).toEqual(['dim', 'yellow'])
  expect(logLine(JSON.stringify({ level: 30, time: '', msg: 'x', err: { stack: 'Error: y\n    at z' } }))).toBe(
    ' x\nError: y\n    at z',
  )
})

const SAYS_MUCH = `
  import { jsonLog } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)}
  const log = jsonLog('info')
  for (let at = 0; at < 20_000; at++) log.info({ at }, 'a line that nobody reads yet, and that is as long as most')
  process.on('message', () => log.info('again'))
  process.send('said')`

test('nothing waits for whoever reads the lines too slowly, and what they take later is whole', async () => {
  const flags = ['--no-warnings', '--experimental-strip-types', '--input-type=module', '--eval', SAYS_MUCH]
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const { stdout } = child
  if (!stdout) throw new Error('expected a pipe')
  // More is said than all pipes hold, and nobody has read any of it.
  await new Promise((resolve) => child.once('message', resolve))
  let text = ''
  await new Promise<void>((resolve) => {
    stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('"again"')) resolve()
      else child.send('more')
    })
  })
  const lines = text.slice(0, text.lastIndexOf('\n')).split('\n')
  const said = lines
    .map((line) => JSON.parse(line) as { at?: number })
    .flatMap(({ at }) => (at === undefined ? [] : [at]))
  expect(said.length).toBeGreaterThan(5_000)
  expect(said.length).toBeLessThan(20_000)
  // What is lost is the end, not something in between.
  expect(said).toEqual(Array.from(said, (_, at) => at))
})

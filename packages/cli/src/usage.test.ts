import { afterEach, describe, expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { captured } from '../test/captured.ts'
import { cleanUp, temporaryFolder, waiaas, waiaasAtTerminal } from '../test/run.ts'
import { groups } from './overview.ts'
import { allCommands } from './program.ts'
import { plainText, table } from './table.ts'

afterEach(cleanUp)
const nowhere = 'http://127.0.0.1:1'

describe('the command line', () => {
  test.each([[[]], [['--help']], [['help']]])('%j lists what there is in groups, on one screen', async (argv) => {
    const { code, out, err } = await captured(argv)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^Start here\n {2}up {2,}Start everything, from nothing to an agent that pays\.$/m)
    expect(out).toMatch(/^ {2}kill-switch {2,}status, activate, escalate, recover, unlock$/m)
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  test('the program that a shell finds is this one', async () => {
    expect(await waiaas([])).toEqual(await captured([]))
  })

  test('a noun alone lists its verbs, and so does a part of it', async () => {
    const { code, out } = await captured(['wallet'])
    expect(code).toBe(0)
    for (const verb of ['create', 'export', 'owner set'])
      expect(out).toMatch(new RegExp(`^  wallet ${verb} {2,}\\S`, 'm'))
    expect((await captured(['wallet', 'owner'])).out).not.toContain('wallet create')
    expect((await captured(['wallet', '--help'])).out).toBe(out)
  })

  test('each noun is in one group', () => {
    const listed = Object.values(groups).flat()
    const nouns = new Set(allCommands().map(({ name }) => name.split(' ')[0]!))
    expect(listed.toSorted()).toEqual([...nouns].toSorted())
  })

  test('--version says the version, and help of a command is its --help', async () => {
    expect(await captured(['--version'])).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' })
    expect(await captured(['help', 'tx', 'send'])).toEqual(await captured(['tx', 'send', '--help']))
  })

  test('what is missing is said with the help of the command, as wide as a terminal', async () => {
    const { code, err } = await captured(['token', 'list'])
    expect([code, err.split('\n')[0]]).toEqual([2, 'waiaas: missing --network'])
    expect(err.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(err).toContain('--password-file')
  })

  test('help offers no field that only a program fills in', async () => {
    for (const [words, flag, unseen] of [
      [['tx', 'approve'], '--max-fee', '--payment'],
      [['wallet', 'ceiling'], '--from-policies', '--exact'],
    ] as const) {
      const { out } = await captured([...words, '--help'])
      expect(out).toContain(`  ${flag} `)
      expect(out).not.toContain(unseen)
    }
    expect((await captured(['tx', 'approve', 'x', '--payment', '{}'])).err).toContain('unknown flag --payment')
  })

  test.each([
    ['a command that does not exist', ['frob'], 'unknown command "frob"'],
    ['a verb that a group does not have', ['wallet', 'frobnicate'], 'unknown command "wallet frobnicate"'],
    ['an unknown flag alone', ['--frob'], 'unknown flag --frob'],
    ['an unknown flag of a command', ['quickset', '--frob'], "unknown option '--frob'"],
    ['an unknown flag of a derived command', ['wallet', 'list', '--frob'], 'unknown flag --frob'],
    ['a missing flag', ['wallet', 'create'], 'missing --name'],
    ['a flag that is no number', ['stop', '--timeout', 'soon'], 'expected --timeout as a whole number, got "soon"'],
    ['a mode that does not exist', ['quickset', '--mode', 'moon'], 'expected --mode as one of mainnet, testnet, local'],
    ['a password as a flag', ['wallet', 'list', '--password', 'secret words'], 'unknown flag --password'],
  ])('%s is refused with 2 and the usage', async (_name, argv, message) => {
    const { code, out, err } = await captured(argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(`waiaas: ${message}`)
    expect(err).not.toContain('secret words')
  })

  test.each([
    ['a command', ['walet', 'list'], 'unknown command "walet list" (did you mean wallet list?)'],
    ['the verb of a group', ['wallet', 'lst'], 'unknown command "wallet lst" (did you mean wallet list?)'],
    ['a command of one word', ['strat'], 'unknown command "strat" (did you mean start?)'],
    ['a noun', ['walet'], 'unknown command "walet" (did you mean wallet?)'],
    ['a flag alone', ['--versoin'], 'unknown flag --versoin (did you mean --version?)'],
    ['a flag of a derived command', ['wallet', 'list', '--limt', '3'], 'unknown flag --limt (did you mean --limit?)'],
    ['a flag of a command', ['stop', '--timout', '3'], "unknown option '--timout' (did you mean --timeout?)"],
  ])('%s that is mistyped is answered with one line and the nearest name', async (_name, argv, message) => {
    expect(await captured(argv)).toEqual({ code: 2, out: '', err: `waiaas: ${message}\n` })
  })

  test('a daemon that does not answer ends with 1 and says what to do', async () => {
    const { code, err } = await captured(['health', '--base-url', nowhere])
    expect(code).toBe(1)
    expect(err).toContain('start it with "waiaas start"')
  })

  test('a recovery of a locked daemon that does not run is refused, and says why and what to do', async () => {
    const { code, err } = await captured(['recover', '--base-url', nowhere])
    expect(code).toBe(1)
    expect(err).toContain('a recovery takes a daemon that runs, locked as it is')
    expect(err).toContain('start it with "waiaas start"')
  })

  test.each([
    ['a wrong flag', ['wallet', 'list', '--limt', '3'], 2, { code: 'VALIDATION_ERROR' }],
    ['a wrong flag of a command', ['quickset', '--frob'], 2, { code: 'VALIDATION_ERROR' }],
    ['a command that does not exist', ['frob'], 2, { code: 'VALIDATION_ERROR' }],
    ['no daemon', ['health', '--base-url', nowhere], 1, { code: 'NETWORK_ERROR', retryable: true }],
    [
      'no daemon, before a password is asked for',
      ['wallet', 'list', '--base-url', nowhere, '--data-dir', '/nonexistent'],
      1,
      { code: 'NETWORK_ERROR', retryable: true },
    ],
    [
      'no password',
      ['wallet', 'list', '--plain-password', '--base-url', nowhere, '--data-dir', '/nonexistent'],
      1,
      { code: 'COMMAND_FAILED', hint: 'set WAIAAS_MASTER_PASSWORD_FILE, or give --password-file' },
    ],
    [
      'nobody to ask',
      ['wallet', 'purge', 'shop', '--base-url', nowhere],
      1,
      { code: 'COMMAND_FAILED', hint: 'give --yes' },
    ],
  ])('with --json, %s is told in the shape of the API’s errors', async (_name, argv, code, body) => {
    const ended = await captured([...argv, '--json'])
    expect({ code: ended.code, out: ended.out }).toEqual({ code, out: '' })
    expect(JSON.parse(ended.err)).toMatchObject({ retryable: false, message: expect.any(String), ...body })
  })

  test('what cannot be taken back is not done without a terminal to ask at, unless a yes is given', async () => {
    for (const argv of [
      ['wallet', 'terminate', 'shop'],
      ['wallet', 'purge', 'shop'],
      ['policy', 'delete', '01990000-0000-7000-8000-000000000000'],
      ['contact', 'change', 'bob', '0x00000000219ab540356cBB839Cbe05303d7705Fa'],
      ['contact', 'remove', 'bob'],
      ['token', 'remove', '--network', 'ethereum-sepolia', '--address', 'USDC'],
    ]) {
      const { code, err } = await captured([...argv, '--base-url', nowhere])
      expect({ code, err }, argv.join(' ')).toEqual({
        code: 1,
        err: `waiaas: ${argv.slice(0, 2).join(' ')} asks before it goes on, and there is no terminal to ask at\n  give --yes\n`,
      })
    }
  })

  test('status is 3 and stop is 0 where no daemon runs', async () => {
    const dataDir = temporaryFolder()
    expect((await captured(['status', '--data-dir', dataDir])).code).toBe(3)
    const json = await captured(['status', '--json', '--data-dir', dataDir, '--base-url', nowhere])
    expect(JSON.parse(json.out)).toEqual({ running: false, baseUrl: nowhere })
    expect(await captured(['stop', '--data-dir', dataDir])).toMatchObject({ code: 0, err: '' })
  })

  test('a new password at the terminal must be long enough, and is not shown', async () => {
    const terminal = waiaasAtTerminal(['start', '--data-dir', temporaryFolder()])
    await terminal.saw(/New master password: /)
    terminal.type('short\r')
    const { code, out } = await terminal.ended
    expect(code).toBe(1)
    expect(out).toContain('expected a password of at least 8 characters, got 5')
    expect(out).not.toContain('short')
  })

  test('every command has a help of its own, with an example of itself', async () => {
    expect(allCommands().length).toBeGreaterThan(150)
    for (const { name } of allCommands()) {
      const { code, out } = await captured([...name.split(' '), '--help'])
      expect(code, name).toBe(0)
      const [, example = ''] = /\nexample: waiaas (.*)\n$/.exec(out) ?? []
      expect(`${example} `).toContain(`${name} `)
      const tooLong = out.split('\n').filter((line) => line.length > 80 && !line.startsWith('example: '))
      expect(tooLong, name).toEqual([])
      for (const [flag] of example.matchAll(/--[a-z-]+/g)) expect(out.split('\nexample:')[0], example).toContain(flag)
    }
  })
})

describe('plain text answers', () => {
  test('a page is a table without empty and nested columns', () => {
    const data = [
      { id: 'a', name: 'one', note: null, rules: { x: 1 }, createdAt: 0 },
      { id: 'bb', name: 'two', note: null, rules: {}, createdAt: 1_700_000_000 },
    ]
    expect(plainText({ data, nextCursor: 'next', hasMore: true })).toBe(
      'id  name  createdAt\na   one   never\nbb  two   2023-11-14T22:13:20Z\nmore with --cursor next',
    )
    expect(plainText({ data, nextCursor: null }, ['name', 'rules'])).toBe('name  rules\none   {"x":1}\ntwo   {}')
    expect(table([])).toBe('none')
  })

  test('text from elsewhere cannot steer the terminal', () => {
    const error = 'reverted: \u001b]0;owned\u0007\u001b[2J\nstatus  CONFIRMED\u202e\u009b1m'
    const shown = plainText({ id: 'a', error, nested: { memo: '\u009b2J\u202e', '\u001b[2J\nx': 1 } })
    expect(shown).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
    expect(shown.split('\n')).toHaveLength(5)
    expect(shown).toContain('\\u001b]0;owned\\u0007\\u001b[2J\\u000astatus  CONFIRMED\\u202e')
    expect(table([{ memo: 'x\u001b[2Jy' }])).toBe('memo\nx\\u001b[2Jy')
  })

  test('an object is a line per field, and an object of objects has dotted names', () => {
    expect(plainText({ id: 'a', owner: null, rules: { x: 1 } })).toBe('id  a\nrules\n  x  1')
    expect(plainText({ daemon: { port: '0' }, rpc: { x: '' } })).toBe('daemon.port  0\nrpc.x')
  })
})

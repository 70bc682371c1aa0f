import { describe, expect, test } from 'vitest'
import { defaultDataDir, readPath, readVariable } from './paths.ts'

const home = () => '/home/op'
const read = (given: string, find = home) => readPath('WAIAAS_DATA_DIR', given, find)

test.each([
  ['/srv/wallets', '/srv/wallets'],
  ['wallets', 'wallets'],
  ['./~/wallets', './~/wallets'],
  ['~', '/home/op'],
  ['~/wallets', '/home/op/wallets'],
  [' ~/wallets\r\n', '/home/op/wallets'],
  ['/srv/wallets\r', '/srv/wallets'],
  ['\ufeff/srv/wallets', '/srv/wallets'],
  ['/srv/my wallets', '/srv/my wallets'],
  ["/srv/bob's", "/srv/bob's"],
  ['/srv/a$b/50%', '/srv/a$b/50%'],
  ['/srv/кошельки', '/srv/кошельки'],
  ['', undefined],
  [' \r\n', undefined],
])('%j is read as %j', (given, path) => {
  expect(read(given)).toBe(path)
})

test.each([
  ['"/srv/wallets"', /without quotes .* got ""\/srv\/wallets""$/],
  ["'~/wallets'", /without quotes/],
  ['"/srv/wallets', /without quotes/],
  ['“/srv/wallets”', /without quotes/],
  ['`/srv/wallets`', /without quotes/],
  ['"/srv/wallets"\r', /without quotes/],
  ['/srv/a\rb', /control or invisible .* got "\/srv\/a\\u000db"$/],
  ['/srv/a\u0000', /control or invisible/],
  ['/srv/a\u200bb', /\\u200b/],
  ['/srv/\u202eb', /control or invisible/],
  ['/srv/\ufffdb', /control or invisible/],
  ['~root/wallets', /~\/ for the own home directory/],
  ['~+', /~\/ for the own home directory/],
  ['$HOME/.waiaas', /without variables/],
  ['/srv/$' + '{USER}', /without variables/],
  ['/srv/$(id -u)', /without variables/],
  ['%USERPROFILE%\\.waiaas', /without variables/],
  ['file:///srv/wallets', /not a URL/],
  ['C:\\Users\\op', /not one of Windows/],
  ['\\\\server\\share', /not one of Windows/],
])('%j is refused by name', (given, why) => {
  expect(() => read(given)).toThrow(why)
  expect(() => read(given)).toThrow(/^WAIAAS_DATA_DIR: expected /)
})

describe('the home directory', () => {
  const nobody = () => {
    throw new Error('no entry')
  }
  test.each([() => '', () => 'home', () => '~', () => '/home/op\r', nobody])('must be an absolute path', (find) => {
    expect(() => read('~/wallets', find)).toThrow(/expected HOME to be the absolute path/)
    expect(() => defaultDataDir(find)).toThrow(/expected HOME to be the absolute path/)
    expect(read('/srv/wallets', find)).toBe('/srv/wallets')
  })

  test('may end in a slash, be the root, or be one of Windows', () => {
    expect(read('~/wallets', () => '/home/op/')).toBe('/home/op/wallets')
    expect([read('~', () => '/'), defaultDataDir(() => '/')]).toEqual(['/', '/.waiaas'])
    expect(read('~\\wallets', () => 'C:\\Users\\op')).toBe('C:\\Users\\op\\wallets')
    expect(read('D:\\wallets', () => 'C:\\Users\\op')).toBe('D:\\wallets')
  })
})

test('a variable loses the white space around it, and quotes are refused without a word of what is in them', () => {
  expect(readVariable('WAIAAS_DAEMON_PORT', ' 3100\r')).toBe('3100')
  expect(readVariable('WAIAAS_DAEMON_PORT', '"')).toBe('"')
  for (const given of ['"secret"', "'secret'", '"secret"\r'])
    expect(() => readVariable('WAIAAS_DAEMON_PORT', given)).toThrow(
      /^WAIAAS_DAEMON_PORT: expected the value alone, (?!.*secret)/,
    )
})

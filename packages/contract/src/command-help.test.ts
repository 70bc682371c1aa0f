import { expect, test } from 'vitest'
import { commandUsage, usage } from './command-help.ts'
import { commands, parseArguments } from './commands.ts'
import { operations } from './operations.ts'
import { symbolAmount } from './symbol-amount.ts'

const all = commands(operations)
type Name = keyof typeof operations

/** The words of a line, as a shell takes them. */
const words = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare!)

test.each(all.map((command) => [command.example, command] as const))('waiaas %s is a call', (example, command) => {
  const op = operations[command.operation as Name]
  const { input } = parseArguments(command, words(example).slice(command.name.split(' ').length))
  const { amount, ...rest } = input
  const said = symbolAmount(String(amount))
  const request = said ? { ...rest, type: 'TOKEN_TRANSFER', token: said.symbol, humanAmount: said.humanAmount } : input
  op.refuse?.(request)
  const read = op.input.safeParse(request)
  expect(read.error?.issues ?? []).toEqual([])
})

test('an amount with a symbol is whole units of what is called so, and nothing else is', () => {
  expect(symbolAmount('2 USDC')).toEqual({ humanAmount: '2', symbol: 'USDC' })
  expect(symbolAmount(' 0.10  USD₮0 ')).toEqual({ humanAmount: '0.10', symbol: 'USD₮0' })
  for (const text of ['2', '2USDC', '1e5', '0x10', '-2 USDC', '.5 ETH', '2 000', '1,5 ETH', '2 US DC', 'USDC 2', '2 '])
    expect(symbolAmount(text), text).toBeUndefined()
})

test('help fits a terminal, except words that nobody may break', () => {
  for (const command of all)
    for (const line of commandUsage(command)
      .split('\n')
      .filter((one) => !one.startsWith('usage: ')))
      expect(line.length, line).toBeLessThanOrEqual(80)
  for (const line of usage(all).split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
})

test('each flag says what it takes', () => {
  const of = (name: string) => commandUsage(all.find((command) => command.name === name)!)
  expect(of('tx send')).toMatch(/--to <text> +recipient/)
  expect(of('tx list')).toMatch(/--limit <number> /)
  expect(of('session create')).toMatch(/--wallet-ids <a,b> /)
  expect(of('policy create')).toMatch(/--rules <json> /)
  expect(of('tx send')).toMatch(/--dry-run {2,}/)
})

import { POLICY_TYPES, policyTypes, rulesSchema } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { emptyOf, numberOrText, type Shape, shapeOf, startOf } from './shape.ts'

/** Where a value has something for which the form has no field. */
function unreached(shape: Shape, value: unknown, path: string): string[] {
  if (shape.kind === 'fields')
    return Object.entries(value as object).flatMap(([name, part]) => {
      const field = shape.fields.find((each) => each.name === name)
      return field ? unreached(field.shape, part, `${path}.${name}`) : [`${path}.${name}`]
    })
  if (shape.kind === 'list' || shape.kind === 'map')
    return Object.values(value as object).flatMap((part) => unreached(shape.of, part, `${path}[]`))
  return typeof value === 'object' ? [path] : []
}

/** Each field with its kind, as one line. */
const linesOf = (shape: Shape, path: string): string[] => {
  if (shape.kind === 'fields') return shape.fields.flatMap((each) => linesOf(each.shape, `${path}.${each.name}`))
  return shape.kind === 'list' || shape.kind === 'map' ? linesOf(shape.of, `${path}[]`) : [`${path}: ${shape.kind}`]
}

test.each(POLICY_TYPES)('the form of %s has a field for all that its example says', (type) => {
  const shape = shapeOf(rulesSchema(policyTypes[type].rules))
  expect(unreached(shape, policyTypes[type].example, type)).toEqual([])
})

test('money, times, addresses and choices have fields of their own', () => {
  const lines = POLICY_TYPES.flatMap((type) => linesOf(shapeOf(rulesSchema(policyTypes[type].rules)), type))
  expect(lines).toEqual(
    expect.arrayContaining([
      'SPENDING_LIMIT.instant_max: native-units',
      'SPENDING_LIMIT.daily_limit_usd: usd',
      'SPENDING_LIMIT.delay_seconds: seconds',
      'SPENDING_LIMIT.first_recipient.wait_seconds: seconds',
      'SPENDING_LIMIT.over_limit: choice',
      'SPENDING_LIMIT.token_limits[].instant_max: text',
      'WHITELIST.allowed_addresses[]: address',
      'TIME_RESTRICTION.allowed_days[]: weekday',
      'APPROVED_SPENDERS.spenders[].maxAmount: token-units',
      'ALLOWED_TOKENS.tokens[].chain: place',
      'APPROVE_AMOUNT_LIMIT.blockUnlimited: switch',
      'RATE_LIMIT.max_requests: number',
    ]),
  )
  // What is named in dollars, seconds or as an address is filled in as that.
  const named = lines.filter((line) => /(usd|Usd|seconds|timeout|[aA]ddress):/.test(line))
  expect(named.filter((line) => !/: (usd|seconds|address)$/.test(line))).toEqual([])
})

test('what somebody adds begins with its default, or empty', () => {
  const shape = shapeOf(rulesSchema(policyTypes.SPENDING_LIMIT.rules))
  const fields = shape.kind === 'fields' ? shape.fields : []
  const start = (name: string) => startOf(fields.find((each) => each.name === name)!)
  expect([start('delay_seconds'), start('daily_limit_usd'), start('token_limits')]).toEqual([900, '', {}])
  expect(start('first_recipient')).toEqual({ tier: 'NOTIFY' })
  expect(emptyOf(shapeOf(rulesSchema(policyTypes.WHITELIST.rules)))).toEqual({ allowed_addresses: [''] })
})

test.each<[string, number | string]>([
  ['20', 20],
  ['0.05', 0.05],
  ['0.0', '0.0'],
  ['1.', '1.'],
  ['', ''],
  ['1e3', '1e3'],
  ['007', '007'],
  ['9007199254740993', '9007199254740993'],
])('%j is kept to the letter', (text, kept) => {
  expect(numberOrText(text)).toBe(kept)
})

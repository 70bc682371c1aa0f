import { expect, test } from 'vitest'
import { recent } from './recent.ts'

test('of names that somebody else gives, no more than so many are remembered, the newest', () => {
  const values = recent<number>(3)
  for (let name = 0; name < 1_000; name++) values.put(`name ${name}`, name)
  expect([values.size, values.get('name 996'), values.get('name 997')]).toEqual([3, undefined, 997])
  values.put('name 997', 1)
  values.put('another', 2)
  expect([values.size, values.get('name 997'), values.has('name 998')]).toEqual([3, 1, false])
  values.delete('name 997')
  expect(values.size).toBe(2)
})

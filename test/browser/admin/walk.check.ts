import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { keyboardOf } from '../keyboard.ts'
import { DESKTOP, PHONE } from '../person.ts'
import { goTo, placesOf } from './places.ts'
import { type AdminScene, openAdmin } from './scene.ts'

let scene: AdminScene
let places: Awaited<ReturnType<typeof placesOf>>
const complaints: string[] = []
beforeAll(async () => {
  scene = await openAdmin()
  const { page, at } = scene
  await page.answer('complains', async (what: string) => void complaints.push(what))
  const source = `addEventListener('securitypolicyviolation', ({ violatedDirective, sample, sourceFile, lineNumber, columnNumber }) =>
      complains('forbidden: ' + [violatedDirective, sample, sourceFile, lineNumber, columnNumber].join(' ')))
    addEventListener('error', ({ message }) => complains(message))
    addEventListener('unhandledrejection', ({ reason }) => complains(String(reason)))`
  await page.send('Page.addScriptToEvaluateOnNewDocument', { source })
  await at.logIn()
  await at.sees('Log out')
  places = await placesOf(scene)
  await at.sized(DESKTOP, 'light')
}, 90_000)
afterAll(() => scene?.close())

// biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
type Window = any

/** How many things the tab key should reach, and how many of them are dates. */
const reachable = () =>
  scene.page.run(() => {
    const all = [
      ...(globalThis as Window).document.querySelectorAll('a[href], button, input, select, textarea, summary'),
    ]
    const reached = all.filter(
      (one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }),
    )
    return { count: reached.length, dates: reached.filter(({ type }) => type === 'date').length }
  }, undefined)

// The time is printed and not held against a bound: a busy machine takes longer.
test('the first page is there fast, and pictures show each page as it is', async () => {
  const { at, page, url } = scene
  await page.open(`${url}/`)
  await at.sees('Waits for you')
  const paint = await until('the first paint', () =>
    page.run(
      () => (globalThis as Window).performance.getEntriesByName('first-contentful-paint')[0]?.startTime as number,
      undefined,
    ),
  )
  process.stdout.write(`first paint after ${Math.round(paint)} ms\n`)
  for (const { place, picture, sees } of process.env.SCREENSHOTS_INTO === undefined ? [] : places) {
    if (picture === undefined) continue
    for (const [size, name] of [
      [DESKTOP, 'desktop'],
      [PHONE, 'phone'],
    ] as const) {
      await at.sized(size, 'light')
      await goTo(page, place)
      if (sees) await at.sees(sees)
      await at.picture(`page-${picture}-${name}`)
    }
  }
  await at.sized(PHONE, 'dark')
  await goTo(page, '#/')
  await at.picture('page-home-phone-dark')
  await at.sized(DESKTOP, 'light')
})

test('the tab key reaches each thing of each page, shows where it is, and is kept by nothing', async () => {
  const { page } = scene
  const { tab } = keyboardOf(page)
  for (const { place } of places) {
    await goTo(page, place)
    const { count, dates } = await reachable()
    // A date has parts of its own, and behind the last one come the browser's own things.
    const met = await tab(count + 5 * dates + 5)
    const told = [...new Set(met.map(({ name }) => name))].join(', ')
    expect(
      met.filter(({ isShown }) => !isShown),
      `${place}: has the focus and does not show it`,
    ).toEqual([])
    expect(
      met.filter(({ name }) => name === ''),
      `${place}: has no name`,
    ).toEqual([])
    expect(new Set(met.map((each) => each.place)).size, `${place}: ${told}`).toBeGreaterThanOrEqual(count)
  }
}, 120_000)

test('no page was kept from anything by its own policy, and none has failed', () => {
  expect(complaints).toEqual([])
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EVENTS, events, POLICY_TYPES, policyTypes, rulesSchema } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../docs/markdown.ts'
import { until } from '../../support/until.ts'
import { PHONE } from '../person.ts'
import { goTo, placesOf } from './places.ts'
import { type AdminScene, openAdmin } from './scene.ts'

// What the daemon says stays as it is: its sentences are English on a Korean page too. What the page says itself is Korean.

const source = join(root, 'packages/admin/src')
let scene: AdminScene
let places: Awaited<ReturnType<typeof placesOf>>
/** What the daemon and the rules of policies say, which the page may say elsewhere in the same words. */
const others = new Set<string>()
beforeAll(async () => {
  scene = await openAdmin()
  const { page, at, url, daemon } = scene
  await at.logIn()
  await at.sees('Log out')
  places = await placesOf(scene)
  const { checks } = await daemon.operator.getChecklist()
  const told = [
    checks.map(({ says, next }) => [says, next]),
    POLICY_TYPES.map((type) => rulesSchema(policyTypes[type].rules)),
  ]
  JSON.stringify(told, (_key, value) => {
    if (typeof value === 'string') others.add(value.toLowerCase())
    return value
  })
  await page.run(() => (globalThis as Window).localStorage.setItem('waiaas-language', 'ko'), undefined)
  await page.open(`${url}/`)
  await at.sized(PHONE, 'light')
}, 90_000)
afterAll(() => scene?.close())

// biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
type Window = any

/** The texts of the page in a language, from all its tables of words. */
const textsIn = (table: RegExp): string[] =>
  readdirSync(source, { recursive: true })
    .map(String)
    .filter((name) => /(?<!\.test)\.tsx?$/.test(name))
    .flatMap((name) => [...readFileSync(join(source, name), 'utf8').matchAll(table)])
    .flatMap(([, found]) => [...found!.matchAll(/: ?\n? *(['"])(.*?)\1[,\n }]/g)].map(([, , text]) => text!))

const wordsOf = (text: string): string[] => text.replaceAll(/\{\w+\}/g, ' ').match(/[A-Za-z]{2,}/g) ?? []
const korean = new Set(textsIn(/\bko: \{([\s\S]*?)\}\)/g))
const english = [...textsIn(/\ben: \{([\s\S]*?)\bko: \{/g), ...EVENTS.map((name) => events[name].summary)].filter(
  (text) => wordsOf(text).length > 0 && !korean.has(text),
)
const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
/** Each English text as it is with its values filled in; one that is hardly more than its values could be any. */
const patterns = english
  .filter((text) => !text.includes('{') || wordsOf(text).length > 1)
  .map(
    (text) =>
      new RegExp(
        `^${text
          .split(/\{\w+\}/)
          .map(literally)
          .join('\\S+( \\S+){0,2}')}$`,
      ),
  )
const isEnglish = (text: string): boolean =>
  patterns.some((pattern) => pattern.test(text)) && !others.has(text.toLowerCase().replace(/[.]$/, ''))

/** All that a person reads or hears there, and what of it is cut off. */
const shown = () =>
  scene.page.run(() => {
    const { document, NodeFilter, getComputedStyle, innerWidth } = globalThis as Window
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const texts = new Set<string>([document.title])
    while (walker.nextNode())
      if (walker.currentNode.parentElement.checkVisibility()) texts.add(walker.currentNode.textContent.trim())
    const named = ['aria-label', 'placeholder', 'title', 'alt']
    for (const name of named)
      for (const one of document.querySelectorAll(`[${name}]`)) texts.add(one.getAttribute(name))
    const cut = [...document.querySelectorAll('body *')].filter((one) => {
      const { overflowX, overflowY, webkitLineClamp } = getComputedStyle(one)
      const hides = (overflow: string) => overflow === 'hidden' || overflow === 'clip'
      // What only screen readers get is one pixel wide.
      if (one.clientWidth <= 1 || !one.checkVisibility() || one.textContent.trim() === '') return false
      // Long sentences in tables end in an ellipsis, and are told whole elsewhere.
      if (webkitLineClamp !== 'none' && one.title) return false
      return (
        (hides(overflowX) && one.scrollWidth > one.clientWidth + 1) ||
        (hides(overflowY) && one.scrollHeight > one.clientHeight + 1)
      )
    })
    if (document.documentElement.scrollWidth > innerWidth) cut.push(document.documentElement)
    return { texts: [...texts].filter(Boolean), cut: cut.map((one) => one.outerHTML.slice(0, 200)) }
  }, undefined)

test('the tables of words are found', () => {
  expect(english.length).toBeGreaterThan(600)
  expect(['Log out', '3 of 8 done', 'Save'].map(isEnglish)).toEqual([true, true, true])
  expect(['Shopping', '8개 중 3개 완료', 'Telegram'].map(isEnglish)).toEqual([false, false, false])
})

test('each page says in Korean what it says itself, and cuts nothing off on a phone', {
  timeout: 120_000,
}, async () => {
  for (const { place } of places) {
    await goTo(scene.page, place)
    const { texts, cut } = await shown()
    expect(
      texts.some((text) => /\p{Script=Hangul}/u.test(text)),
      place,
    ).toBe(true)
    expect(texts.filter(isEnglish), `English on ${place}`).toEqual([])
    expect(cut, `cut off on ${place}`).toEqual([])
  }
})

test('so does the login', async () => {
  await scene.at.press('메뉴')
  await scene.at.press('로그아웃')
  await until('the login', async () => (await scene.at.text()).includes('로그인'))
  const { texts, cut } = await shown()
  expect([texts.filter(isEnglish), cut]).toEqual([[], []])
})

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import type { Page } from './chromium.ts'

type Element = {
  innerText: string
  textContent: string
  value: string
  click(): void
  checkVisibility(): boolean
  outerHTML: string
  getBoundingClientRect(): { right: number }
}
type Dom = {
  document: {
    /** Null while a page loads. */
    body: Element | null
    activeElement: Element | null
    documentElement: Element & { scrollWidth: number }
    querySelector(selector: string): Element
    querySelectorAll(selector: string): Iterable<Element>
  }
}
/** Shorter than a test may take, so that what was there instead is told. */
const PATIENCE = { withinMs: 45_000 }
type Violation = { id: string; impact: string; nodes: { html: string }[] }

/** Where pictures go; nowhere unless it is said. */
const IMAGES = process.env.SCREENSHOTS_INTO
/** Those that the documentation shows: others go to a folder of somebody who looks, and not to its own. */
const SHOWN = new RegExp(
  `^(${[
    'approve-(phone|phone-dark|desktop)',
    '(consent|wallets|invite|pair-template|notices)-phone',
    'page-(home|activity|payment|wallets|wallet|agents|policies|policy|notices|evidence|settings|setup)-desktop',
    'page-(home|activity|wallet)-phone',
    'page-home-phone-dark',
  ].join('|')})$`,
)
const require = createRequire(import.meta.url)
const axe = (): string => readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
/** A third of what the same picture takes as PNG. */
const FORM = { format: 'webp', quality: 85 }
/** What is further down in a list looks the same. */
const MOST_HEIGHT = 1_600
export const PHONE = { width: 360, height: 780 }
export const DESKTOP = { width: 1600, height: 900 }

/** A person before a page: reads, types and presses what is there to be seen. */
export function personAt(page: Page) {
  // biome-ignore lint/performance/useDomNodeTextContent: without what is hidden
  const text = () => page.run(() => (globalThis as unknown as Dom).document.body?.innerText ?? '', undefined)

  async function sized({ width, height }: typeof PHONE, scheme: 'light' | 'dark'): Promise<void> {
    const metrics = { width, height, deviceScaleFactor: 1, mobile: width < 600 }
    await page.send('Emulation.setDeviceMetricsOverride', metrics)
    await page.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
  }
  async function picture(name: string): Promise<void> {
    if (IMAGES === undefined || (IMAGES === 'docs/images' && !SHOWN.test(name))) return
    const { cssContentSize } = await page.send('Page.getLayoutMetrics')
    const { width, height } = cssContentSize as typeof PHONE
    const clip = { width, height: Math.min(height, MOST_HEIGHT), x: 0, y: 0, scale: 1 }
    const { data } = await page.send('Page.captureScreenshot', { ...FORM, captureBeyondViewport: true, clip })
    mkdirSync(IMAGES, { recursive: true })
    writeFileSync(join(IMAGES, `${name}.${FORM.format}`), Buffer.from(String(data), 'base64'))
  }

  return {
    text,
    sized,
    picture,
    /** Once it says that, and does not say the other. */
    sees: (wanted: string, unwanted?: string) =>
      until(
        `the page to say "${wanted}"${unwanted === undefined ? '' : ` and not "${unwanted}"`}`,
        async () => {
          const seen = await text()
          return seen.includes(wanted) && (unwanted === undefined || !seen.includes(unwanted))
        },
        { ...PATIENCE, found: text },
      ),
    /** Once it is there. */
    press: (label: string) =>
      until(
        `a button "${label}"`,
        () =>
          page.run((wanted) => {
            const { document } = globalThis as unknown as Dom
            const buttons = [...document.querySelectorAll('button')].filter((one) => one.checkVisibility())
            const button = buttons.find((one) => one.textContent === wanted)
            button?.click()
            return button !== undefined
          }, label),
        { ...PATIENCE, found: text },
      ),
    type: (into: string, value: string) =>
      page.run(
        ([selector, typed]) => {
          const field = (globalThis as unknown as Dom).document.querySelector(selector)
          field.value = typed
        },
        [into, value] as const,
      ),
    valueOf: (selector: string) =>
      page.run((wanted) => (globalThis as unknown as Dom).document.querySelector(wanted).value, selector),
    tabTo: (label: string) => tabTo(page, label),
    looksRight: (name: string) => looksRight(page, { sized, picture }, name),
  }
}

type Looking = {
  readonly sized: (size: typeof PHONE, scheme: 'light' | 'dark') => Promise<void>
  readonly picture: (name: string) => Promise<void>
}

const SIZES = [
  [PHONE, 'phone'],
  [DESKTOP, 'desktop'],
] as const

/** It fits a phone and a desktop, and in the light and in the dark a look by axe finds nothing that keeps people out. */
async function looksRight(page: Page, { sized, picture }: Looking, name: string): Promise<void> {
  // The policy of the page lets nobody in it run a text: this is the browser's own way.
  await page.send('Runtime.evaluate', { expression: `${axe()}; undefined` })
  for (const [size, on] of SIZES)
    for (const scheme of ['dark', 'light'] as const) {
      await sized(size, scheme)
      await assertOpenToAll(page, `${name} on a ${on}, ${scheme}`, size)
      await picture(`${name}-${on}${scheme === 'dark' ? '-dark' : ''}`)
    }
}

/** How wide the page is, and the first of what stands beyond so many pixels. */
const beyond = (page: Page, most: number) =>
  page.run((limit) => {
    const { document } = globalThis as unknown as Dom
    const wide = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > limit)
    return {
      width: document.documentElement.scrollWidth,
      wide: wide.slice(0, 5).map(({ outerHTML }) => outerHTML.slice(0, 200)),
    }
  }, most)

async function assertOpenToAll(page: Page, name: string, size: typeof PHONE): Promise<void> {
  // What closes or opens at the moment may stand over the edge until it has.
  await until(`${name} to fit ${size.width} pixels`, async () => (await beyond(page, size.width)).width <= size.width, {
    ...PATIENCE,
    found: async () => (await beyond(page, size.width)).wide.join('\n'),
  })
  const found = await page.run(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: it has no types here
    const { violations } = await (globalThis as any).axe.run({ resultTypes: ['violations'] })
    return violations as Violation[]
  }, undefined)
  expect(
    found.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html}`),
    name,
  ).toEqual([])
}

/** Goes from field to field with the tab key until a button has the focus, and presses Enter there. */
async function tabTo(page: Page, label: string): Promise<void> {
  const key = async (name: string, code: number, more: object = {}) => {
    const pressed = { key: name, code: name, windowsVirtualKeyCode: code, ...more }
    await page.send('Input.dispatchKeyEvent', { type: 'keyDown', ...pressed })
    await page.send('Input.dispatchKeyEvent', { type: 'keyUp', ...pressed })
  }
  const focused = () =>
    page.run(() => (globalThis as unknown as Dom).document.activeElement?.textContent ?? '', undefined)
  for (let presses = 0; presses < 30; presses++) {
    await key('Tab', 9)
    if ((await focused()) === label) return key('Enter', 13, { text: '\r' })
  }
  throw new Error(`the tab key does not reach ${label}`)
}

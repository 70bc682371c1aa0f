import { until } from '../support/until.ts'
import type { Page } from './chromium.ts'

const CODES = { Tab: 9, Enter: 13, Escape: 27, Space: 32, ArrowDown: 40, ArrowUp: 38, Home: 36 } as const
export type Key = keyof typeof CODES
const TEXTS: Partial<Record<Key, string>> = { Enter: '\r', Space: ' ' }

/** What has the focus, as somebody who sees the page and somebody who hears it knows it. */
export type Focused = {
  /** What it is called: by its label, else by its text. */
  readonly name: string
  readonly tag: string
  /** One for each thing that had the focus. */
  readonly place: number
  /** Whether a line around it, or around what stands for it, shows that it has the focus. */
  readonly isShown: boolean
}

/** Hands on a keyboard, and nothing else. */
export function keyboardOf(page: Page) {
  async function press(key: Key, { shift = false } = {}): Promise<void> {
    const name = key === 'Space' ? ' ' : key
    const pressed = { key: name, code: key, windowsVirtualKeyCode: CODES[key], modifiers: shift ? 8 : 0 }
    const text = TEXTS[key]
    await page.send('Input.dispatchKeyEvent', { type: 'keyDown', ...pressed, ...(text !== undefined && { text }) })
    await page.send('Input.dispatchKeyEvent', { type: 'keyUp', ...pressed })
  }
  const focused = () => page.run(focusedNow, undefined)
  async function tabTo(name: string): Promise<void> {
    const met: string[] = []
    for (let presses = 0; presses < 150; presses++) {
      await press('Tab')
      const now = await focused()
      if (now?.name === name) return
      met.push(now?.name ?? '(nothing)')
    }
    throw new Error(`the tab key does not reach "${name}", but ${met.join(', ')}`)
  }
  return {
    press,
    focused,
    /** Goes on with the tab key until what is called so has the focus. */
    tabTo,
    /** Goes to the list of a label, and down from its first choice until it shows that; once it is there. */
    async choose(label: string, wanted: string): Promise<void> {
      await tabTo(label)
      const offered = async () => (await page.run(choicesNow, undefined)).all.some((text) => text.includes(wanted))
      await until(`"${wanted}" to choose`, offered, { withinMs: 45_000 })
      await press('Home')
      const { all } = await page.run(choicesNow, undefined)
      for (let presses = 0; presses < all.length; presses++) {
        if ((await page.run(choicesNow, undefined)).shown?.includes(wanted)) return
        await press('ArrowDown')
      }
      const now = JSON.stringify(await page.run(choicesNow, undefined))
      throw new Error(`the arrow keys do not choose "${wanted}" of "${label}": ${now}`)
    },
    /** Presses the tab key so many times, and tells what had the focus, in order. */
    async tab(times: number): Promise<readonly Focused[]> {
      // The policy of the page lets nobody in it run a text: this is the browser's own way.
      const expression = `globalThis.focuses = []; globalThis.ended?.abort(); globalThis.ended = new AbortController()
        addEventListener('focusin', () => focuses.push((${focusedNow})()), { signal: ended.signal })`
      await page.send('Runtime.evaluate', { expression })
      const pressed = { type: 'rawKeyDown', key: 'Tab', code: 'Tab', windowsVirtualKeyCode: CODES.Tab }
      // One after the other, as they are sent.
      await Promise.all(Array.from({ length: times }, () => page.send('Input.dispatchKeyEvent', pressed)))
      return page.run(() => (globalThis as unknown as { focuses: Focused[] }).focuses, undefined)
    },
    type: (text: string) => page.send('Input.insertText', { text }),
  }
}

/** Runs in the page: what the list that has the focus shows, and all that it offers. */
function choicesNow(): { shown: string | undefined; all: string[] } {
  // biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
  const { activeElement } = (globalThis as any).document
  const shown = activeElement?.selectedOptions?.[0]?.text
  return { shown, all: [...(activeElement?.options ?? [])].map(({ text }: { text: string }) => text) }
}

/** Runs in the page. */
function focusedNow(): Focused | null {
  // biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
  const page = globalThis as any
  const { document, getComputedStyle } = page
  const element = document.activeElement
  if (!element || element === document.body) return null
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const hasLine = (one: any): boolean => {
    const { outlineStyle, outlineWidth } = getComputedStyle(one)
    const { width, height } = one.getBoundingClientRect()
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && width >= 8 && height >= 8
  }
  page.places ??= new Map()
  if (!page.places.has(element)) page.places.set(element, page.places.size)
  const named = (element.getAttribute('aria-labelledby') ?? '').split(' ').filter(Boolean)
  const labels = named.map((id: string) => document.getElementById(id)?.textContent)
  const label = element.getAttribute('aria-label') || labels.join(' ') || element.labels?.[0]?.textContent
  return {
    name: (label || element.textContent || '').trim(),
    tag: element.tagName.toLowerCase(),
    place: page.places.get(element),
    isShown: hasLine(element) || [...(element.labels ?? [])].some(hasLine),
  }
}

/** What all pages do: they build everything with `textContent`, so that nothing they are told becomes markup. */
export const COMMON = String.raw`export const place = (name) => document.getElementById(name)
export const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more })
export const lines = (into, texts) => place(into).replaceChildren(...texts.map((text) => make('li', text)))
export const idIn = () => decodeURIComponent(location.pathname.split('/').pop())
export const fill = (text, values) => text.replaceAll(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)

export function say(text, kind = '') {
  place('said').textContent = text
  place('said').className = kind
}

export async function call(path, { method = 'GET', headers = {}, body } = {}) {
  const json = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(path, {
    method,
    headers: { ...headers, ...json },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    credentials: 'omit',
    redirect: 'error',
  })
  const answer = await response.json()
  if (!response.ok) throw Object.assign(new Error(answer.message), { code: answer.code })
  return answer
}

/** Does what a button or a form is for, once at a time, and says what went wrong. */
export const act = (how) => async (event) => {
  event.preventDefault()
  say('')
  const button = event.submitter ?? event.currentTarget
  if (button.disabled) return
  button.disabled = true
  try {
    await how()
  } catch (error) {
    say(error.message ?? String(error), 'wrong')
  } finally {
    button.disabled = false
  }
}

export const moment = (seconds) => new Date(seconds * 1000).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })

/** How long there is still, in the largest two units. */
export function left(seconds, words) {
  const s = Math.max(0, Math.floor(seconds - Date.now() / 1000))
  const [days, hours, minutes] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60]
  if (days > 0) return fill(words.daysLeft, { days, hours })
  if (hours > 0) return fill(words.hoursLeft, { hours, minutes })
  return fill(words.minutesLeft, { minutes, seconds: String(s % 60).padStart(2, '0') })
}
`

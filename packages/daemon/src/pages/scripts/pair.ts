/** /pair: the operator lets an agent in that shows a code. The master password goes with each call and is kept nowhere. */
export const PAIR_SCRIPT = `import { act, call, fill, lines, make, moment, place, say } from './common.js'
import { pair as words } from './words.js'

const isSafe = location.protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)
const code = () => place('pairing-code').value.trim()
let asked
let templates = []

/** A header's bytes are those of the text in UTF-8. */
const asHeader = (text) => String.fromCharCode(...new TextEncoder().encode(text))
function operator(path, more = {}) {
  const password = place('password').value
  if (password === '') throw new Error(words.again)
  return call(path, { ...more, headers: { 'x-master-password': asHeader(password) } })
}
const post = (path, body) => operator(path, { method: 'POST', body })

async function show() {
  asked = await post('/v1/pairings/show', { code: code() })
  const before = words.before[asked.status]
  if (before) return over(fill(before, { name: asked.name, session: asked.sessionId }))
  const [{ items }, known] = [await operator('/v1/wallets'), await operator('/v1/policies/templates')]
  templates = known.templates
  const { name, address, scopes, createdAt, expiresAt } = asked
  lines('lines', [
    fill(words.called, { name }),
    fill(words.from, { address, since: moment(createdAt) }),
    ...(scopes.length === 0 ? [words.wantsNothing] : scopes.map((scope) => fill(words.wants, { scope }))),
    fill(words.until, { until: moment(expiresAt) }),
  ])
  place('choices').replaceChildren(...choicesOf(items))
  place('template').replaceChildren(
    make('option', words.noTemplate, { value: '' }),
    ...templates.map(({ name: value, summary }) => make('option', value + ': ' + summary, { value })),
  )
  place('called').value = name
  chosen()
  place('asking').hidden = true
  place('answering').hidden = false
}

/** What the chosen policies mean, and a field for each thing that they have to be told. */
function chosen() {
  const template = templates.find(({ name }) => name === place('template').value)
  if (!template) return place('template-told').replaceChildren()
  const stops = make('ul', '', { className: 'lines' })
  stops.append(...template.stops.map((stop) => make('li', stop)))
  const fields = template.needs.flatMap((need) => {
    const label = make('label', words.needs[need], { htmlFor: 'need-' + need })
    return [label, make('textarea', '', { id: 'need-' + need, rows: 3, required: true, spellcheck: false })]
  })
  place('template-told').replaceChildren(make('p', template.means), stops, ...fields)
}

/** The template with what was named for it; nothing where none is given. */
function policies() {
  const template = templates.find(({ name }) => name === place('template').value)
  if (!template) return {}
  const given = template.needs.map((need) => {
    const named = place('need-' + need).value.split(/[\\s,]+/).filter((text) => text !== '')
    if (named.length === 0) throw new Error(fill(words.nameThem, { what: words.needs[need] }))
    return [need, named]
  })
  return { policies: { template: template.name, ...Object.fromEntries(given) } }
}

function choicesOf(wallets) {
  if (wallets.length === 0) return [make('p', words.noWallets)]
  return wallets.map(({ id, name, chain, environment, publicKey }) => {
    const label = make('label', '', { className: 'choice' })
    const box = make('input', '', { type: 'checkbox', value: id, checked: wallets.length === 1 })
    label.append(box, make('span', fill(words.wallet, { name, chain, environment, address: publicKey })))
    return label
  })
}

async function approve() {
  const walletIds = [...place('choices').querySelectorAll('input:checked')].map(({ value }) => value)
  if (walletIds.length === 0) throw new Error(words.chooseWallet)
  const ttl = Number(place('lifetime').value)
  const called = place('called').value.trim()
  const labels = called === '' ? {} : { labels: { name: called } }
  const { name, sessionId } = await post('/v1/pairings/approve', { code: code(), walletIds, ttl, ...labels, ...policies() })
  over(fill(words.approved, { name, session: sessionId, until: moment(Date.now() / 1000 + ttl) }))
}

async function deny() {
  await post('/v1/pairings/deny', { code: code() })
  over(words.denied)
}

function over(text) {
  place('password').value = ''
  place('answering').hidden = true
  say(text, 'done')
}

if (isSafe) {
  place('asking').hidden = false
  place('asking').addEventListener('submit', act(show))
  place('answering').addEventListener('submit', act(approve))
  // What was missing may be there now.
  place('answering').addEventListener('change', () => say(''))
  place('template').addEventListener('change', chosen)
  place('deny').addEventListener('click', act(deny))
} else place('unsafe').hidden = false
`

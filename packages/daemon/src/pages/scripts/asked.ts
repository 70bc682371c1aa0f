/** What an owner is asked, and what they say to it: a card, or a consent. Each is built into a place of a page. */
export const ASKED_SCRIPT = String.raw`import { act, fill, left, make, moment, say } from './common.js'
import { agree, look } from './owner.js'
import { approve, consent, time } from './words.js'

const list = (className, texts) => {
  const made = make('ul', '', { className, hidden: texts.length === 0 })
  made.append(...texts.map((text) => make('li', text)))
  return made
}
const button = (text, className, how) => {
  const made = make('button', text, { type: 'button', className })
  made.addEventListener('click', act(how))
  return made
}
const row = (...buttons) => {
  const made = make('div', '', { className: 'answers' })
  made.append(...buttons)
  return made
}

/** How long there is still; at the end the answers go. */
function timer(end, answers) {
  const made = make('p', '', { className: 'quiet', role: 'timer', hidden: end === null })
  const tick = () => {
    const isOver = end * 1000 <= Date.now()
    made.textContent = isOver ? time.timeIsUp : left(end, time)
    if (isOver) answers.hidden = true
    else setTimeout(tick, 1000)
  }
  if (end !== null) tick()
  return made
}

/** What is signed is exactly what was shown. */
const only = (digest) => (message) => {
  if (!message.includes('\n- urn:waiaas:sha256:' + digest + '\n')) throw new Error(approve.changed)
}

const worstLine = ({ worstCase }) => 'Approving it ' + worstCase
const LOOKS = 10
const A_MOMENT_MS = 1000

/** Shows how the worst case moves once that is worked out; whoever answers before does not wait for it. */
async function laterIn(lines, path, first) {
  const line = [...lines.children].find(({ textContent }) => textContent === worstLine(first))
  if (!line) return
  line.ariaLive = 'polite'
  for (let looks = 0; looks < LOOKS && line.isConnected; looks++) {
    await new Promise((resolve) => setTimeout(resolve, A_MOMENT_MS))
    const card = await look(path + '/card')
    if (card.worstCase === undefined || card.digest !== first.digest) return
    line.textContent = worstLine(card)
    if (!card.isWorstCaseLater) return
  }
}

/** The card of a transaction, with its answers while it waits, and what comes after one of them; gives its title. */
export async function showCard(into, id, then = () => {}) {
  const path = '/v1/transactions/' + encodeURIComponent(id)
  const card = await look(path + '/card')
  const waits = card.status === 'QUEUED'
  // What goes on by itself can be stopped and need not be approved.
  const decisions = card.executeAt === null ? ['approve', 'reject'] : ['reject']
  const { message } = waits ? await look(path + '/challenge?decision=' + decisions[0]) : { message: '' }
  const stands = [...card.warnings, 'Code ' + card.code]
  const rest = card.lines.filter((line) => !stands.includes(line) && !(card.link && line.includes(card.link)))

  async function decide(decision) {
    const ask = path + '/challenge?decision=' + decision
    const { status, owners } = await agree({ ask, check: only(card.digest), send: path + '/' + decision })
    for (const part of parts.slice(3)) part.remove()
    // Of several owners one alone may not be enough.
    const told = decision === 'approve' ? approve.approved : approve.rejected
    const { agreed = [], needed } = owners ?? {}
    say(status === 'QUEUED' ? fill(approve.oneOfSeveral, { agreed: agreed.length, needed }) : told, 'done')
    await then()
  }
  const answers = row(
    ...decisions.map((one) => button(approve[one], one === 'approve' ? 'yes' : 'no', () => decide(one))),
  )
  const code = make('p', approve.code + ' ')
  code.append(make('span', card.code, { className: 'code' }), make('span', ' ' + approve.codeWhy, { className: 'quiet' }))
  const whole = make('details', '')
  whole.append(make('summary', approve.whole), make('pre', message, { tabIndex: 0 }))
  const told = list('lines', rest)
  const parts = [list('warnings', card.warnings), told, code]
  if (waits) parts.push(timer(card.expiresAt, answers), answers, whole)
  into.replaceChildren(...parts)
  if (card.isWorstCaseLater) laterIn(told, path, card).catch(() => {})
  // What it does stands below, in full.
  const deed = card.lines.find((line) => card.title.endsWith(line)) ?? ''
  return card.title.slice(0, card.title.length - deed.length).trim().replace(/:$/, '')
}

/** What the operator asks owners to agree to, and what comes after the answer; gives its title. */
export async function showConsent(into, id, then = () => {}) {
  const path = '/v1/owner/consents/' + encodeURIComponent(id)
  const { action, words, digest, wallets, expiresAt } = await look(path)
  const mine = wallets.filter(({ agreed, ownerAddress }) => !agreed && ownerAddress !== null)
  const who = wallets.map(({ name, agreed }) => fill(agreed ? consent.hasAgreed : consent.hasTo, { name }))

  async function yes() {
    // One signature is for all wallets of the same owner.
    const [{ walletId }] = mine
    const ask = path + '/challenge?walletId=' + walletId
    const { isAgreed } = await agree({ ask, check: only(digest), send: path + '/agree', body: { walletId } })
    for (const part of parts.slice(1)) part.remove()
    say(isAgreed ? consent.agreed : consent.notYet, 'done')
    await then()
  }
  const answers = row(button(consent.agree, 'yes', yes))
  const parts = [list('lines', [words, ...who])]
  if (mine.length > 0)
    parts.push(make('p', fill(consent.refuse, { when: moment(expiresAt) })), timer(expiresAt, answers), answers)
  into.replaceChildren(...parts)
  return consent[action]
}
`

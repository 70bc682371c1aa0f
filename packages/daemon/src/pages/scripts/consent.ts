/** /consent/<id>: what the operator asks owners to agree to. */
export const CONSENT_SCRIPT = String.raw`import { act, fill, idIn, left, lines, moment, place, say } from './common.js'
import { agree, look, start } from './owner.js'
import { approve, consent as words, time } from './words.js'

const path = '/v1/owner/consents/' + encodeURIComponent(idIn())
let asked

function render() {
  const { action, words: what, wallets, expiresAt } = asked
  place('title').textContent = words[action]
  const who = wallets.map(({ name, agreed }) => fill(agreed ? words.hasAgreed : words.hasTo, { name }))
  lines('lines', [what, ...who])
  place('refuse').textContent = fill(words.refuse, { when: moment(expiresAt) })
  place('answers').hidden = mine().length === 0
  place('waiting').hidden = false
  tick()
}
const mine = () => asked.wallets.filter(({ agreed, ownerAddress }) => !agreed && ownerAddress !== null)

async function show() {
  asked = await look(path)
  render()
}

async function yes() {
  // One signature is for all wallets of the same owner.
  const [{ walletId }] = mine()
  asked = await agree({
    ask: path + '/challenge?walletId=' + walletId,
    check: (message) => {
      if (!message.includes('\n- urn:waiaas:sha256:' + asked.digest + '\n')) throw new Error(approve.changed)
    },
    send: path + '/agree',
    body: { walletId },
  })
  place('answers').hidden = true
  place('refuse').hidden = true
  place('left').hidden = true
  say(asked.isAgreed ? words.agreed : words.notYet, 'done')
}

function tick() {
  if (!asked) return
  const isOver = asked.expiresAt * 1000 <= Date.now()
  place('left').textContent = isOver ? time.timeIsUp : left(asked.expiresAt, time)
  if (isOver) place('answers').hidden = true
}

place('agree').addEventListener('click', act(yes))
setInterval(tick, 1000)
start(show)
`

/** /approve/<transaction>: the card of what waits, and what its owner says to it. */
export const APPROVE_SCRIPT = String.raw`import { act, fill, idIn, left, lines, place, say } from './common.js'
import { agree, look, start } from './owner.js'
import { approve as words, time } from './words.js'

const path = '/v1/transactions/' + encodeURIComponent(idIn())
let card

/** Exactly what the card shows, by its digest. */
const isShown = (message) => message.includes('\n- urn:waiaas:sha256:' + card.digest + '\n')

async function show() {
  const found = await look(path + '/card')
  const waits = found.status === 'QUEUED'
  // What goes on by itself can be stopped and need not be approved.
  const decision = found.executeAt === null ? 'approve' : 'reject'
  const { message } = waits ? await look(path + '/challenge?decision=' + decision) : { message: '' }
  card = found
  // What it does stands below, in full.
  const deed = card.lines.find((line) => card.title.endsWith(line)) ?? ''
  place('title').textContent = card.title.slice(0, card.title.length - deed.length).trim().replace(/:$/, '')
  lines('warnings', card.warnings)
  place('warnings').hidden = card.warnings.length === 0
  const elsewhere = (line) => card.warnings.includes(line) || line.startsWith('Code ') || (card.link && line.includes(card.link))
  lines('lines', card.lines.filter((line) => !elsewhere(line)))
  place('code').textContent = card.code
  place('answers').hidden = !waits
  place('signed').hidden = !waits
  place('approve').hidden = decision === 'reject'
  place('whole').textContent = message
  place('waiting').hidden = false
  tick()
}

async function decide(decision) {
  const answer = await agree({
    ask: path + '/challenge?decision=' + decision,
    check: (message) => {
      if (!isShown(message)) throw new Error(words.changed)
    },
    send: path + '/' + decision,
  })
  place('answers').hidden = true
  place('left').hidden = true
  place('signed').hidden = true
  // Of several owners one alone may not be enough.
  if (answer.status === 'QUEUED') say(fill(words.oneOfSeveral, { agreed: answer.owners.agreed.length, needed: answer.owners.needed }), 'done')
  else say(decision === 'approve' ? words.approved : words.rejected, 'done')
}

function tick() {
  const end = card?.expiresAt
  if (!end || card.status !== 'QUEUED') return
  const isOver = end * 1000 <= Date.now()
  place('left').textContent = isOver ? time.timeIsUp : left(end, time)
  if (isOver) place('answers').hidden = true
}

place('approve').addEventListener('click', act(() => decide('approve')))
place('reject').addEventListener('click', act(() => decide('reject')))
setInterval(tick, 1000)
start(show)
`

/** /owner: the wallets of an owner, and what they can do with them alone. */
export const WALLETS_SCRIPT = `import { showCard, showConsent } from './asked.js'
import { act, fill, make, moment, place, say } from './common.js'
import { agree, asks, canMakePasskeys, look, makePasskey, ownName, signsAs, start, statementOf } from './owner.js'
import { consent, owner as words } from './words.js'

/** Shows the sentence that is signed, and goes on with a yes alone. */
async function read(message) {
  place('statement').textContent = statementOf(message)
  await asks('asked')
}

/** What is done with the owner's signature; \`done\` is what is said then, or makes it of the answer. */
const deed = (asking, done) => async () => {
  const answer = await agree({ check: read, ...asking })
  say(typeof done === 'function' ? done(answer) : done, 'done')
  await redraw()
}

/** Also what stays, and why. */
function withdrawnWords({ unread, results }) {
  const stays = results.filter(({ status }) => status === 'failed').map(({ asset, network, error }) => asset + ' (' + network + '): ' + error)
  return [
    words.withdrawn,
    ...(unread.length > 0 ? [fill(words.unread, { networks: unread.map(({ network }) => network).join(', ') })] : []),
    ...(stays.length > 0 ? [fill(words.stays, { what: stays.join('; ') })] : []),
  ].join(' ')
}

async function addPasskey(of, ownerId) {
  const options = await look(of + '/passkeys/options')
  const { origin } = options
  if (origin !== location.origin) throw new Error(fill(words.passkeyElsewhere, { origin }))
  const made = { ...(await makePasskey(options)).made, ownerId }
  await agree({ ask: of + '/passkeys/challenge', asking: made, check: read, send: of + '/passkeys', body: made })
  say(words.passkeyAdded, 'done')
  await redraw()
}

const asked = (action, more = {}) => '/challenge?' + new URLSearchParams({ action, signer: ownName(), ...more })

/** Another wallet of this owner: the first one agrees that it is added, and the new one shows that it is theirs. */
async function addWallet(owner, ownerId, into) {
  place('new-address').value = ''
  place('new-network').value = ''
  await asks('adding')
  const network = place('new-network').value.trim()
  const ownerAddress = place('new-address').value.trim()
  const body = { ownerAddress, ownerId, ...(network !== '' && { network }) }
  await agree({ ask: owner + asked('add-credential', body), check: read, send: owner + '/wallets', body })
  const verify = make('button', fill(words.verifyNew, { address: ownerAddress }), { type: 'button', className: 'yes' })
  verify.addEventListener('click', act(async () => {
    const ask = owner + asked('verify', { signer: ownerAddress })
    await agree({ ask, check: read, send: owner + '/verify', how: await signsAs(ownerAddress) })
    say(words.newVerified, 'done')
    await redraw()
  }))
  into.append(verify)
  say(words.walletAdded, 'done')
}

/** A lost phone or a copied key: each thing of theirs, and a button that ends it at once. */
function cutOffs(id, credentials, button) {
  const lost = make('details', '', { className: 'lost' })
  lost.append(make('summary', words.lost), make('p', words.lostWhy))
  for (const { address, cutOffAt } of credentials) {
    if (cutOffAt !== null) {
      lost.append(make('p', fill(words.isCutOff, { address, when: moment(cutOffAt) })))
      continue
    }
    const asking = {
      ask: '/v1/owner' + asked('cut-off', { walletId: id, credential: address }),
      send: '/v1/owner/cut-off',
      body: { walletId: id, credential: address },
    }
    button(fill(address === ownName() ? words.cutOffOwn : words.cutOff, { address }), deed(asking, words.cutOffDone), 'no', lost)
  }
  return lost
}

function shown({ id, name, chain, environment, address, isVerified, ownerId, agrees, credentials }) {
  const section = make('section', '')
  const of = '/v1/wallets/' + id
  const owner = of + '/owner'
  const stop = (action) => '/v1/owner' + asked(action, { walletId: id })
  const button = (text, how, kind = '', into = section) => {
    const made = make('button', text, { type: 'button', className: kind })
    made.addEventListener('click', act(how))
    into.append(made)
  }
  section.append(
    make('h2', name),
    make('p', address + ' (' + chain + ', ' + environment + ')', { className: 'quiet' }),
    make('p', isVerified ? words.isYours : words.isNotVerified),
  )
  if (!isVerified)
    button(words.verify, deed({ ask: owner + asked('verify'), send: owner + '/verify' }, words.verified), 'yes')
  if (isVerified) {
    if (canMakePasskeys()) button(words.passkey, () => addPasskey(owner, ownerId))
    button(words.addWallet, () => addWallet(owner, ownerId, section))
    button(words.withdraw, deed({ ask: of + '/withdraw/challenge', send: of + '/withdraw' }, withdrawnWords))
    const cancel = { ask: stop('cancel-recovery'), send: '/v1/owner/recovery', method: 'DELETE' }
    button(words.cancelRecovery, deed(cancel, words.recoveryCancelled))
  }
  if (!agrees && isVerified) section.append(make('p', words.isSilent, { className: 'wrong' }))
  if (isVerified) section.append(cutOffs(id, credentials, button))
  button(words.stop, deed({ ask: stop('kill-switch'), send: '/v1/owner/kill-switch' }, words.stopped), 'no')
  return section
}

/** One thing that waits: what it is in a line, and all of it once somebody wants to see that. */
function ask(text, show) {
  const section = make('section', '')
  const open = make('button', words.look, { type: 'button' })
  open.addEventListener('click', act(() => show(section)))
  section.append(make('p', text), open)
  return section
}

/** What waits and what they own, as it is now. */
async function draw({ wallets }) {
  const [cards, { consents }] = [await look('/v1/admin/approvals?limit=100'), await look('/v1/owner/consents')]
  const open = consents.filter(({ isAgreed }) => !isAgreed)
  const all = [
    ...cards.items.map(({ id, title }) => ask(title, (into) => showCard(into, id, redraw))),
    ...open.map(({ id, action, words: what }) =>
      ask(consent[action] + ' ' + what, (into) => showConsent(into, id, redraw)),
    ),
  ]
  place('asks').replaceChildren(...all)
  place('nothing').hidden = all.length > 0
  place('owned').replaceChildren(...wallets.map(shown))
  place('waiting').hidden = false
}

/** After something was signed. What has just cut itself off sees nothing any more. */
async function redraw() {
  try {
    await draw(await look('/v1/owner/view'))
  } catch (error) {
    if (error.code !== 'INVALID_TOKEN') throw error
    place('waiting').hidden = true
    place('who').hidden = false
    say(place('said').textContent + ' ' + words.noMore, 'done')
  }
}

start(draw)
`

/**
 * /owner/invite#<code>: whoever was invited names where all goes that they take out, makes a passkey and signs for both. What
 * follows # is in no request and in no log.
 */
export const INVITE_SCRIPT = `import { act, call, fill, lines, moment, place, say } from './common.js'
import { canMakePasskeys, makePasskey, signByPasskey, statementOf } from './owner.js'
import { invite as words } from './words.js'

const post = (step, body) =>
  call('/v1/owner/invitations/' + step, { method: 'POST', body: { code: location.hash.slice(1), ...body } })
let options
/** The same one when something has to be corrected. */
let passkey
let offered

async function show() {
  if (!canMakePasskeys()) throw new Error(words.noPasskeys)
  const { wallet, passkey: made, expiresAt } = await post('show', {})
  if (made.origin !== location.origin) throw new Error(words.elsewhere)
  options = made
  lines('lines', [fill(words.wallet, wallet), wallet.address, fill(words.until, { until: moment(expiresAt) })])
  place('lines').hidden = false
  place('naming').hidden = false
}

async function name() {
  place('signing').hidden = true
  passkey ??= await makePasskey(options)
  const network = place('place-network').value.trim()
  const withdrawTo = place('withdraw-to').value.trim()
  const body = { withdrawTo, ...(network !== '' && { network }), ...passkey.made }
  offered = { ...body, message: (await post('challenge', body)).message }
  place('statement').textContent = statementOf(offered.message)
  place('signing').hidden = false
}

async function sign() {
  const { signature } = await signByPasskey(offered.message, passkey.known)
  const { code, command, expiresAt } = await post('accept', { ...offered, signature })
  place('code').textContent = code
  place('command').textContent = command
  place('code-until').textContent = fill(words.codeUntil, { until: moment(expiresAt) })
  place('invited').hidden = true
  place('accepted').hidden = false
}

place('naming').addEventListener('submit', act(name))
place('sign').addEventListener('click', act(sign))
show().catch((error) => say(error.message ?? String(error), 'wrong'))
`

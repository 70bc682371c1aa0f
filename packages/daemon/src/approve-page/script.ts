/**
 * What the page does, as browsers run it. It builds everything with `textContent`: nothing that it is told becomes markup.
 * Wallets announce themselves by EIP-6963 and by the Wallet Standard.
 */
export const SCRIPT = String.raw`'use strict'
const id = decodeURIComponent(location.pathname.split('/').pop())
const place = (name) => document.getElementById(name)
const wallets = []
let asked
let sign

const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more })
const say = (text, kind = '') => {
  place('said').textContent = text
  place('said').className = kind
}
const bytes = (text) => new TextEncoder().encode(text)
const binary = (buffer) => String.fromCharCode(...new Uint8Array(buffer))
const base64 = (buffer) => btoa(binary(buffer))
const base64url = (buffer) => base64(buffer).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const hex = (buffer) => '0x' + [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('')

async function call(path, options) {
  const response = await fetch(path, options)
  const body = await response.json()
  if (!response.ok) throw new Error(body.hint ? body.message + ' (' + body.hint + ')' : body.message)
  return body
}

const challenge = (decision) =>
  call('/v1/transactions/' + encodeURIComponent(id) + '/challenge?decision=' + decision)
const addressIn = (message) => message.split('\n')[1]
const same = (one, other) =>
  one === other || (one.startsWith('0x') && one.toLowerCase() === other.toLowerCase())

/** Shows what waits to whoever has shown to be its owner. Undefined of an address: a passkey, which the daemon knows. */
async function show(address, how) {
  asked = await challenge('approve')
  if (address !== undefined && !same(address, addressIn(asked.message)))
    throw new Error(address + ' is not the owner of this wallet')
  sign = how
  // In one piece: what a memo says could look like a line of its own.
  place('what').replaceChildren(make('p', asked.message.split('\n')[3]))
  place('whole').textContent = asked.message
  place('who').hidden = true
  place('waiting').hidden = false
  say('')
}

async function decide(decision) {
  place('answers').disabled = true
  try {
    const { message } = await challenge(decision)
    const fresh = message.split('\n')[3].split(': ').slice(1).join(': ')
    const shown = asked.message.split('\n')[3].split(': ').slice(1).join(': ')
    // What is signed is what was read.
    if (fresh !== shown) throw new Error('this has changed since you looked: load the page again')
    const signed = await sign(message)
    const headers = {
      'content-type': 'application/json',
      'x-owner-address': signed.address,
      'x-owner-message': base64(bytes(message)),
      'x-owner-signature': signed.signature,
    }
    await call('/v1/transactions/' + encodeURIComponent(id) + '/' + decision, { method: 'POST', headers, body: '{}' })
    place('answers').hidden = true
    place('left').hidden = true
    say(decision === 'approve' ? 'Approved. The agent goes on by itself.' : 'Rejected. Nothing leaves.', 'done')
  } catch (error) {
    place('answers').disabled = false
    say(error.message, 'wrong')
  }
}

async function passkey() {
  const get = (challenge, ids = []) =>
    navigator.credentials.get({
      publicKey: { challenge, userVerification: 'required', allowCredentials: ids },
    })
  const found = await get(crypto.getRandomValues(new Uint8Array(32)))
  const credential = { type: 'public-key', id: found.rawId }
  await show(undefined, async (message) => {
    const { response } = await get(await crypto.subtle.digest('SHA-256', bytes(message)), [credential])
    const { authenticatorData, clientDataJSON, signature } = response
    const signed = {
      authenticatorData: base64url(authenticatorData),
      clientDataJSON: base64url(clientDataJSON),
      signature: base64url(signature),
    }
    return { address: 'passkey:' + base64url(found.rawId), signature: base64(bytes(JSON.stringify(signed))) }
  })
}

async function evmWallet(provider) {
  const [address] = await provider.request({ method: 'eth_requestAccounts' })
  await show(address, async (message) => ({
    address,
    signature: await provider.request({ method: 'personal_sign', params: [hex(bytes(message)), address] }),
  }))
}

async function solanaWallet(wallet) {
  const { accounts } = await wallet.features['standard:connect'].connect()
  const account = accounts.find((one) => one.chains.some((chain) => chain.startsWith('solana:')))
  if (!account) throw new Error(wallet.name + ' has no Solana account')
  await show(account.address, async (message) => {
    const [signed] = await wallet.features['solana:signMessage'].signMessage({ account, message: bytes(message) })
    return { address: account.address, signature: base64(signed.signature) }
  })
}

const elsewhere = () =>
  show(place('address').value.trim(), async (message) => {
    place('text').value = message
    place('elsewhere').showModal()
    await new Promise((resolve) => place('elsewhere').addEventListener('close', resolve, { once: true }))
    const signature = place('signature').value.trim()
    place('signature').value = ''
    if (signature === '') throw new Error('nothing was signed')
    return { address: addressIn(message), signature }
  })

const act = (how) => async (event) => {
  event.preventDefault()
  say('')
  try {
    await how()
  } catch (error) {
    say(error.message ?? String(error), 'wrong')
  }
}
function offer(name, how) {
  if (wallets.includes(name)) return
  wallets.push(name)
  const button = make('button', 'Use ' + name, { type: 'button' })
  button.addEventListener('click', act(how))
  place('wallets').append(button)
}

window.addEventListener('eip6963:announceProvider', ({ detail }) =>
  offer(detail.info.name, () => evmWallet(detail.provider)),
)
window.dispatchEvent(new Event('eip6963:requestProvider'))
const standard = {
  register: (...found) => {
    for (const wallet of found)
      if (wallet.features['solana:signMessage']) offer(wallet.name, () => solanaWallet(wallet))
  },
}
window.addEventListener('wallet-standard:register-wallet', ({ detail }) => detail(standard))
window.dispatchEvent(new CustomEvent('wallet-standard:app-ready', { detail: standard }))
if (window.PublicKeyCredential && window.isSecureContext) {
  place('passkey').hidden = false
  place('passkey').addEventListener('click', act(passkey))
}
place('other').addEventListener('submit', act(elsewhere))
place('approve').addEventListener('click', act(() => decide('approve')))
place('reject').addEventListener('click', act(() => decide('reject')))
setInterval(async () => {
  if (!asked || place('left').hidden) return
  const left = Math.max(0, asked.expiresAt - Math.floor(Date.now() / 1000))
  place('left').textContent = left > 0 ? 'This text is good for ' + left + ' s more.' : 'Getting it anew …'
  if (left === 0) asked = await challenge('approve').catch(() => asked)
}, 1000)
`

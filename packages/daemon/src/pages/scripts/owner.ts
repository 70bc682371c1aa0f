/**
 * Who the owner is, as browsers find out: by a wallet program (EIP-6963, Wallet Standard), a passkey, or a text that is signed
 * elsewhere. First the owner signs to look; the token of that is kept in this page's memory and nowhere else.
 */
export const OWNER = String.raw`import { act, call, fill, make, place, say } from './common.js'
import { who as words } from './words.js'

const bytes = (text) => new TextEncoder().encode(text)
const binary = (buffer) => String.fromCharCode(...new Uint8Array(buffer))
const base64 = (buffer) => btoa(binary(buffer))
const base64url = (buffer) => base64(buffer).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0))
const hex = (buffer) => '0x' + [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const addressIn = (message) => message.split('\n')[1]

/** How the owner signs, and the token that looks. */
let signs
let name
let token
let whenSeen
export const ownName = () => name
/** What is asked, as its text says it. */
export const statementOf = (message) => message.split('\n')[3]

export const canMakePasskeys = () => Boolean(window.PublicKeyCredential) && window.isSecureContext

const asOwner = async (message, how = signs) => {
  const { address, signature } = await how(message)
  if (how === signs) name = address
  return { 'x-owner-address': address, 'x-owner-message': base64(bytes(message)), 'x-owner-signature': signature }
}

/** Looks at something with the token. Once that has ended, the owner is asked once more who they are. */
export async function look(path, more = {}) {
  try {
    return await call(path, { ...more, headers: { authorization: 'Bearer ' + token } })
  } catch (error) {
    if (error.code !== 'TOKEN_EXPIRED') throw error
    place('who').hidden = false
    throw new Error(words.lookEnded)
  }
}

/** Asks for a text, has the owner sign it once it is what they were shown, and sends that. */
export async function agree({ ask, asking, check = () => {}, send, method = 'POST', body = {}, how }) {
  const { message } = await look(ask, asking === undefined ? {} : { method: 'POST', body: asking })
  await check(message)
  return call(send, { method, headers: await asOwner(message, how), ...(method === 'POST' && { body }) })
}

async function found(address, how) {
  const network = place('network').value.trim()
  const query = new URLSearchParams({ address, ...(network !== '' && { network }) })
  const { message } = await call('/v1/owner/view/challenge?' + query)
  signs = how
  const view = await call('/v1/owner/view', { method: 'POST', headers: await asOwner(message), body: {} })
  token = view.token
  await whenSeen(view)
  place('who').hidden = true
}

const knownBy = (rawId) => ({ type: 'public-key', id: rawId })

/** Makes a passkey; gives what the daemon takes, and how to ask for this one. */
export async function makePasskey({ rpId, challenge, algorithms }) {
  const { rawId, response } = await navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(challenge),
      rp: { id: rpId, name: 'WAIaaS' },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name: location.host, displayName: location.host },
      pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { userVerification: 'required', residentKey: 'required' },
      attestation: 'none',
    },
  })
  const made = {
    authenticatorData: base64url(response.getAuthenticatorData()),
    clientDataJSON: base64url(response.clientDataJSON),
  }
  return { known: knownBy(rawId), made }
}

/** Has a passkey sign a text: that one, or whichever somebody chooses. */
export async function signByPasskey(message, known) {
  const challenge = await crypto.subtle.digest('SHA-256', bytes(message))
  const publicKey = { challenge, userVerification: 'required', allowCredentials: known ? [known] : [] }
  const { rawId, response } = await navigator.credentials.get({ publicKey })
  const { authenticatorData, clientDataJSON, signature } = response
  const signed = {
    authenticatorData: base64url(authenticatorData),
    clientDataJSON: base64url(clientDataJSON),
    signature: base64url(signature),
  }
  return { rawId, signature: base64(bytes(JSON.stringify(signed))) }
}

async function passkey() {
  let known
  await found('passkey:', async (message) => {
    const { rawId, signature } = await signByPasskey(message, known)
    known = knownBy(rawId)
    return { address: 'passkey:' + base64url(rawId), signature }
  })
}

/** The wallet programs that are here: each gives how it signs as an address that it has, if it asks for it where need be. */
const programs = []
/** The one that somebody has chosen here. */
let program

const byProgram = (provider, address) => async (message) => ({
  address,
  signature: await provider.request({ method: 'personal_sign', params: [hex(bytes(message)), address] }),
})
const evmProgram = (provider) => async (address, mayAsk) => {
  const accounts = await provider.request({ method: mayAsk ? 'eth_requestAccounts' : 'eth_accounts' })
  const here = accounts.find((one) => one.toLowerCase() === address.toLowerCase())
  return here && byProgram(provider, here)
}
async function evmWallet(provider) {
  const [address] = await provider.request({ method: 'eth_requestAccounts' })
  program = evmProgram(provider)
  await found(address, byProgram(provider, address))
}

const bySolana = (wallet, account) => async (message) => {
  const [signed] = await wallet.features['solana:signMessage'].signMessage({ account, message: bytes(message) })
  return { address: account.address, signature: base64(signed.signature) }
}
async function solanaAccounts(wallet, mayAsk) {
  const connect = wallet.features['standard:connect']
  const { accounts } = connect && mayAsk ? await connect.connect() : wallet
  return accounts.filter((one) => one.chains.some((chain) => chain.startsWith('solana:')))
}
const solanaProgram = (wallet) => async (address, mayAsk) => {
  const account = (await solanaAccounts(wallet, mayAsk)).find((one) => one.address === address)
  return account && bySolana(wallet, account)
}
async function solanaWallet(wallet) {
  const [account] = await solanaAccounts(wallet, true)
  if (!account) throw new Error(fill(words.noSolanaAccount, { wallet: wallet.name }))
  program = solanaProgram(wallet)
  await found(account.address, bySolana(wallet, account))
}

/** Shows a dialog, and goes on with its yes alone. */
export async function asks(dialog) {
  place(dialog).returnValue = ''
  place(dialog).showModal()
  await new Promise((resolve) => place(dialog).addEventListener('close', resolve, { once: true }))
  if (place(dialog).returnValue !== 'go') throw new Error(words.nothingSigned)
}

async function pasted(message) {
  place('text').value = message
  place('signature').value = ''
  await asks('elsewhere')
  const signature = place('signature').value.trim()
  if (signature === '') throw new Error(words.nothingSigned)
  return { address: addressIn(message), signature }
}

const elsewhere = () => found(place('address').value.trim(), pasted)

/**
 * How another wallet signs: by a program that has shown it to this page already, or by the chosen one, which asks; else
 * elsewhere.
 */
export async function signsAs(address) {
  for (const one of programs) {
    const here = await one(address, false)
    if (here) return here
  }
  return (program && (await program(address, true))) || pasted
}

const offered = []
function offer(name, how, signsFor) {
  if (offered.includes(name)) return
  offered.push(name)
  programs.push(signsFor)
  const button = make('button', fill(words.useWallet, { wallet: name }), { type: 'button' })
  button.addEventListener('click', act(how))
  place('wallets').append(button)
}

/** Asks who is there; then this is called with what they own. */
export function start(seen) {
  whenSeen = seen
  window.addEventListener('eip6963:announceProvider', ({ detail }) =>
    offer(detail.info.name, () => evmWallet(detail.provider), evmProgram(detail.provider)),
  )
  window.dispatchEvent(new Event('eip6963:requestProvider'))
  const standard = {
    register: (...wallets) => {
      for (const wallet of wallets)
        if (wallet.features['solana:signMessage']) offer(wallet.name, () => solanaWallet(wallet), solanaProgram(wallet))
      return () => {}
    },
  }
  window.addEventListener('wallet-standard:register-wallet', ({ detail }) => detail(standard))
  window.dispatchEvent(new CustomEvent('wallet-standard:app-ready', { detail: standard }))
  if (canMakePasskeys()) {
    place('passkey').hidden = false
    place('passkey').addEventListener('click', act(passkey))
  }
  place('other').addEventListener('submit', act(elsewhere))
  place('copy').addEventListener('click', () => {
    place('text').select()
    navigator.clipboard?.writeText(place('text').value)
  })
}
`

import type { Assertion } from '../../packages/daemon/src/owners/webauthn.ts'
import type { Page } from './chromium.ts'

type Texts<Of> = { readonly [Name in keyof Of]: string }
const bytesOf = <Of extends object>(texts: Texts<Of>): Of =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text as string, 'base64')])) as Of

/** A virtual authenticator of a page: it verifies its user, or cannot. */
export async function virtualAuthenticator(page: Page, { verifies = true } = {}): Promise<{ remove(): Promise<void> }> {
  await page.send('WebAuthn.enable')
  const options = {
    ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
    ...{ hasUserVerification: verifies, isUserVerified: verifies, automaticPresenceSimulation: true },
  }
  const { authenticatorId } = await page.send('WebAuthn.addVirtualAuthenticator', { options })
  return { remove: async () => void (await page.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })) }
}

/** Makes a passkey as a page does; `challenge` is base64url. */
export const createPasskey = async (page: Page, challenge: string, userVerification = 'required') =>
  bytesOf<Omit<Assertion, 'signature'>>(await page.run(inPageCreate, { challenge, userVerification }))

/** Signs with it as a page does. */
export const signWithPasskey = async (page: Page, challenge: string, id: string) =>
  bytesOf<Assertion>(await page.run(inPageGet, { challenge, id }))

// Both run in the page, where nothing of this file is known.

async function inPageCreate({ challenge, userVerification }: { challenge: string; userVerification: string }) {
  const bytes = (text: string) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0))
  const text = (buffer: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  // biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
  const { navigator } = globalThis as any
  const { response } = await navigator.credentials.create({
    publicKey: {
      ...{ challenge: bytes(challenge), rp: { name: 'WAIaaS' }, attestation: 'none' },
      user: { id: new Uint8Array(16), name: 'owner', displayName: 'owner' },
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      authenticatorSelection: { userVerification, residentKey: 'required' },
    },
  })
  return { authenticatorData: text(response.getAuthenticatorData()), clientDataJSON: text(response.clientDataJSON) }
}

async function inPageGet({ challenge, id }: { challenge: string; id: string }) {
  const bytes = (text: string) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0))
  const text = (buffer: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  // biome-ignore lint/suspicious/noExplicitAny: Node's types know no browser
  const { navigator } = globalThis as any
  const allowCredentials = [{ type: 'public-key', id: bytes(id) }]
  const publicKey = { challenge: bytes(challenge), userVerification: 'required', allowCredentials }
  const { response } = await navigator.credentials.get({ publicKey })
  return {
    authenticatorData: text(response.authenticatorData),
    clientDataJSON: text(response.clientDataJSON),
    signature: text(response.signature),
  }
}

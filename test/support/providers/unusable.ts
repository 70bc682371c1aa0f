import type { Profile, Refusal, Source } from './profile.ts'

/** Addresses behind which no node answers, though something does. */
type Unusable = {
  readonly name: string
  readonly what: string
  readonly sources: readonly Source[]
  readonly refusal: Refusal
}

export const unusable: readonly Unusable[] = [
  {
    name: 'redirect',
    what: 'An address that moved: every request is answered with another address.',
    sources: [
      {
        url: 'https://www.rfc-editor.org/rfc/rfc9110#name-redirection-3xx',
        kind: 'documented',
        says: 'a redirect of a POST may be followed; it would take the key in an address to another host',
      },
    ],
    refusal: {
      status: 301,
      headers: { 'content-type': 'text/html', location: 'https://rpc.example.org/v2/moved' },
      says: '<html><body>301 Moved Permanently</body></html>',
    },
  },
  {
    name: 'captive-portal',
    what: 'A network that wants a login first, or a parked domain: a page with status 200.',
    sources: [
      {
        url: 'https://www.rfc-editor.org/rfc/rfc6585#section-6',
        kind: 'documented',
        says: 'portals should answer 511, and many answer with their page instead',
      },
    ],
    refusal: {
      status: 200,
      headers: { 'content-type': 'text/html' },
      says: '<!doctype html><html><title>Welcome to our Wi-Fi</title></html>',
    },
  },
  {
    name: 'ankr-without-a-key',
    what: 'A provider that wants a key: HTTP 403 and an error that says so.',
    sources: [
      {
        url: 'https://github.com/BitteProtocol/near-ca/pull/173',
        kind: 'reported',
        says: '-32000 "Unauthorized: You must authenticate your request with an API key", id null',
      },
      { url: 'https://github.com/tahowallet/extension/pull/3808', kind: 'reported', says: 'with status 403' },
    ],
    refusal: {
      status: 403,
      says: {
        code: -32000,
        message:
          'Unauthorized: You must authenticate your request with an API key. Create an account on https://www.ankr.com/rpc/ and generate your personal API key for free.',
      },
    },
  },
]

/** The same address as an endpoint of a chain. */
export const unusableOn = ({ name, what, sources, refusal }: Unusable, chain: Profile['chain']): Profile => ({
  name,
  chain,
  what,
  sources,
  habits: { everything: refusal },
})

import { type Channel, operations } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import type { TestDaemon } from './daemon.ts'
import type { TestOwner } from './owners.ts'
import type { Telegram } from './telegram-api.ts'

/** Test support: how a person lets something go on, as soon as it waits. */
export type Tap = { readonly channel: Channel; readonly actor: string; tap(id: string): Promise<unknown> }

/** Whom the operator is told as. */
export const OPERATOR = { channel: 'rest', actor: 'operator' } as const

/** The operator, over HTTP. */
export const operatorTaps = (operator: WAIaaSClient): Tap => ({
  ...OPERATOR,
  tap: (id) => operator.adminApproveTransaction({ id }),
})

/** The operator, on the admin page: logged in there, with the password for this once, and by the card that is shown. */
export async function adminPageTaps(daemon: Pick<TestDaemon, 'call'>, password: string): Promise<Tap> {
  const { method, path } = operations.adminApproveTransaction
  const typed = { 'x-master-password': password, 'sec-fetch-site': 'same-origin' }
  const login = await daemon.call<{ token: string }>('POST', '/v1/admin/logins', {
    ...{ headers: typed, body: { carrier: 'cookie' } },
  })
  const [cookie] = login.headers.get('set-cookie')!.split(';')
  const headers = { ...typed, cookie: cookie!, 'x-page-secret': login.body.token }
  async function tap(id: string) {
    const card = await daemon.call<{ code: string }>('GET', operations.getCard.path.replace('{id}', id), { headers })
    const { code } = card.body
    const { status, text } = await daemon.call(method, path.replace('{id}', id), { headers, body: { code } })
    if (status !== 200) throw new Error(text)
  }
  return { ...OPERATOR, tap }
}

const ofOwner = ({ address }: TestOwner) => ({ channel: 'rest', actor: `owner:${address}` }) as const

/** An owner, by what they sign with. */
export const ownerTaps = (operator: WAIaaSClient, owner: TestOwner): Tap => ({
  ...ofOwner(owner),
  async tap(id) {
    const asked = { id, decision: 'approve', signer: owner.address } as const
    const { message } = await operator.getTransactionChallenge(asked)
    await operator.approveTransaction({ id }, { owner: await owner.word(message) })
  },
})

/** An owner, as the approval page does it, which has no password: it looks, shows the card and has its text signed. */
export const approvalPageTaps = (nobody: WAIaaSClient, owner: TestOwner): Tap => ({
  ...ofOwner(owner),
  async tap(id) {
    const look = await nobody.getViewChallenge({ address: owner.address })
    const { token: view } = await nobody.startView({}, { owner: await owner.word(look.message) })
    const { code } = await nobody.getCard({ id }, { view })
    const { message } = await nobody.getTransactionChallenge(
      { id, decision: 'approve', signer: owner.address },
      { view },
    )
    if (!message.includes(`Code ${code}`)) throw new Error('the text is of another card')
    await nobody.approveTransaction({ id }, { owner: await owner.word(message) })
  },
})

/** Somebody who is paired, in their chat. */
export const telegramTaps = (operator: WAIaaSClient, telegram: Telegram, chat: number): Tap => ({
  ...{ channel: 'telegram', actor: `telegram:${chat}` },
  async tap(id) {
    const { code } = await operator.getCard({ id })
    const told = await telegram.when(() =>
      telegram.sent.find((one) => one.chat === chat && one.text.includes(code) && one.buttons.length > 0),
    )
    const { callback_data } = told.buttons.find(({ text }) => text.startsWith('Approve'))!
    telegram.taps(chat, callback_data, { message: told.id })
  },
})

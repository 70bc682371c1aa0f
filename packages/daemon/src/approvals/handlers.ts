import { type cardOperations, Failure, type Handlers, type telegramOperations } from '@waiaas/contract'
import { by, maySee } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { ApprovalService } from './service.ts'

/** Cards, and who may use the Telegram bot, to calls of the service. */
export const approvalHandlers = ({
  cards,
  pairing,
}: Pick<ApprovalService, 'cards' | 'pairing'>): Handlers<typeof cardOperations & typeof telegramOperations, Calls> => ({
  getCard: ({ principal }, { id }) =>
    principal.kind === 'agent'
      ? cards.ofAgent(id, principal.sessionId)
      : cards.card(id, (walletId) => {
          if (!maySee(principal, walletId)) throw new Failure('TX_NOT_FOUND', 'no such transaction')
        }),
  listWaiting: ({ principal }, { walletId, ...asked }) => {
    const wanted = walletId === undefined ? undefined : [walletId]
    if (principal.kind === 'operator') return cards.waiting({ ...asked, walletIds: wanted })
    return cards.waiting({ ...asked, walletIds: (wanted ?? principal.sees).filter((id) => maySee(principal, id)) })
  },
  listTelegramUsers: () => pairing.list(),
  pairTelegramUser: (call, { chatId, role }) => pairing.pair(chatId, role, by(call)),
  unpairTelegramUser: (call, { chatId }) => pairing.unpair(chatId, by(call)),
})

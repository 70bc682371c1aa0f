import type { Chain } from '../../chains/chain.ts'
import type { ReadMessage } from '../../chains/messages.ts'
import { addressOf } from '../lanes/lane-id.ts'
import { intentOf } from '../rows/readings.ts'
import type { TransactionRow } from '../rows/store.ts'

/** What a stored request has signed, read from what it asked for. */
export function messageOf(chain: Chain, row: Pick<TransactionRow, 'lane' | 'request'>): ReadMessage {
  if (!chain.messages) throw new Error(`${chain.network.id} signs no messages`)
  return chain.messages.read(addressOf(row.lane), intentOf(row))
}

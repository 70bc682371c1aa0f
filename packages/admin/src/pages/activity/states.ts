import type { Transaction } from '@waiaas/contract'
import type { Tone } from '../../parts/values.tsx'
import { pair, type Words } from '../../words/pair.ts'

type Status = Transaction['status']

/** Each state as people call it. */
export const statusWords: Readonly<Record<Status, Words>> = pair({
  en: {
    PENDING: 'In line',
    QUEUED: 'Waits',
    GAS_WAITING: 'Waits for cheaper gas',
    EXECUTING: 'Being signed',
    SUBMITTED: 'Sent',
    CONFIRMED: 'Done',
    FAILED: 'Failed',
    CANCELLED: 'Cancelled',
    EXPIRED: 'Nobody answered in time',
    PARTIAL_FAILURE: 'Failed in part',
    SIGNED: 'Signed',
  },
  ko: {
    PENDING: '차례 대기',
    QUEUED: '대기',
    GAS_WAITING: '가스비 하락 대기',
    EXECUTING: '서명 중',
    SUBMITTED: '전송됨',
    CONFIRMED: '완료',
    FAILED: '실패',
    CANCELLED: '취소됨',
    EXPIRED: '시간 초과',
    PARTIAL_FAILURE: '일부 실패',
    SIGNED: '서명됨',
  },
})

const more = pair({
  en: { refused: 'Refused', approval: 'Waits for approval', delay: 'Delayed' },
  ko: { refused: '거절됨', approval: '승인 대기', delay: '지연됨' },
})

/** What was asked for, as people call it. */
export const typeWords: Readonly<Record<Transaction['type'], Words>> = pair({
  en: {
    TRANSFER: 'Payment',
    TOKEN_TRANSFER: 'Token payment',
    CONTRACT_CALL: 'Contract call',
    APPROVE: 'Allowance',
    BATCH: 'Several at once',
    NFT_TRANSFER: 'NFT',
    SIGN: 'Signature',
    X402_PAYMENT: 'x402 payment',
    CONTRACT_DEPLOY: 'New contract',
  },
  ko: {
    TRANSFER: '송금',
    TOKEN_TRANSFER: '토큰 송금',
    CONTRACT_CALL: '컨트랙트 호출',
    APPROVE: '사용 승인',
    BATCH: '묶음',
    NFT_TRANSFER: 'NFT',
    SIGN: '서명',
    X402_PAYMENT: 'x402 결제',
    CONTRACT_DEPLOY: '새 컨트랙트',
  },
})

const TONES: Readonly<Record<Status, Tone>> = {
  PENDING: 'plain',
  QUEUED: 'warn',
  GAS_WAITING: 'warn',
  EXECUTING: 'plain',
  SUBMITTED: 'plain',
  CONFIRMED: 'good',
  FAILED: 'bad',
  CANCELLED: 'plain',
  EXPIRED: 'plain',
  PARTIAL_FAILURE: 'bad',
  SIGNED: 'good',
}

type Stated = Pick<Transaction, 'status' | 'tier'>

/** It was never let pass: nobody cancelled it. */
const isRefused = ({ status, tier }: Stated): boolean => tier === null && status === 'CANCELLED'

/** The state of one in a word or two, and how it is to be taken. */
export function stateOf({ status, tier }: Stated): { readonly words: Words; readonly tone: Tone } {
  if (isRefused({ status, tier })) return { words: more.refused, tone: 'bad' }
  if (status === 'QUEUED') return { words: tier === 'DELAY' ? more.delay : more.approval, tone: 'warn' }
  return { words: statusWords[status], tone: TONES[status] }
}

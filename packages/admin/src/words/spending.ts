import { pair } from './pair.ts'

/** What limits over time have left. */
export const words = pair({
  en: {
    all: 'All of it is back {at}.',
    daily_limit_usd: 'Any 24 hours',
    held: 'It is held for payments that wait or are on their way.',
    monthly_limit_usd: 'Any 30 days',
    none: 'No limit over time: each payment is judged by itself.',
    nothing: 'Nothing is spent.',
    of: '{used} of {limit} USD',
    on: '{window} on {networks}',
    some: 'The first part is back {first}, all of it {last}.',
    title: 'Spent of what may be spent',
  },
  ko: {
    all: '{at} 전액이 다시 쓸 수 있게 됩니다.',
    daily_limit_usd: '24시간 동안',
    held: '대기 중이거나 진행 중인 결제를 위해 잡혀 있습니다.',
    monthly_limit_usd: '30일 동안',
    none: '기간 한도 없음: 결제마다 따로 판단합니다.',
    nothing: '쓴 금액이 없습니다.',
    of: '{limit} USD 중 {used}',
    on: '{networks}에서 {window}',
    some: '{first} 첫 금액이, {last} 전액이 다시 쓸 수 있게 됩니다.',
    title: '한도 중 쓴 금액',
  },
})

import { pair } from '../../words/pair.ts'

export const words = pair({
  en: {
    nav: 'Home',
    title: 'Home',
    wallets: 'Wallets',
    nothingWaits: 'Nothing waits for you.',
    waits: 'Waits for you',
  },
  ko: { nav: '홈', title: '홈', wallets: '지갑', nothingWaits: '기다리는 요청이 없습니다.', waits: '승인 대기' },
})

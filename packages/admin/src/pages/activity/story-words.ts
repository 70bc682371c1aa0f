import { pair } from '../../words/pair.ts'

/** What became of a signature. */
export const attemptWords = pair({
  en: {
    issued: 'not signed yet',
    recorded: 'signed',
    included: 'in a block',
    final: 'final',
    void: 'never to land',
    dropped: 'dropped, never sent',
    reused: 'dropped, its place reused',
  },
  ko: {
    issued: '아직 서명 안 됨',
    recorded: '서명됨',
    included: '블록에 포함',
    final: '확정',
    void: '처리되지 않음',
    dropped: '버려짐, 전송 안 됨',
    reused: '버려짐, 순번 재사용',
  },
})

/** What a signature was made for. */
export const purposeWords = pair({
  en: {
    send: 'Signed to be sent',
    'sign-only': 'Signed for its caller to send',
    'speed-up': 'Signed to speed it up',
    cancel: 'Signed to cancel it',
  },
  ko: {
    send: '전송용 서명',
    'sign-only': '요청자가 직접 보낼 서명',
    'speed-up': '빠르게 하기 위한 서명',
    cancel: '취소를 위한 서명',
  },
})

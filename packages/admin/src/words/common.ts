import { pair } from './pair.ts'

/** What more than one page says. */
export const common = pair({
  en: {
    cancel: 'Cancel',
    close: 'Close',
    consent: 'The owner reads it and agrees here',
    copied: 'Copied',
    copy: 'Copy',
    goOn: 'Go on',
    loading: 'Loading…',
    menu: 'Menu',
    nothing: 'Nothing here yet.',
    password: 'Master password',
    passwordTitle: 'Type the master password',
    passwordWhy: 'A login looks and stops. What can let more out takes the password itself; the page keeps it nowhere.',
    search: 'Search',
    tryAgain: 'Try again',
    typeName: 'Type “{name}” to go on',
    unknown: 'unknown',
    wouldPass: 'What would pass',
  },
  ko: {
    cancel: '취소',
    close: '닫기',
    consent: '소유자가 여기서 읽고 동의합니다',
    copied: '복사됨',
    copy: '복사',
    goOn: '계속',
    loading: '불러오는 중…',
    menu: '메뉴',
    nothing: '아직 아무것도 없습니다.',
    password: '마스터 비밀번호',
    passwordTitle: '마스터 비밀번호를 입력하세요',
    passwordWhy:
      '로그인만으로는 보고 멈출 수만 있습니다. 더 많은 것을 내보낼 수 있는 일에는 비밀번호가 필요하며, 이 페이지는 비밀번호를 어디에도 저장하지 않습니다.',
    search: '검색',
    tryAgain: '다시 시도',
    typeName: '계속하려면 “{name}”을(를) 입력하세요',
    unknown: '알 수 없음',
    wouldPass: '통과할 수 있는 조건',
  },
})

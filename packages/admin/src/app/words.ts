import { pair } from '../words/pair.ts'

/** What the frame says. */
export const words = pair({
  en: {
    language: 'Language',
    logIn: 'Log in',
    logInWhy:
      'Your master password opens this page. A login looks and stops; what can let more out asks for the password again.',
    logOut: 'Log out',
    looking: 'You are looking only. What changes, approves or stops something takes a login with the master password.',
    main: 'Pages',
    onlyLook: 'Look only, with the password for looking',
    skip: 'Skip to the content',
    stop: 'Stop everything',
    theme: 'Colours',
    themeAuto: 'As the system',
    themeDark: 'Dark',
    themeLight: 'Light',
    viewPassword: 'Password for looking',
    unsafe:
      'This page works over https or on the machine of the daemon only: open http://localhost with its port there, or set up https.',
  },
  ko: {
    language: '언어',
    logIn: '로그인',
    logInWhy:
      '마스터 비밀번호로 이 페이지를 엽니다. 로그인하면 보고 멈출 수 있으며, 더 많은 것을 내보낼 수 있는 일에는 비밀번호를 다시 묻습니다.',
    logOut: '로그아웃',
    looking: '보기 전용입니다. 변경, 승인, 중지는 마스터 비밀번호로 로그인해야 합니다.',
    main: '페이지',
    onlyLook: '보기 전용 비밀번호로 보기만 하기',
    skip: '본문으로 건너뛰기',
    stop: '모두 멈추기',
    theme: '색상',
    themeAuto: '시스템 설정',
    themeDark: '어둡게',
    themeLight: '밝게',
    viewPassword: '보기 전용 비밀번호',
    unsafe:
      '이 페이지는 https 또는 데몬이 실행되는 컴퓨터에서만 작동합니다. 그 컴퓨터에서 http://localhost와 포트를 열거나 https를 설정하세요.',
  },
})

import { pair } from '../../words/pair.ts'

export const words = pair({
  en: {
    nav: 'Set-up',
    title: 'Before real money',
    intro: 'What should hold before real money moves. The daemon looks at each of these by itself.',
    doneOf: '{done} of {total} done',
    allDone: 'All of it holds.',
    done: 'done',
    todo: 'to do',
    openPage: 'Open the page where it is done',
    orCommand: 'Or at the terminal:',
    command: 'At the terminal:',
  },
  ko: {
    nav: '준비',
    title: '실제 자금을 쓰기 전에',
    intro: '실제 자금이 움직이기 전에 갖춰야 할 것입니다. 데몬이 하나하나 스스로 확인합니다.',
    doneOf: '{total}개 중 {done}개 완료',
    allDone: '모두 갖췄습니다.',
    done: '완료',
    todo: '할 일',
    openPage: '처리할 페이지 열기',
    orCommand: '또는 터미널에서:',
    command: '터미널에서:',
  },
})

import type { Check } from '@waiaas/contract'
import { useLanguage } from './language.tsx'

/** Korean titles of what is looked at before real money moves; the daemon has the English ones. */
const koreanTitles: Readonly<Record<Check['name'], string>> = {
  daemon: '데몬',
  kill_switch: '킬 스위치',
  password: '비밀번호',
  backup: '백업',
  backup_place: '백업 위치',
  limits: '한도',
  endpoints: '엔드포인트',
  channel: '알림',
  warning: '경고',
}

/** What a check is about, to the reader. */
export function useCheckTitle(): (check: Pick<Check, 'name' | 'title'>) => string {
  const { language } = useLanguage()
  return ({ name, title }) => (language === 'ko' ? koreanTitles[name] : title)
}

import { useLanguage } from '../../words/language.tsx'
import { pair } from '../../words/pair.ts'

/** English names of fields whose own name says too little; the others are read from their names. */
const englishFields: Readonly<Record<string, string>> = {
  instant_max: 'At once up to, in native currency',
  notify_max: 'With a notice up to, in native currency',
  delay_max: 'After a delay up to, in native currency',
  instant_max_usd: 'At once up to',
  notify_max_usd: 'With a notice up to',
  delay_max_usd: 'After a delay up to',
  daily_limit_usd: 'Most in 24 hours',
  monthly_limit_usd: 'Most in 30 days',
  token_limits: 'Limits of single tokens',
  delay_seconds: 'How long a delay is',
  approval_timeout: 'How long an approval waits',
  max_fee_usd: 'Largest fee',
  max_fee: 'Largest fee, in native currency',
  first_recipient: 'Somebody new',
  over_limit: 'Above the daily or monthly limit',
  wait_seconds: 'Known after',
  max_requests: 'Most requests',
  window_seconds: 'Within',
  allowed_addresses: 'Addresses',
}
/** Korean names of the fields of rules. */
export const koreanFields: Readonly<Record<string, string>> = {
  address: '주소',
  allowed_addresses: '허용된 주소',
  allowed_days: '요일',
  allowed_hours: '시간',
  approval_timeout: '승인 대기 시간',
  assetId: '자산 ID',
  assets: '자산',
  below_threshold_tier: '점수가 낮을 때의 단계',
  blockUnlimited: '무제한 거부',
  category: '종류',
  chain: '체인',
  check_counterparty: '상대방 확인',
  contractAddress: '컨트랙트 주소',
  contracts: '컨트랙트',
  daily_limit_usd: '하루 한도',
  delay_max: '지연 후 최대 (기본 통화)',
  delay_max_usd: '지연 후 최대 (USD)',
  delay_seconds: '지연 시간',
  domain: '도메인',
  domains: '도메인',
  end: '끝',
  first_recipient: '새 수신자',
  id: 'ID',
  instant_max: '즉시 최대 (기본 통화)',
  instant_max_usd: '즉시 최대 (USD)',
  market: '시장',
  markets: '시장',
  maxAmount: '최대 금액',
  maxLeverage: '최대 레버리지',
  maxLtv: '최대 LTV',
  maxPositionUsd: '최대 포지션',
  max_fee: '최대 수수료 (기본 통화)',
  max_fee_usd: '최대 수수료 (USD)',
  max_requests: '최대 요청 수',
  methods: '함수',
  min_score: '최소 점수',
  monthly_limit_usd: '한 달 한도',
  name: '이름',
  network: '네트워크',
  networks: '네트워크',
  notify_max: '알림 후 최대 (기본 통화)',
  notify_max_usd: '알림 후 최대 (USD)',
  over_limit: '한도를 넘으면',
  per_action_limit_usd: '작업당 한도',
  personal: '일반 텍스트',
  primary_type: '데이터 형식',
  rate_limit_rpm: '분당 요청 수',
  selectors: '함수 선택자',
  siwe_domains: '로그인 도메인',
  spenders: '지출자',
  start: '시작',
  symbol: '기호',
  tag1: '태그 1',
  tag2: '태그 2',
  tier: '단계',
  tier_on_exceed: '초과 시 단계',
  timezone: '시간대',
  token_limits: '토큰별 한도',
  tokens: '토큰',
  typed_data: '형식화된 데이터',
  unrated_tier: '평가가 없을 때의 단계',
  venues: '거래소',
  verifying_contract: '검증 컨트랙트',
  wait_seconds: '대기 시간',
  warningLeverage: '경고 레버리지',
  warningLtv: '경고 LTV',
  warningPositionUsd: '경고 포지션',
  window_seconds: '기간',
}

/** `daily_limit_usd` is "Daily limit": the unit stands beside what is filled in. */
function englishField(name: string): string {
  const named = englishFields[name]
  if (named !== undefined) return named
  const spaced = name
    .replace(/(_usd|Usd|_seconds|_rpm)$/, '')
    .replaceAll(/([a-z])([A-Z0-9])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

/** The name of a field of rules, to the reader. */
export function useFieldName(): (name: string) => string {
  const { language } = useLanguage()
  return (name) => (language === 'ko' ? koreanFields[name] : undefined) ?? englishField(name)
}

/** What becomes of a request. */
const tiers = pair({
  en: {
    INSTANT: 'At once',
    NOTIFY: 'At once, with a notice',
    DELAY: 'After a delay',
    APPROVAL: 'With your approval',
    DENY: 'Refused',
  },
  ko: { INSTANT: '즉시', NOTIFY: '즉시, 알림과 함께', DELAY: '지연 후', APPROVAL: '승인 후', DENY: '거부' },
})
const isTier = (name: string): name is keyof typeof tiers => Object.hasOwn(tiers, name)

/** One of a few values, to the reader; one that is no tier as it is written. */
export function useChoiceName(): (value: string) => string {
  const { language } = useLanguage()
  return (value) => (isTier(value) ? tiers[value][language] : value)
}

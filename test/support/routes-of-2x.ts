/**
 * Every route of release 2.x with the status and the fields of its answer, as its clients know them. `/v1` stands in front of
 * each path but those that begin with `//`.
 */
const TABLE = `
GET //health 200 status version latestVersion updateAvailable schemaVersion uptime timestamp
GET //doc 200
GET /nonce 200 nonce expiresAt
GET /skills/{name} 200 name content
POST /utils/encode-calldata 200 calldata selector functionName
GET /connect-info 200 session wallets policies capabilities defaultDeny daemon rpcProxy supportedChainIds prompt
GET /wallets 200 items
POST /wallets 201 id name chain network environment publicKey status ownerAddress ownerState monitorIncoming accountType createdAt session
GET /wallets/{id} 200 id name chain network environment publicKey status ownerAddress ownerVerified ownerState approvalMethod accountType suspendedAt suspensionReason createdAt updatedAt
PUT /wallets/{id} 200 id name chain network environment publicKey status ownerAddress ownerState createdAt
PATCH /wallets/{id} 200 id monitorIncoming
DELETE /wallets/{id} 200 id status
DELETE /wallets/{id}/purge 200 id status
POST /wallets/{id}/suspend 200 id status suspendedAt suspensionReason
POST /wallets/{id}/resume 200 id status
PUT /wallets/{id}/owner 200 id name chain network environment publicKey status ownerAddress ownerVerified approvalMethod updatedAt
POST /wallets/{id}/owner/verify 200 ownerState ownerAddress ownerVerified
GET /wallets/{id}/networks 200 id chain environment availableNetworks
POST /wallets/{id}/withdraw 200 total succeeded failed results
PUT /wallets/{id}/provider 200 id provider updatedAt
POST /sessions 201 id token expiresAt walletId wallets
GET /sessions 200 data total limit offset
DELETE /sessions/{id} 200 id status message
PUT /sessions/{id}/renew 200 id token expiresAt renewalCount
POST /sessions/{id}/rotate 200 id token expiresAt tokenIssuedCount
POST /sessions/{id}/wallets 201 sessionId walletId createdAt
GET /sessions/{id}/wallets 200 wallets
DELETE /sessions/{id}/wallets/{walletId} 204
POST /mcp/tokens 201 walletId walletName tokenPath expiresAt claudeDesktopConfig
GET /wallet/address 200 walletId chain network environment address
GET /wallet/balance 200 walletId chain network address balance decimals symbol balanceFormatted displayBalance displayCurrency chainId assetId balances environment
GET /wallet/assets 200 walletId chain network assets displayCurrency chainId networkAssets environment
GET /wallet/incoming 200 data nextCursor hasMore
GET /wallet/incoming/summary 200 period entries
GET /wallet/staking 200 walletId positions
GET /wallet/positions 200 walletId positions totalValueUsd
GET /wallet/health-factor 200 walletId factor totalCollateralUsd totalDebtUsd currentLtv status
GET /wallet/nfts 200 items pageKey totalCount
GET /wallet/nfts/{tokenIdentifier} 200 tokenId contractAddress standard
GET /wallet/nfts/{tokenIdentifier}/approvals 200 tokenId contractAddress standard approvals
GET /wallets/{id}/nfts 200 items pageKey totalCount
GET /wallets/{id}/nfts/{tokenIdentifier} 200 tokenId contractAddress standard
POST /transactions/send 201 id status
POST /transactions/simulate 200 success policy fee balanceChanges warnings simulation meta
POST /transactions/sign 200 id signedTransaction txHash operations policyResult
POST /transactions/sign-message 200 id signature signType
GET /transactions 200 items cursor hasMore
GET /transactions/pending 200 items
GET /transactions/{id} 200 id walletId type status tier chain network toAddress amount txHash error createdAt displayAmount displayCurrency amountFormatted amountDecimals amountSymbol chainId
POST /transactions/{id}/approve 200 id status approvedAt
POST /transactions/{id}/reject 200 id status rejectedAt
POST /transactions/{id}/cancel 200 id status
POST /wallets/{id}/userop/build 200 sender nonce callData factory factoryData entryPoint buildId
POST /wallets/{id}/userop/sign 200 signedUserOperation txId
POST /x402/fetch 200 status headers body payment
GET /erc8004/agent/{agentId} 200 agentId
GET /erc8004/agent/{agentId}/reputation 200 agentId
GET /erc8004/registration-file/{walletId} 200
GET /erc8004/validation/{requestHash} 200 requestHash
POST /erc8128/sign 200 signatureInput signature
POST /erc8128/verify 200 valid
POST /rpc-evm/{walletId}/{chainId} 200
POST /wallets/{id}/wc/pair 200 uri qrCode expiresAt
GET /wallets/{id}/wc/session 200 walletId topic
DELETE /wallets/{id}/wc/session 200 disconnected
GET /wallets/{id}/wc/pair/status 200 status
POST /wallet/wc/pair 200 uri qrCode expiresAt
GET /wallet/wc/session 200 walletId topic
DELETE /wallet/wc/session 200 disconnected
GET /wallet/wc/pair/status 200 status
GET /actions/providers 200 providers
POST /actions/{provider}/{action} 201 id status
POST /admin/actions/{provider}/{action} 201 id status
GET /wallets/{walletId}/actions 200 actions total limit offset
GET /wallets/{walletId}/actions/{actionId} 200 id
GET /wallets/{walletId}/hyperliquid/positions 200 positions
GET /wallets/{walletId}/hyperliquid/orders 200 orders
GET /wallets/{walletId}/hyperliquid/account 200 state
GET /wallets/{walletId}/hyperliquid/fills 200 fills
GET /wallets/{walletId}/hyperliquid/spot/balances 200 balances
GET /wallets/{walletId}/hyperliquid/sub-accounts 200 subAccounts
GET /wallets/{walletId}/hyperliquid/sub-accounts/{subAddress}/positions 200 positions
GET /hyperliquid/markets 200 markets
GET /hyperliquid/spot/markets 200 markets
GET /hyperliquid/funding-rates 200 rates
GET /wallets/{walletId}/polymarket/positions 200 positions
GET /wallets/{walletId}/polymarket/orders 200 orders
GET /wallets/{walletId}/polymarket/orders/{orderId} 200 order
GET /wallets/{walletId}/polymarket/balance 200 walletId positions tokenCount
GET /wallets/{walletId}/polymarket/pnl 200 walletId pnl
POST /wallets/{walletId}/polymarket/setup 200 walletId setup
GET /polymarket/markets 200 markets
GET /polymarket/markets/{conditionId} 200 market
GET /polymarket/events 200 events
POST /policies 201 id walletId type rules priority enabled network createdAt updatedAt
GET /policies 200 data total limit offset
GET /policies/{id} 200 id walletId type rules priority enabled network createdAt updatedAt
PUT /policies/{id} 200 id walletId type rules priority enabled network createdAt updatedAt
DELETE /policies/{id} 200 id deleted
GET /tokens 200 network tokens
GET /tokens/resolve 200 symbol name decimals address network
POST /tokens 201 id network address symbol
DELETE /tokens 200 removed network address
GET /admin/status 200 status version latestVersion updateAvailable uptime walletCount activeSessionCount killSwitchState adminTimeout timestamp policyCount recentTxCount failedTxCount autoProvisioned recentTransactions
GET /admin/kill-switch 200 state activatedAt activatedBy
POST /admin/kill-switch 200 state activatedAt
POST /admin/kill-switch/escalate 200 state escalatedAt
POST /admin/recover 200 state recoveredAt
POST /owner/kill-switch 200 state activatedAt
POST /admin/shutdown 200 message
PUT /admin/master-password 200 message walletsReEncrypted settingsReEncrypted
POST /admin/rotate-secret 200 rotatedAt message
GET /admin/settings 200
PUT /admin/settings 200 updated settings
GET /admin/settings/schema 200 settings categories
POST /admin/settings/test-rpc 200 success latencyMs error
GET /admin/oracle-status 200 cache sources crossValidation
GET /admin/api-keys 200 keys
PUT /admin/api-keys/{provider} 200 success providerName
DELETE /admin/api-keys/{provider} 200 success
GET /admin/forex/rates 200 rates
GET /admin/rpc-status 200 networks builtinUrls
GET /admin/notifications/status 200 enabled channels
POST /admin/notifications/test 200 results
GET /admin/notifications/log 200 logs total page pageSize
GET /admin/transactions 200 items total offset limit
GET /admin/incoming 200 items total offset limit
POST /admin/agent-prompt 201 prompt walletCount sessionsCreated sessionReused expiresAt
POST /admin/sessions/{id}/reissue 200 token sessionId tokenIssuedCount expiresAt
POST /admin/transactions/{id}/cancel 200 id status
POST /admin/transactions/{id}/reject 200 id status rejectedAt
POST /admin/backup 200 path filename size created_at daemon_version schema_version file_count
GET /admin/backups 200 backups total retention_count
GET /admin/stats 200 transactions sessions wallets rpc autostop notifications system
GET /admin/autostop/rules 200 globalEnabled rules
PUT /admin/autostop/rules/{id} 200 id displayName description enabled subscribedEvents config state
GET /admin/wallets/{id}/transactions 200 items total
GET /admin/wallets/{id}/balance 200 balances
GET /admin/wallets/{id}/staking 200 walletId positions
GET /admin/defi/positions 200 positions totalValueUsd worstHealthFactor activeCount
GET /admin/telegram-users 200 users total
PUT /admin/telegram-users/{chatId} 200 success chat_id role
DELETE /admin/telegram-users/{chatId} 200 success
GET /admin/wallet-apps 200 apps
POST /admin/wallet-apps 201 app
PUT /admin/wallet-apps/{id} 200 app
DELETE /admin/wallet-apps/{id} 200 ok
POST /admin/wallet-apps/{id}/test-notification 200 success
POST /admin/wallet-apps/{id}/test-sign-request 200 success
GET /wallets/{walletId}/credentials 200 credentials
POST /wallets/{walletId}/credentials 201 id
DELETE /wallets/{walletId}/credentials/{ref} 204
PUT /wallets/{walletId}/credentials/{ref}/rotate 200 id
GET /admin/credentials 200 credentials
POST /admin/credentials 201 id
DELETE /admin/credentials/{ref} 204
PUT /admin/credentials/{ref}/rotate 200 id
GET /audit-logs 200 data nextCursor hasMore total
POST /webhooks 201 id url events description enabled createdAt updatedAt secret
GET /webhooks 200 data
DELETE /webhooks/{id} 204
GET /webhooks/{id}/logs 200 data
`

export type OldRoute = {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly fields: readonly string[]
}

export const ROUTES_OF_2X: readonly OldRoute[] = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [method = '', path = '', status, ...fields] = line.split(' ')
    return { method, path: path.startsWith('//') ? path.slice(1) : `/v1${path}`, status: Number(status), fields }
  })

/** A route whatever its parameters are called. */
export const routeKey = ({ method, path }: { method: string; path: string }): string =>
  `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`

/**
 * The direction of imports, as docs/architecture.md describes it. Type imports count as well.
 * test/workspace/boundaries.test.ts plants one violation per rule: a new rule needs one there.
 */
const daemon = '^packages/daemon/src/'
const below = '(?:platform|chains|actions)/'
const feature = `${daemon}(?!${below})[^/]+/`

/** Tests and the tools of the workspace wire real parts together, whatever the layer. */
const outside = '\\.test\\.ts$|^(test|bench|scripts)/|^packages/[^/]+/(scripts|test)/'

const network = '^(node:)?(dgram|dns|http|http2|https|inspector|net|tls|undici|ws)(/|$)|(^|/)node_modules/(undici|ws)/'

/** What a database looks like: part of no feature. */
const schema = `${daemon}migrations/all\\.ts$`
const keysDoors = `${daemon}keys/(service|signing|types|look)\\.ts$`

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that cannot be resolved would escape every other rule.',
      severity: 'error',
      from: { pathNot: '/vendor/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: '^packages/', pathNot: outside },
      to: { path: outside },
    },
    {
      name: 'contract-stands-alone',
      severity: 'error',
      from: { path: '^packages/contract/', pathNot: outside },
      to: { path: '^packages/(?!contract/)' },
    },
    {
      name: 'contract-loads-in-a-browser',
      comment: 'zod is its only dependency, besides yaml for files of policies, and nothing of Node.',
      severity: 'error',
      from: { path: '^packages/contract/', pathNot: outside },
      to: { pathNot: '^packages/|(^|/)node_modules/(zod|yaml)/', couldNotResolve: false },
    },
    {
      name: 'clients-never-reach-the-daemon',
      severity: 'error',
      from: { path: '^packages/(sdk|mcp|admin)/', pathNot: outside },
      to: { path: '^packages/(?!contract/|sdk/|mcp/|admin/)' },
    },
    {
      name: 'sdk-knows-the-contract-only',
      severity: 'error',
      from: { path: '^packages/sdk/', pathNot: outside },
      to: { path: '^packages/(?!contract/|sdk/)' },
    },
    {
      name: 'cli-enters-by-the-front-door',
      comment: 'The daemon and the localnet are used through their public entry.',
      severity: 'error',
      from: { path: '^packages/cli/', pathNot: outside },
      to: { path: '^packages/(daemon|localnet)/', pathNot: '^packages/(daemon|localnet)/src/index\\.ts$' },
    },
    {
      name: 'daemon-knows-no-client',
      comment: 'It may serve the MCP server, which is derived from the contract.',
      severity: 'error',
      from: { path: '^packages/daemon/', pathNot: outside },
      to: { path: '^packages/(?!daemon/|contract/|mcp/)' },
    },
    {
      name: 'localnet-stands-alone',
      severity: 'error',
      from: { path: '^packages/localnet/', pathNot: outside },
      to: { path: '^packages/(?!localnet/)' },
    },
    {
      name: 'platform-knows-no-domain',
      severity: 'error',
      from: { path: `${daemon}platform/`, pathNot: outside },
      to: { path: `${daemon}(?!platform/)` },
    },
    {
      name: 'chains-and-actions-know-no-feature',
      severity: 'error',
      from: { path: `${daemon}(chains|actions)/`, pathNot: outside },
      to: { path: `${daemon}(?!${below})` },
    },
    {
      name: 'a-chain-family-is-entered-from-chains',
      comment: 'Others use a Chain, or the table of families.',
      severity: 'error',
      from: { pathNot: [outside, `${daemon}chains/`] },
      to: { path: `${daemon}chains/[^/]+/` },
    },
    {
      name: 'chain-families-know-nothing-of-each-other',
      severity: 'error',
      from: { path: `${daemon}chains/([^/]+)/`, pathNot: outside },
      to: { path: `${daemon}chains/[^/]+/`, pathNot: `${daemon}chains/$1/` },
    },
    {
      name: 'a-feature-is-entered-by-its-service',
      severity: 'error',
      from: { path: `${daemon}(?!${below})([^/]+)/`, pathNot: outside },
      to: { path: feature, pathNot: [`${daemon}$1/`, `${daemon}[^/]+/(service|types)\\.ts$`, keysDoors, schema] },
    },
    {
      name: 'root-files-enter-by-the-service',
      comment: 'features.ts takes the handlers too.',
      severity: 'error',
      from: { path: `${daemon}[^/]+\\.ts$`, pathNot: outside },
      to: {
        path: feature,
        pathNot: [`${daemon}[^/]+/(view-)?(service|handlers|types)\\.ts$`, `${daemon}offline/`, keysDoors, schema],
      },
    },
    {
      name: 'types-of-a-feature-are-only-types',
      comment: "A feature's types.ts may be imported by others with `import type`.",
      severity: 'error',
      from: { path: `${daemon}(?!${below})([^/]+)/`, pathNot: outside },
      to: { path: `${feature}types\\.ts$`, pathNot: `${daemon}$1/`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'ledger-and-gate-know-no-feature',
      comment: 'Everything that moves money stands on them.',
      severity: 'error',
      from: { path: `${daemon}(ledger|gate)/`, pathNot: outside },
      to: { path: `${daemon}(?!platform/|chains/|actions/|ledger/|gate/|keys/)` },
    },
    {
      name: 'keys-have-few-callers',
      comment:
        'The gate signs, wallets create keys, ground.ts hands them on, start.ts and a restore start the signer, index.ts is the front door.',
      severity: 'error',
      from: {
        pathNot: [outside, `${daemon}(keys|gate|wallets)/`, `${daemon}(ground|start|index|offline/restore)\\.ts$`],
      },
      to: { path: `${daemon}keys/` },
    },
    {
      name: 'only-the-gate-signs',
      severity: 'error',
      from: { pathNot: [outside, `${daemon}gate/`] },
      to: { path: `${daemon}keys/signing\\.ts$` },
    },
    {
      name: 'keys-are-entered-by-their-service',
      severity: 'error',
      from: { pathNot: [outside, `${daemon}keys/`] },
      to: { path: `${daemon}keys/`, pathNot: keysDoors },
    },
    {
      name: 'the-signer-has-no-network',
      comment: 'Nothing that the signer process loads can open a socket.',
      severity: 'error',
      from: { path: `${daemon}keys/signer/`, pathNot: outside },
      to: { path: network, reachable: true },
    },
    {
      name: 'the-signer-loads-keys-only',
      severity: 'error',
      from: { path: `${daemon}keys/signer/`, pathNot: outside },
      to: { path: '^packages/(?!daemon/src/keys/)', reachable: true },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript API that dependency-cruiser could use; without a parser it reads no file at all.
    parser: 'swc',
    moduleSystems: ['es6', 'cjs'],
    doNotFollow: { path: '(^|/)node_modules/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.cjs', '.mjs', '.js', '.d.ts', '.json', '.node'],
      mainFields: ['module', 'main'],
    },
  },
}

/** Protected surfaces: the paths that stay manual until a senior allows them, and how a path is matched (D3, T17). */
import { z } from 'zod'
import type { DiffFile } from './evidence.ts'
import { foldPath, matchesGlob } from './glob.ts'

export interface ProtectedRule {
  glob: string
  /** The surface in a person's words, for the sentence. */
  surface: string
  /** Also tried with each word of a name as a folder of its own: `StripePayment.java` is `stripe/payment.java`. */
  words?: true
}

/**
 * D3's defaults. Stems are wide on purpose: a false alarm costs one senior's press, a miss costs more. The first list is
 * matched word by word; what means too many things as a word among others stands in the second.
 */
const defaults: readonly [string, readonly string[], readonly string[]][] = [
  [
    'authentication',
    [
      '**/{auth,authn,authentication,login,signin,oauth,oidc,saml,sso,password,passwords,jwt,mfa,totp}/**',
      '**/{auth,authn,authentication,login,signin,oauth,oidc,saml,sso,password,passwords,jwt,mfa,totp}{.,-,_}*',
      '**/*{.,-,_}{auth,oauth,jwt,password}.*',
    ],
    ['**/{session,sessions}/**'],
  ],
  [
    'permissions',
    [
      '**/{authz,authorization,permission,permissions,rbac}/**',
      '**/{authz,authorization,permission,permissions,rbac,acl}{.,-,_}*',
    ],
    ['**/{acl,roles}/**'],
  ],
  [
    'withdrawals and payments',
    [
      '**/{withdrawal,withdrawals,withdraw,payment,payments,payout,payouts,billing}/**',
      '**/{withdrawal,withdrawals,withdraw,payment,payments,payout,payouts,billing}{.,-,_}*',
    ],
    ['**/checkout/**'],
  ],
  [
    'key and secret management',
    [
      '**/{secrets,secret,kms,vault,keystore,keyring}/**',
      '**/{secret,secrets,kms,vault,keystore,keyring}{.,-,_}*',
    ],
    ['**/{keys,crypto}/**', '.env', '.env.*', '*.{pem,key,p12,pfx,jks}', '.npmrc', '.pypirc'],
  ],
  [
    'CI workflows',
    [],
    [
      '.github/workflows/**',
      '.github/actions/**',
      'action.{yml,yaml}',
      '.gitlab-ci.yml',
      '.circleci/**',
      'azure-pipelines.yml',
      '**/Jenkinsfile',
      '.buildkite/**',
      '.github/CODEOWNERS',
      'CODEOWNERS',
      'docs/CODEOWNERS',
      '.github/dependabot.yml',
    ],
  ],
  ['the policy file', [], ['.github/countersign.yml', '.github/countersign.yaml', '.github/countersign/**']],
  [
    'agent instruction files',
    [],
    [
      '{AGENTS,AGENT,CLAUDE,CLAUDE.local,GEMINI}.md',
      '.{cursorrules,clinerules,goosehints}',
      '**/.{cursor,claude,codex,gemini,windsurf,clinerules,roo,kiro,junie,amazonq,continue,opencode}/**',
      'opencode.json*',
      '.mcp.json',
      '**/.vscode/**',
      '.github/copilot-instructions.md',
      '.github/{instructions,prompts,agents,chatmodes}/**',
      '.windsurfrules',
      '.aider*',
    ],
  ],
]

export const defaultProtected: readonly ProtectedRule[] = defaults.flatMap(([surface, byWord, globs]) => [
  ...byWord.map((glob) => ({ glob, surface, words: true as const })),
  ...globs.map((glob) => ({ glob, surface })),
])

const Globs = z.array(z.string().min(1).max(300)).max(200)

/** A list extends the defaults; `{ defaults: false, paths: [...] }` replaces them. */
export const ProtectedSettings = z
  .union([Globs, z.strictObject({ defaults: z.boolean().default(true), paths: Globs.default([]) })])
  .default([])
  .describe(
    'Globs of paths that only a senior may let an agent change. A list extends the built-in ones (D3).',
  )
export type ProtectedSettings = z.infer<typeof ProtectedSettings>

/** The rules in force for a policy. The policy file itself is protected whatever policy says (T14). */
export function protectedRules(settings: ProtectedSettings): ProtectedRule[] {
  const list = Array.isArray(settings) ? { defaults: true, paths: settings } : settings
  const own = list.paths.map((glob) => ({ glob, surface: 'a path that policy protects' }))
  const kept = list.defaults
    ? defaultProtected
    : defaultProtected.filter((rule) => rule.surface === 'the policy file')
  return [...own, ...kept]
}

/** The first rule that a path falls under, or null. Also tried word by word, and with look-alike letters folded. */
export function protectedBy(rules: readonly ProtectedRule[], path: string): ProtectedRule | null {
  const direct = firstRule(rules, path)
  const seen = skeleton(path)
  if (direct || seen === foldPath(path)) return direct
  return firstRule(rules, seen, skeleton(byWord(path)))
}

function firstRule(
  rules: readonly ProtectedRule[],
  path: string,
  words = byWord(path),
): ProtectedRule | null {
  return (
    rules.find((rule) => matchesGlob(rule.glob, path)) ??
    (words === path ? null : (rules.find((rule) => rule.words && matchesGlob(rule.glob, words)) ?? null))
  )
}

/** A path with each word of its names as a folder: `Acme.Pay/OAuthClient.cs` is `Acme/Pay/OAuth/Client.cs`. */
function byWord(path: string): string {
  const name = path.lastIndexOf('/') + 1
  return `${path.slice(0, name).replaceAll('.', '/')}${path.slice(name)}`
    .replace(/([\p{Ll}\d])(?=\p{Lu})|(\p{Lu}{2,20})(?=\p{Lu}\p{Ll})/gu, '$1$2/')
    .replace(/(?<=[^/])[-_]+(?=[^/])/g, '/')
}

/** Cyrillic and Greek letters that look like Latin ones, so that `аuth/` with a Cyrillic a is still `auth/`. */
const lookAlikes: Record<string, string> = {
  а: 'a',
  в: 'b',
  с: 'c',
  е: 'e',
  һ: 'h',
  і: 'i',
  ј: 'j',
  к: 'k',
  м: 'm',
  о: 'o',
  р: 'p',
  ѕ: 's',
  т: 't',
  у: 'y',
  х: 'x',
  ѡ: 'w',
  ԁ: 'd',
  ԛ: 'q',
  α: 'a',
  ε: 'e',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ı: 'i',
  ſ: 's',
  ɡ: 'g',
}

function skeleton(path: string): string {
  const plain = foldPath(path)
    .normalize('NFD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
  return Array.from(plain, (character) => lookAlikes[character] ?? character).join('')
}

export interface ProtectedHit {
  path: string
  surface: string
  /** How the file touches it: its name, its old name, a link into it, a submodule or a mode change. */
  how: string
}

/** What of one changed file is protected: both names of a rename, link targets, submodules, mode changes (T17). */
export function protectedHits(rules: readonly ProtectedRule[], file: DiffFile): ProtectedHit[] {
  const hits: ProtectedHit[] = []
  const add = (path: string, how: string) => {
    const rule = protectedBy(rules, path)
    if (rule) hits.push({ path: file.path, surface: rule.surface, how })
  }
  add(file.path, 'the path')
  if (file.renamedFrom !== null) add(file.renamedFrom, `renamed from ${file.renamedFrom}`)
  if (file.linkTarget !== null) {
    const target = resolveLink(file.path, file.linkTarget)
    if (target === null)
      hits.push({ path: file.path, surface: 'a symlink that leaves the repository', how: 'symlink' })
    else add(target, `symlink to ${target}`)
    // A link to a folder covers everything below it.
    if (target !== null) add(`${target}/any`, `symlink to ${target}`)
  }
  const modes = [file.oldMode, file.newMode]
  if (modes.includes('160000')) hits.push({ path: file.path, surface: 'a submodule', how: 'submodule' })
  if (file.status === 'type_changed')
    hits.push({ path: file.path, surface: 'a change of file type', how: 'mode' })
  if (file.status === 'modified' && file.oldMode !== file.newMode && file.newMode === '100755')
    hits.push({ path: file.path, surface: 'a file made executable', how: 'mode' })
  return hits
}

/** A symlink's target as a repository path, or null when it leaves the tree. */
function resolveLink(path: string, target: string): string | null {
  if (target.startsWith('/')) return null
  const parts = path.split('/').slice(0, -1)
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (parts.pop() === undefined) return null
    } else parts.push(part)
  }
  return parts.join('/')
}

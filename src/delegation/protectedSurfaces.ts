/** Protected surfaces named by a bundle or a plan: the work stops until a senior allows it (D3). */
import { hasRole, type Standing } from '../core/account.ts'
import type { Bundle } from '../core/bundle.ts'
import type { Plan } from '../core/plan.ts'
import { type ProtectedRule, protectedBy } from '../core/protectedPaths.ts'
import { code, listed } from '../core/sentences.ts'

export interface Surface {
  path: string
  glob: string
  surface: string
}

/** Most surfaces that are named; one is enough to stop. */
const most = 20

/** Protected paths that the bundle's text mentions. Prior art is read, not changed, so it does not count. */
export function surfacesOfBundle(bundle: Bundle, rules: readonly ProtectedRule[]): Surface[] {
  const texts = [
    bundle.goal,
    ...bundle.constraints,
    ...bundle.criteria.flatMap((one) => [one.statement, one.passExample, one.failExample]),
  ]
  const paths = texts.flatMap(
    (text) =>
      text.match(/[\p{L}\p{N}_.@-]+(?:\/[\p{L}\p{N}_.@-]+)+|\.?[\p{L}\p{N}_-]+\.[A-Za-z]{1,6}\b/gu) ?? [],
  )
  // A path at the end of a sentence comes with its full stop.
  return surfaces(
    paths.map((path) => path.replace(/\.+$/, '')),
    rules,
  )
}

/** Protected paths among the files that a plan would change. */
export function surfacesOfPlan(plan: Plan, rules: readonly ProtectedRule[]): Surface[] {
  return surfaces(
    plan.files.map((file) => file.path),
    rules,
  )
}

function surfaces(paths: readonly string[], rules: readonly ProtectedRule[]): Surface[] {
  const hits = [...new Set(paths)].flatMap((path) => {
    const rule = protectedBy(rules, path)
    return rule ? [{ path, glob: rule.glob, surface: rule.surface }] : []
  })
  return hits.slice(0, most)
}

/** The sentence that stops the work: the paths, the rules, who may allow it, and what to type. */
export function protectedSentence(
  what: 'issue' | 'plan' | 'split',
  hits: readonly Surface[],
  seniors: readonly string[],
): string {
  const named = hits.slice(0, 5).map((hit) => `${code(hit.path)} (${hit.surface}, rule ${code(hit.glob)})`)
  const who =
    seniors.length > 0
      ? listed(seniors.map((name) => code(name)))
      : 'nobody yet, since policy names no `seniors`'
  return `The ${what} touches a protected surface: ${listed(named)}. Drafting it waits for a senior (${who}), who comments \`/agent allow protected <reason>\` (D3).`
}

/**
 * Whether an account is one of policy's seniors at this moment.
 *
 * @returns `unknown` when the role or the teams could not be looked up, which allows nothing (S9).
 */
export function isSenior(standing: Standing | undefined, seniors: readonly string[]): boolean | 'unknown' {
  if (!standing || standing.role === 'unknown') return 'unknown'
  if (standing.account.type !== 'User' || !hasRole(standing, 'read')) return false
  const login = standing.account.login.toLowerCase()
  if (seniors.some((name) => name.toLowerCase() === login)) return true
  const named = seniors.filter((name) => name.includes('/')).map((name) => name.toLowerCase())
  if (named.length === 0) return false
  if (standing.teams === 'unknown') return 'unknown'
  return standing.teams.some((team) => named.includes(team.toLowerCase()))
}

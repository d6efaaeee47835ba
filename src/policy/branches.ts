/** Which branches a policy protects: the default branch, and those that it lists (T45). */
import type { Policy } from './schema.ts'

/** Whether a branch's own rules count: changes to any other branch reach nobody until they come through one of these. */
export function isProtectedBranch(policy: Policy, defaultBranch: string, branch: string): boolean {
  return branch === defaultBranch || policy.branches.protected.some((pattern) => namesBranch(pattern, branch))
}

/** Whether a pattern names a branch: exactly, or with `*` for any part of one segment. Case counts, as in git. */
export function namesBranch(pattern: string, branch: string): boolean {
  const wanted = pattern.split('/')
  const segments = branch.split('/')
  return wanted.length === segments.length && wanted.every((one, at) => namesSegment(one, segments[at] ?? ''))
}

/** The fixed pieces between the stars, found from left to right: no backtracking, whatever a policy says. */
function namesSegment(pattern: string, segment: string): boolean {
  const pieces = pattern.split('*')
  const [first = '', last = ''] = [pieces[0], pieces.at(-1)]
  if (pieces.length === 1) return pattern === segment
  if (segment.length < first.length + last.length) return false
  if (!segment.startsWith(first) || !segment.endsWith(last)) return false
  let rest = segment.slice(first.length, segment.length - last.length)
  for (const piece of pieces.slice(1, -1)) {
    const at = rest.indexOf(piece)
    if (at < 0) return false
    rest = rest.slice(at + piece.length)
  }
  return true
}

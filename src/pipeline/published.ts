/** What a local commit is on GitHub: itself, or the one that GitHub made and signed in its place (ADR 10). */
import { type Fact, type FactOf, factsOf } from '../core/facts.ts'
import type { Sha } from '../core/ids.ts'

/** The pushed commit that stands for a candidate: the commit that what comes next sits on. */
export function publishedAs(facts: readonly Fact[], candidate: Sha): Sha {
  const pushed = new Set(factsOf(facts, 'work.pushed').map(({ body }) => body.sha))
  for (const { body } of factsOf(facts, 'work.signed').toReversed()) {
    const found = body.commits.find((one) => one.candidate === candidate)
    // What was signed and not pushed has no branch, and is made again when it is wanted.
    if (found && pushed.has(body.commits.at(-1)?.sha ?? '')) return found.sha
  }
  return candidate
}

/** Whether a candidate, or what stands for it, is on GitHub. */
export function isPushed(facts: readonly Fact[], candidate: Sha): boolean {
  const sha = publishedAs(facts, candidate)
  return sha !== candidate || factsOf(facts, 'work.pushed').some(({ body }) => body.sha === sha)
}

/** What GitHub has signed already for a candidate on this very commit, after a crash say (S7). */
export function signedFor(
  facts: readonly Fact[],
  { branch, onto, candidate }: { branch: string; onto: Sha; candidate: Sha },
): FactOf<'work.signed'>['body'] | null {
  const found = factsOf(facts, 'work.signed').findLast(
    ({ body }) =>
      body.branch === branch && body.onto === onto && body.commits.at(-1)?.candidate === candidate,
  )
  return found?.body ?? null
}

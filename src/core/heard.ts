/** What is answered by a comment: who asks over and over costs the App no more of GitHub's content writes (O6). */
import { type Fact, settledBySeq } from './facts.ts'

/** Refusals and explanations that one account gets on one subject within an hour. */
export const mostWords = 20
const hourMs = 3_600_000
const explanations: ReadonlySet<string> = new Set(['help', 'status', 'why'])

/**
 * The comment that a settled request gets, by its facts alone, so that a crash repeats it word for word.
 *
 * @param facts of one subject, in order.
 * @returns a function from a settled request to its text; null when nothing is written: it changed nothing, and its account
 *   has asked for twenty such within the hour before.
 */
export function answerTexts(facts: readonly Fact[]): (fact: Fact) => string | null {
  const settled = settledBySeq(facts)
  const words = facts.filter(({ seq, body }) => {
    const explains = body.kind === 'comment.command' && explanations.has(body.verb)
    return settled.has(seq) && (explains || settled.get(seq)?.body.outcome === 'refused')
  })
  return (fact) => {
    const sentence = settled.get(fact.seq)?.body.sentence ?? null
    if (sentence === null || !words.includes(fact)) return sentence
    const before = words.filter(
      ({ seq, actor, atMs }) => seq < fact.seq && actor?.id === fact.actor?.id && fact.atMs - atMs < hourMs,
    ).length
    if (before >= mostWords) return null
    const last = `\n\nThis was answer ${mostWords} within an hour that changes nothing here; more are noted and not answered.`
    return before === mostWords - 1 ? `${sentence}${last}` : sentence
  }
}

/** The story as a list of steps; each one acts as people do and then looks at GitHub to see what came of it. */
import { factsOf } from '../src/core/facts.ts'
import { repository, type Theatre } from './theatre.ts'

/** What a step is given, beside the theatre. */
export interface Hands {
  /** One line of the timeline. */
  say(line: string): void
  /** A decision that belongs to a person: played by `act`, or made in the browser with `--interactive`; then awaited. */
  decide(
    invitation: string,
    page: string,
    act: () => Promise<unknown>,
    done: () => boolean | Promise<boolean>,
  ): Promise<void>
}

export interface Step {
  id: string
  title: string
  /** Requirement ids that it proves. */
  requirement: string
  /** @returns one sentence on what was proven. @throws Error with the reason when the story deviates. */
  play(theatre: Theatre, hands: Hands): Promise<string>
}

/** Stop the story with a sentence when something is not as it must be. */
export function must(holds: unknown, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

/** The comment on an issue or pull request that contains a text, awaited. */
export function commentWith(
  theatre: Theatre,
  number: number,
  text: string | RegExp,
  limitMs?: number,
): Promise<string> {
  const matches = (body: string) => (typeof text === 'string' ? body.includes(text) : text.test(body))
  return theatre.stage.until(
    `a comment on #${number} with ${text}`,
    () => theatre.commentsOn(number).find(matches),
    limitMs,
  )
}

/** Countersign's run at a commit once it has this conclusion (or status, while it runs), awaited. */
export async function runIs(theatre: Theatre, name: string, sha: string, state: string, limitMs?: number) {
  const current = () => theatre.run(name, sha)
  try {
    return await theatre.stage.until(
      `${name} on ${sha.slice(0, 8)} to be ${state}`,
      () => {
        const run = current()
        return run && (run.conclusion === state || (run.conclusion === null && run.status === state))
          ? run
          : undefined
      },
      limitMs,
    )
  } catch (error) {
    const run = current()
    const shows = run
      ? `${run.status}/${run.conclusion}: ${run.output.title}\n${run.output.summary}`
      : 'nothing'
    throw new Error(`${error instanceof Error ? error.message : error}; it shows ${shows}`, { cause: error })
  }
}

/** First line of a Markdown comment without our marker, for the timeline. */
export function firstLine(body: string): string {
  return (
    body
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '' && !line.startsWith('<!--')) ?? ''
  )
}

/** Whether Countersign has recorded a decision of this person on this commit. */
export async function hasDecided(
  theatre: Theatre,
  number: number,
  login: string,
  sha: string,
): Promise<boolean> {
  const facts = await theatre.stage.app.ledger.facts(`pull:${repository}#${number}`)
  return factsOf(facts, 'decision').some(({ body }) => body.by.login === login && body.sha === sha)
}

/** Two pull requests and what people do to them, told the same way whatever happens between GitHub and the App. */
import { expect } from '@jest/globals'
import { factsOf, lastFact } from '../../src/core/facts.ts'
import { repository, type Town } from './town.ts'

/**
 * A person's pull request merged by command, and another agent's approved by three people and merged by button.
 *
 * @param act plays one act of people: calls what it is given, and may disturb the App meanwhile.
 */
export async function playTwoPulls(
  here: Town,
  act: (what: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const { stage, ana, ben, cleo, dev, robo } = here
  const person = await here.openPull(dev, 'by-dev')
  await act(() => here.runIs('countersign/review', person.headSha, 'success'))
  await act(() => ana.comment(repository, person.number, '/agent merge'))
  await stage.until('the merge of the person', () => (person.merged ? true : undefined))

  let agents = await here.openPull(robo, 'by-robo')
  await act(() => here.runIs('countersign/plan', agents.headSha, 'action_required'))
  agents = [...stage.github.state.pulls.values()].find(({ id }) => id === agents.id) ?? agents
  await act(() => pressUntilCounted(here, ana, 'countersign/plan', agents.number, agents.headSha))
  await here.runIs('countersign/plan', agents.headSha, 'success')
  await act(async () => {
    for (const by of [ana, ben, cleo])
      await pressUntilCounted(here, by, 'countersign/review', agents.number, agents.headSha)
  })
  await here.runIs('countersign/review', agents.headSha, 'success')
  await act(() => here.press(ana, 'countersign/review', agents.headSha, 'Merge'))
  if (!agents.merged) {
    // A press lost beyond redelivery must be pressed again (S8).
    await here.press(ana, 'countersign/review', agents.headSha, 'Merge')
    await stage.settle()
  }
  await stage.until('the merge of the agent', () => (agents.merged ? true : undefined))
  await stage.settle()
}

async function pressUntilCounted(
  here: Town,
  by: Town['ana'],
  name: 'countersign/plan' | 'countersign/review',
  number: number,
  sha: string,
): Promise<void> {
  const counted = async () =>
    factsOf(await here.facts(`pull:${repository}#${number}`), 'decision').some(
      ({ body }) => body.check === name && body.by.login === by.account.login,
    )
  for (let tries = 0; tries < 5 && !(await counted()); tries++) {
    if (here.run(name, sha)?.conclusion === 'action_required') await here.press(by, name, sha, 'Approve')
    await here.stage.settle()
  }
}

/** What is left in the end, without the order and the numbers of what happened on the way. */
export async function endState(here: Town): Promise<unknown> {
  const { state } = here.stage.github
  const pulls = [...state.pulls.values()].map(({ number, merged, headSha }) => ({
    number,
    merged,
    runs: (['countersign/plan', 'countersign/gates', 'countersign/review'] as const).map((name) => ({
      name,
      conclusion: here.run(name, headSha)?.conclusion,
      buttons: here.run(name, headSha)?.actions.length,
    })),
  }))
  const merges = await Promise.all(
    pulls.map(async ({ number }) => {
      const facts = await here.facts(`pull:${repository}#${number}`)
      const approved = factsOf(facts, 'decision').map(
        ({ body }) => `${body.check} ${body.verdict} ${body.by.login}`,
      )
      const told = lastFact(facts, 'verdicts.told')?.body
      return {
        merged: factsOf(facts, 'merged').length,
        approved: [...new Set(approved)].sort(),
        told: told && {
          gates: told.gates.filter(({ state: is }) => is === 'pass').map(({ gate }) => gate),
          by: told.approvals.map(({ check, by }) => `${check} ${by.login}`).sort(),
        },
      }
    }),
  )
  const answers = [...state.comments.values()].map(({ body }) => body.replace(/<!--.*?-->/gs, '').trim())
  return {
    pulls,
    merges,
    answers: [...new Set(answers)].sort(),
    ledger: (await here.stage.app.ledger.verify()).ok,
  }
}

/** `endState` once both are merged, whatever went wrong between. */
export const bothMerged = {
  pulls: [1, 2].map((number) => ({
    number,
    merged: true,
    runs: ['plan', 'gates', 'review'].map((name) => ({
      name: `countersign/${name}`,
      conclusion: 'success',
      // What is merged asks for nothing any more.
      buttons: 0,
    })),
  })),
  merges: [
    { merged: 1, approved: [], told: { gates: [], by: [] } },
    {
      merged: 1,
      approved: [
        'countersign/plan approve ana',
        'countersign/review approve ana',
        'countersign/review approve ben',
        'countersign/review approve cleo',
      ],
      told: {
        gates: expect.arrayContaining(['scope', 'protected-paths', 'secrets']),
        by: ['countersign/plan ana', ...['ana', 'ben', 'cleo'].map((login) => `countersign/review ${login}`)],
      },
    },
  ],
  ledger: true,
}

/** The demo's story from label to merge, played without a word: what several benches measure. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseSandbox } from '../demo/sandbox.ts'
import { bundle, title } from '../demo/scripts/issue.ts'
import { demoScript } from '../demo/scripts/story.ts'
import { openStage, type Stage } from '../demo/stage.ts'
import { steps, stoppedIssue } from '../demo/steps/all.ts'
import { agentPull } from '../demo/steps/planning.ts'
import { runIs } from '../demo/story.ts'
import { deliveredIssue, issueBody, repository, setTheatre, type Theatre } from '../demo/theatre.ts'

/** The issue that the story delivers, as the model reads it. */
export const subject = `${repository}#${deliveredIssue}`
/** The step in which the change is merged; what follows is about other people's pull requests. */
const mergedInStep = '7'

export interface Story {
  stage: Stage
  theatre: Theatre
  /** Play to the end; `onStep` is told before each step, and gives what is called after it. */
  play(onStep?: (id: string) => () => void): Promise<void>
  /** The same work when all goes well: the bundle is complete, nobody presses who may not, and nothing is pushed late. */
  playPlainly(): Promise<void>
  close(): Promise<void>
}

export async function openStory(): Promise<Story> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-story-'))
  const { sandbox, remove } = await chooseSandbox()
  const script = demoScript({ delivered: subject, stopped: `${repository}#${stoppedIssue}` })
  const stage = await openStage({ directory, sandbox, script })
  const theatre = await setTheatre(stage, join(import.meta.dirname, '../demo/repository'))
  // The App looks at what it was installed on; that is no part of a story.
  await stage.settle()
  return {
    stage,
    theatre,
    playPlainly: () => playPlainly(theatre),
    async play(onStep) {
      const last = steps.findIndex(({ id }) => id === mergedInStep)
      for (const step of steps.slice(0, last + 1)) {
        const after = onStep?.(step.id)
        await step.play(theatre, {
          say: () => undefined,
          async decide(invitation, _page, act, done) {
            await act()
            await stage.until(invitation, async () => ((await done()) ? true : undefined))
          },
        })
        after?.()
      }
      await stage.settle()
    },
    async close() {
      await stage.close()
      await remove()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function playPlainly(theatre: Theatre): Promise<void> {
  const { ana, ben, cleo, stage } = theatre
  const waitMs = 180_000
  const issue = await ana.openIssue(repository, { title, body: issueBody(bundle) })
  await ana.label(repository, issue.number, 'agent')
  const pull = await stage.until('the draft pull request', () => agentPull(theatre), waitMs)
  const press = async (person: typeof ana, name: string, button: string, state: string) => {
    const run = await runIs(theatre, `countersign/${name}`, pull.headSha, state, waitMs)
    await person.press(run.id, theatre.identifier(run, button))
    await stage.settle()
  }
  await press(ana, 'plan', 'Approve', 'action_required')
  await stage.until('ready for review', () => (pull.draft ? undefined : true), waitMs)
  await runIs(theatre, 'countersign/gates', pull.headSha, 'success', waitMs)
  for (const person of [ben, cleo, ana]) await press(person, 'review', 'Approve', 'action_required')
  await press(ana, 'review', 'Merge', 'success')
  await stage.until('merged', () => (pull.merged ? true : undefined), waitMs)
  await stage.settle()
}

/** One line of a bench's table. */
export function line(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(72)} ${value}\n`)
}

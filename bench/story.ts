/** The demo's story from label to merge, played without a word: what several benches measure. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseSandbox } from '../demo/sandbox.ts'
import { demoScript } from '../demo/scripts/story.ts'
import { openStage, type Stage } from '../demo/stage.ts'
import { steps, stoppedIssue } from '../demo/steps/all.ts'
import { deliveredIssue, repository, setTheatre, type Theatre } from '../demo/theatre.ts'

/** The issue that the story delivers, as the model reads it. */
export const subject = `${repository}#${deliveredIssue}`
/** The step in which the change is merged; what follows is about other people's pull requests. */
const mergedInStep = '7'

export interface Story {
  stage: Stage
  theatre: Theatre
  /** Play to the end; `onStep` is told before each step, and gives what is called after it. */
  play(onStep?: (id: string) => () => void): Promise<void>
  close(): Promise<void>
}

export async function openStory(): Promise<Story> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-story-'))
  const { sandbox, remove } = await chooseSandbox()
  const script = demoScript({ delivered: subject, stopped: `${repository}#${stoppedIssue}` })
  const stage = await openStage({ directory, sandbox, script })
  const theatre = await setTheatre(stage, join(import.meta.dirname, '../demo/repository'))
  return {
    stage,
    theatre,
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

/** One line of a bench's table. */
export function line(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(72)} ${value}\n`)
}

/** `npm run demo -- --interactive` with a person at the browser: every decision of the story is made on the pages. */
import { expect, test } from '@jest/globals'
import { type Browser, chromium, type Page } from 'playwright-core'
import { steps as journey } from '../../demo/steps/all.ts'
import { startProgram } from '../support/process.ts'
import { chromiumPath, describeWith } from '../support/require.ts'

const turn = /YOUR TURN +(.+)\n\s+(http:\S+)\n/g
const storyLimitMs = 700_000

/** Does what the demo invites to, with the mouse and the keyboard. */
async function takeTurn(page: Page, invitation: string, address: string): Promise<void> {
  await page.goto(address)
  const label = /^Add the label "(.+)" as/.exec(invitation)?.[1]
  const comment = /^Comment "(.+)" as/.exec(invitation)?.[1]
  if (label !== undefined) {
    await page.getByLabel('Label to add').fill(label)
    await page.getByRole('button', { name: 'Add label' }).click()
  } else if (comment !== undefined) {
    await page.getByLabel(/^Comment as/).fill(comment)
    await page.getByRole('button', { name: 'Comment', exact: true }).click()
  } else {
    const deploys = /deployment/.test(invitation)
    const check = deploys ? 'deploy' : /plan/.test(invitation) ? 'plan' : 'review'
    const button = deploys ? 'Approve deploy' : /^Press Merge/.test(invitation) ? 'Merge' : 'Approve'
    const row = page.locator('tbody', { has: page.locator('.name', { hasText: `countersign/${check}` }) })
    await row.getByRole('button', { name: button, exact: true }).click()
  }
  await page.getByRole('status').waitFor()
}

describeWith('chromium', 'the story by hand', () => {
  test(
    'A1 A5: each decision waits for its button, and the whole story can be played in a browser',
    async () => {
      let browser: Browser | undefined
      try {
        browser = await chromium.launch({ executablePath: chromiumPath() ?? '', args: ['--no-sandbox'] })
        const page = await browser.newPage()
        const program = startProgram('demo/run.ts', ['--interactive'])
        const taken: string[] = []
        const finished = program.ended.then(() => true)
        while (!(await Promise.race([finished, pause()]))) {
          const invitations = [...program.output().stdout.matchAll(turn)]
          const next = invitations[taken.length]
          if (!next) continue
          const [, invitation = '', address = ''] = next
          taken.push(invitation)
          await takeTurn(page, invitation, address)
        }
        const { stdout, stderr } = program.output()
        expect(stderr).toBe('')
        const steps = journey.length + 3
        expect(stdout).toContain(`${steps} of ${steps} proven`)
        expect(taken).toEqual(
          expect.arrayContaining([
            'Add the label "agent" as ana',
            'Approve the plan as ana',
            'Approve the change as ben',
            'Approve the change as cleo',
            'Press Merge as ana',
            'Comment "/agent merge" as ana',
            'Approve the deployment as cleo',
          ]),
        )
        expect(await program.ended).toBe(0)
      } finally {
        await browser?.close()
      }
    },
    storyLimitMs,
  )
})

const pause = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), 50))

/** What the host knows as secret leaves by no text, whoever wrote it: a model, or an endpoint that answers with its key (T25, T28). */
import { afterEach, expect, jest, test } from '@jest/globals'
import { session, turn } from '../../demo/scripts/session.ts'
import { modelKey, webhookSecret } from '../../demo/stage.ts'
import { openWorkshop, type Workshop } from '../e2e/workshop.ts'

jest.setTimeout(180_000)

let shop: Workshop | null = null
afterEach(async () => {
  await shop?.close()
  shop = null
})

test('T25, T28: a question that holds the keys of the host is asked without them', async () => {
  const encoded = Buffer.from(webhookSecret).toString('base64')
  const question = `Is ${modelKey} right, or ${encoded}, or ${encodeURIComponent(webhookSecret)}?`
  shop = await openWorkshop({
    sessions: [
      session({ phase: 'diagnosis' }, turn('I ask.', { name: 'ask', input: { questions: [question] } })),
    ],
  })
  const issue = await shop.delegate()
  const asked = await shop.commentWith(issue, '/agent answer')
  expect(asked).toMatch(/Is .*redacted.* right, or .*redacted.*, or .*redacted.*\?/)
  for (const secret of [modelKey, webhookSecret, encoded.replace(/=+$/, '')])
    expect(shop.comments(issue).join('\n')).not.toContain(secret)
})

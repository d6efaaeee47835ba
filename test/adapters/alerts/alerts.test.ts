/** Alerts as a chat receives them: what strangers wrote in them does nothing there. */
import { describe, expect, test } from '@jest/globals'
import { createAlerts } from '../../../src/adapters/alerts/alerts.ts'
import { createOutbound } from '../../../src/adapters/outbound/outbound.ts'
import { AlertMessage } from '../../../src/core/monitoring.ts'
import { always, says, startSource } from '../outbound/source.ts'

const outbound = createOutbound({ allow: [{ kind: 'range', address: '127.0.0.0', prefix: 8 }] })
const message = (parts: Partial<AlertMessage> = {}): AlertMessage =>
  AlertMessage.parse({
    episode: 'rollout:acme/shop@production/p95',
    kind: 'raised',
    title: 'p95 of production is 812 ms',
    text: 'The limit is 500 ms.\nThe deployment stays.',
    url: 'https://github.com/acme/shop/issues/12?a=1&b=2',
    ...parts,
  })

async function sent(parts: Partial<AlertMessage> = {}, answer = says('ok')) {
  const source = await startSource(answer)
  const alerts = createAlerts({ outbound, webhooks: { ops: `${source.url}/hooks/a-secret-path` } })
  const result = await alerts.send('ops', message(parts), always)
  return { result, asked: source.asked, body: JSON.parse(source.asked[0]?.body ?? 'null') }
}

describe('R3: an alert', () => {
  test('is one POST in the form of Slack', async () => {
    const { result, asked, body } = await sent()
    expect(result).toEqual({ ok: true })
    expect(asked).toMatchObject([
      { method: 'POST', url: '/hooks/a-secret-path', headers: { 'content-type': 'application/json' } },
    ])
    expect(body).toEqual({
      text: [
        '*Alert: p95 of production is 812 ms*',
        'The limit is 500 ms.',
        'The deployment stays.',
        'https://github.com/acme/shop/issues/12?a=1&amp;b=2',
      ].join('\n'),
      unfurl_links: false,
      unfurl_media: false,
    })
  })

  test('says when it is over', async () => {
    const { body } = await sent({ kind: 'recovered', text: '', url: null })
    expect(body.text).toBe('*Recovered: p95 of production is 812 ms*')
  })

  test.each([
    '<!channel>',
    '<!here|here>',
    '@channel',
    '<@U012AB3CD>',
    '<https://evil.example|Sign in>',
    '[Sign in](https://evil.example)',
    '![](https://evil.example/pixel.png)',
    'https://evil.example/?stolen',
    'www.evil.example',
    '*bold*',
    '```fence```',
    '\u202Egpj.exe',
    '&lt;!channel&gt;',
  ])('T28: %s is nothing but words', async (trick) => {
    for (const parts of [{ title: `a ${trick} b` }, { text: `a ${trick} b` }]) {
      const { body } = await sent({ ...parts, url: null })
      expect(body.text).not.toMatch(/[<>@`\u202E]|:\/\/|\]\(|www\.|&(?!amp;|lt;|gt;)|&lt;!|\n.*\*/)
      expect(body.text.split('\n')[0]).toMatch(/^\*Alert: [^*]*\*$/)
    }
  })

  test.each(['javascript:alert(1)', 'not a url', 'https://a.example/|<!channel>'])(
    'T28: the address %s cannot end its link',
    async (url) => {
      const { body } = await sent({ url, text: '' })
      expect(body.text).not.toMatch(/javascript:|[<>|]/)
    },
  )

  test.each([404, 410, 429, 500, 302])('the status %d is told, without the address', async (status) => {
    const { result } = await sent({}, says('no_service', { status }))
    expect(result).toEqual({ ok: false, reason: `the channel \`ops\` answered ${status}` })
  })

  test('a channel that nobody named is told with where to name it; members of objects are none', async () => {
    const alerts = createAlerts({ outbound, webhooks: {} })
    for (const channel of ['ops', 'constructor', '__proto__'])
      expect(await alerts.send(channel, message(), always)).toEqual({
        ok: false,
        reason: expect.stringMatching(/^there is no channel `\w+`: .* ALERT_WEBHOOKS$/),
      })
  })

  test('T25: a failure never tells the address of the webhook', async () => {
    const webhooks = {
      ops: 'http://127.0.0.1:1/hooks/a-secret-path',
      inside: 'http://10.0.0.1/hooks/a-secret-path',
    }
    const alerts = createAlerts({ outbound, webhooks })
    for (const channel of ['ops', 'inside']) {
      const result = await alerts.send(channel, message(), always)
      expect(result.ok).toBe(false)
      expect(JSON.stringify(result)).not.toContain('a-secret-path')
    }
    await expect(alerts.send('ops', message(), AbortSignal.abort(new Error('stopped')))).rejects.toThrow(
      'stopped',
    )
  })
})

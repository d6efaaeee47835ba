/** Which models a phase gets, what pins a task, and the operator's endpoints (P2, P10, D2). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { readEndpoints } from '../../src/environment/endpoints.ts'
import { isSensitivePath, modelsFor, sensitivity } from '../../src/pipeline/providers.ts'
import { ModelSettings } from '../../src/pipeline/settings.ts'

const house = { endpoint: 'house', model: 'own' }
const spare = { endpoint: 'spare', model: 'other' }
const models = ModelSettings.parse({
  phases: { tests: 'strong', review: house },
  fallbacks: { strong: [spare], standard: [spare, house] },
  sensitive: {
    repositories: ['acme/vault-*'],
    paths: ['src/keys/'],
    labels: ['secret'],
    risk: ['high'],
    use: [house],
  },
})

describe('P2 P10: the models of a phase', () => {
  test('P2: tier, moved tier and own model, each followed by the fallbacks of its tier', () => {
    expect(modelsFor('plan', models, 'low', false)).toEqual([models.tiers.strong, spare])
    expect(modelsFor('tests', models, 'low', false)).toEqual([models.tiers.strong, spare])
    expect(modelsFor('review', models, 'low', false)).toEqual([house, spare])
    expect(modelsFor('validate', models, 'low', false)).toEqual([models.tiers.cheap])
  })
  test('D2: high risk gets the strongest models everywhere, whatever a phase was given', () => {
    for (const phase of ['validate', 'review', 'documentation'] as const)
      expect(modelsFor(phase, models, 'high', false)).toEqual([models.tiers.strong, spare])
  })
  test('P10: a pinned task gets nothing but what policy names for it', () => {
    expect(modelsFor('plan', models, 'high', true)).toEqual([house])
    expect(modelsFor('plan', ModelSettings.parse({}), 'low', true)).toEqual([])
  })
})

describe('P10: what pins a task', () => {
  const traits = { repository: 'acme/shop', labels: ['bug'], risk: 'low' as const, paths: ['src/a.ts'] }
  test.each([
    ['nothing', {}, null],
    ['a repository', { repository: 'acme/vault-core' }, /repository/],
    ['a label in another case', { labels: ['Secret'] }, /label/],
    ['a risk class', { risk: 'high' as const }, /risk/],
    ['a path', { paths: ['src/a.ts', 'src/keys/sign.ts'] }, /src\/keys\/sign\.ts/],
  ])('P10: %s', (_name, more, why) => {
    const found = sensitivity(models.sensitive, { ...traits, ...more })
    if (why === null) expect(found).toBeNull()
    else expect(found).toMatch(why)
  })
  test('P10: a sensitive path is one however it is written', () => {
    expect(isSensitivePath(models.sensitive, 'SRC/Keys/x')).toBe(true)
    expect(isSensitivePath(models.sensitive, 'src/key.ts')).toBe(false)
  })
})

describe('P10: the endpoints of the operator', () => {
  const read = async (content: unknown, given: Record<string, string> = {}) => {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-endpoints-'))
    const path = join(folder, 'endpoints.json')
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    const mistakes: string[] = []
    const found = readEndpoints({ COUNTERSIGN_MODEL_ENDPOINTS: path, ...given }, 'https://x.test', mistakes)
    await rm(folder, { recursive: true })
    return { found, mistakes }
  }
  test('P10: without a file the key makes one endpoint; without a key there is none', () => {
    expect(readEndpoints({ ANTHROPIC_API_KEY: 'sk' }, 'https://x.test', [])).toMatchObject({
      anthropic: { baseUrl: 'https://x.test', key: 'sk', inHouse: false },
    })
    expect(readEndpoints({}, 'https://x.test', [])).toEqual({})
  })
  test('P10: a file names endpoints, keys come from the environment', async () => {
    const endpoint = { base_url: 'http://10.0.0.1', key_variable: 'HOUSE_API_KEY', in_house: true }
    const { found, mistakes } = await read({ endpoints: { house: endpoint } }, { HOUSE_API_KEY: 'sk-h' })
    expect(mistakes).toEqual([])
    expect(found).toMatchObject({ house: { key: 'sk-h', inHouse: true, kind: 'anthropic' } })
  })
  test('P10: local servers, Bedrock and Vertex are named by kind, with what they take', async () => {
    const { found, mistakes } = await read({
      endpoints: {
        local: {
          kind: 'compatible',
          base_url: 'http://10.0.0.2:8000',
          context_tokens: 32_768,
          tool_choice: true,
        },
        aws: { kind: 'bedrock', region: 'eu-central-1', in_house: true },
        google: { kind: 'vertex', region: 'europe-west1', project: 'acme-models', prompt_cache: 'prefix' },
      },
    })
    expect(mistakes).toEqual([])
    expect(found).toEqual({
      local: {
        kind: 'compatible',
        baseUrl: 'http://10.0.0.2:8000',
        key: null,
        inHouse: false,
        timeoutMs: 600_000,
        prices: {},
        toolChoice: true,
        contextTokens: 32_768,
      },
      aws: {
        kind: 'bedrock',
        baseUrl: null,
        key: null,
        region: 'eu-central-1',
        inHouse: true,
        timeoutMs: 600_000,
        prices: {},
      },
      google: {
        kind: 'vertex',
        baseUrl: null,
        key: null,
        region: 'europe-west1',
        project: 'acme-models',
        inHouse: false,
        timeoutMs: 600_000,
        prices: {},
        promptCache: 'prefix',
      },
    })
  })
  test.each([
    ['no JSON', '{', /no JSON/],
    [
      'a missing key',
      { endpoints: { house: { base_url: 'http://h', key_variable: 'HOUSE_API_KEY' } } },
      /HOUSE_API_KEY is missing/,
    ],
    [
      'a variable that is no API key',
      { endpoints: { h: { base_url: 'http://h', key_variable: 'WEBHOOK_SECRET' } } },
      /_API_KEY/,
    ],
    [
      'an unknown setting',
      { endpoints: { h: { base_url: 'http://h', key_variable: 'H_API_KEY', inhouse: true } } },
      /inhouse/,
    ],
    ['an unknown kind', { endpoints: { h: { kind: 'azure', base_url: 'http://h' } } }, /kind/],
    ['Vertex without a project', { endpoints: { h: { kind: 'vertex', region: 'eu' } } }, /project/],
    ['Anthropic without a key', { endpoints: { h: { base_url: 'http://h' } } }, /key_variable/],
  ])('T25 P10: %s is refused with a sentence', async (_name, content, sentence) => {
    const { mistakes } = await read(content)
    expect(mistakes.join('\n')).toMatch(sentence)
  })
})

/** Gate integrity: what the gates of a repository rest on in each ecosystem, and the neighbours that they do not rest on. */
import { describe, expect, test } from '@jest/globals'
import { isUsableGlob } from '../../src/core/glob.ts'
import { configuration } from '../../src/gates/gateFiles.ts'
import { file } from '../support/snapshots.ts'
import { input, run } from './input.ts'

const judge = (path: string, come: string[], gone: string[] = [], policy: unknown = {}) => {
  const lines = (texts: string[]) => texts.map((text, at) => ({ line: at + 3, text }))
  return run('gate-integrity', input([file(path, { added: lines(come), removed: lines(gone) })], {}, policy))
}

test('no glob of the list is longer than what is matched', () => {
  // Such a glob would match every file.
  expect(configuration.filter((glob) => !isUsableGlob(glob))).toEqual([])
})

describe('G12: what decides how a change is checked needs a senior', () => {
  test.each([
    'karma.conf.js',
    'wdio.conf.ts',
    'vitest.workspace.ts',
    'jest.setup.ts',
    'test/jest-e2e.json',
    'bunfig.toml',
    'deno.json',
    '.oxlintrc.json',
    '.babelrc',
    '.yarnrc.yml',
    '.pnpmfile.cjs',
    'pnpm-workspace.yaml',
    '.nvmrc',
    '.ruff.toml',
    'setup.py',
    'noxfile.py',
    'sitecustomize.py',
    'build.rs',
    '.cargo/config.toml',
    'gradle.properties',
    'gradlew',
    'src/App/App.csproj',
    'Directory.Build.props',
    'tests/ci.runsettings',
    'phpunit.dist.xml',
    'psalm.xml',
    'composer.json',
    '.rspec',
    'spec/spec_helper.rb',
    'GNUmakefile',
    '.lefthook.yml',
    'tools/setup/action.yml',
    'azure-pipelines.release.yml',
    'osv-scanner.toml',
    '.gitleaks.toml',
  ])('%s', (path) => {
    expect(judge(path, ['anything']).state).toBe('flag')
  })

  test.each([
    ['src/x.py', '# flake8: noqa'],
    ['src/x.py', 'x = y()  # ruff: noqa: F401'],
    ['src/x.py', '# pylint: skip-file'],
    ['src/x.py', 'x: int = y()  # pyright: ignore'],
    ['src/lib.rs', '#![allow(dead_code)]'],
    ['src/X.cs', '#pragma warning disable CS0168'],
    ['src/X.cs', '[ExcludeFromCodeCoverage]'],
    ['src/X.kt', '@Suppress("UNCHECKED_CAST")'],
    ['src/X.php', '// @phpstan-ignore-next-line'],
    ['lib/x.rb', '  # :nocov:'],
    ['src/x.ts', '// deno-lint-ignore no-explicit-any'],
    ['src/X.java', 'int x = y(); // NOSONAR'],
    ['website/src/x.ts', '// @ts-ignore'],
  ])('%s: %s', (path, text) => {
    expect(judge(path, [text])).toMatchObject({
      state: 'flag',
      sentence: expect.stringContaining('switches a checker off'),
    })
  })

  test.each([
    ['package-lock.json', '      "resolved": "https://evil.example/lodash-4.17.21.tgz",'],
    ['web/package-lock.json', '      "resolved": "git+ssh://git@github.com/evil/lodash.git#0a1b2c",'],
    ['yarn.lock', '  resolved "https://evil.example/lodash-4.17.21.tgz"'],
    ['pnpm-lock.yaml', '    resolution: {tarball: https://evil.example/lodash.tgz}'],
    ['requirements.txt', '--extra-index-url https://evil.example/simple'],
    ['requirements.txt', 'flask @ https://evil.example/flask.whl'],
    ['uv.lock', 'source = { registry = "https://evil.example/simple" }'],
    ['Cargo.lock', 'source = "git+https://github.com/evil/serde#0a1b2c"'],
    ['Gemfile', "source 'https://evil.example'"],
  ])('%s: %s', (path, text) => {
    expect(judge(path, [text])).toMatchObject({
      state: 'flag',
      sentence: expect.stringMatching(/a dependency comes from `(?:evil\.example|github\.com)`/),
    })
  })
})

describe('G12: the neighbours need nobody', () => {
  test.each([
    ['package-lock.json', '      "resolved": "https://registry.npmjs.org/lodash/-/lodash-4.17.21.tgz",'],
    ['package-lock.json', '        "url": "https://github.com/sponsors/somebody"'],
    ['pnpm-lock.yaml', '    deprecated: see https://example.org/why'],
    ['requirements.txt', '# as https://example.org says'],
    ['Cargo.lock', 'source = "registry+https://github.com/rust-lang/crates.io-index"'],
    ['composer.lock', '                "url": "https://api.github.com/repos/acme/x/zipball/0a1b2c",'],
    ['composer.lock', '                    "url": "https://opencollective.com/acme"'],
    ['composer.json', '        "acme/log": "^3.0",'],
    ['docs/lint.md', 'Write `// eslint-disable-next-line` above it.'],
    ['locales/en/global.json', '"a": "b"'],
    ['src/app/app.config.ts', 'export const config = {}'],
    ['src/jest-like.ts', 'export const x = 1'],
  ])('%s: %s', (path, text) => {
    expect(judge(path, [text])).toMatchObject({ state: 'pass' })
  })

  test('a registry that was there before, or that policy knows', () => {
    const at = (version: string) => `      "resolved": "https://npm.acme.dev/log/-/log-${version}.tgz",`
    expect(judge('package-lock.json', [at('2.0.0')], [at('1.0.0')]).state).toBe('pass')
    expect(judge('package-lock.json', [at('2.0.0')]).state).toBe('flag')
    const policy = { gates: { references: { known: ['npm.acme.dev'] } } }
    expect(judge('package-lock.json', [at('2.0.0')], [], policy).state).toBe('pass')
  })
})

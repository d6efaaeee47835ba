/** G12: a change to what the gates themselves rest on (workflows, configuration, scripts, thresholds) needs a senior. */
import type { DiffFile } from '../core/evidence.ts'
import { matchesGlob } from '../core/glob.ts'
import { code, listed } from '../core/sentences.ts'
import type { Annotation } from '../core/verdict.ts'
import { flag, pass } from '../core/verdict.ts'
import { diffGate } from './gate.ts'

/** Files that decide how the change is tested, linted, typed, built or measured, in the usual ecosystems. */
const configuration = [
  '.github/**',
  '.gitlab-ci.yml',
  '.circleci/**',
  '.buildkite/**',
  'azure-pipelines.yml',
  '**/Jenkinsfile',
  '**/{jest,vitest,vite,karma,playwright,cypress,ava,mocha,wdio}.config.*',
  '**/.mocharc*',
  '**/.nycrc*',
  '**/.c8rc*',
  '**/tsconfig*.json',
  '**/jsconfig.json',
  '**/biome.json*',
  '**/.eslintrc*',
  '**/eslint.config.*',
  '**/.eslintignore',
  '**/.prettierrc*',
  '**/.stylelintrc*',
  '**/.size-limit*',
  '**/knip.json',
  '**/turbo.json',
  '**/nx.json',
  '**/.swcrc',
  '**/babel.config.*',
  '**/pyproject.toml',
  '**/setup.cfg',
  '**/tox.ini',
  '**/pytest.ini',
  '**/conftest.py',
  '**/.coveragerc',
  '**/mypy.ini',
  '**/ruff.toml',
  '**/.flake8',
  '**/codecov.y*ml',
  '**/.codecov.y*ml',
  '**/sonar-project.properties',
  '**/.golangci.*',
  '**/Makefile',
  '**/justfile',
  '**/Taskfile.y*ml',
  '**/pom.xml',
  '**/build.gradle*',
  '**/Cargo.toml',
  '**/clippy.toml',
  '**/.rubocop*',
  '**/Rakefile',
  '**/phpunit.xml*',
  '**/phpstan.neon*',
  '**/.pre-commit-config.yaml',
  '**/lefthook.yml',
  '**/.husky/**',
  '**/.gitattributes',
  '**/.npmrc',
  '**/.env*',
  // Installed tools: what is committed there is what the commands run, in place of what setup would have installed.
  '**/node_modules/**',
  '**/{.venv,venv,site-packages}/**',
]

/** Comments that switch a checker off where they stand. */
const suppressions =
  /@ts-(?:ignore|nocheck|expect-error)|(?:eslint|tslint|biome|oxlint|stylelint|prettier)-(?:disable|ignore)|(?:istanbul|c8|v8) ignore|#\s*(?:noqa|nosec|type:\s*ignore|pragma:\s*no cover|pylint:\s*disable)|\/\/\s*(?:nolint|NOLINT|nosec)|@SuppressWarnings|#\[allow\(|rubocop:disable|phpcs:ignore|coverage:ignore/

/** A dependency line of package.json: a name and nothing but a plain version. Scripts and thresholds are anything else. */
const dependencyLine = /^\s*"[@A-Za-z0-9._/-]+"\s*:\s*"[\^~]?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?"\s*,?\s*$/

export const gateIntegrity = diffGate({
  id: 'gate-integrity',
  requirement: 'G12',
  title: 'Gate integrity',
  about:
    'A change to workflows, test, coverage and lint configuration, package scripts, thresholds, or a comment that switches a checker off needs a senior.',
  acceptedBy: 'senior',
  judge: (diff) => {
    const files = diff.files.filter(changesGates)
    const annotations: Annotation[] = diff.files.flatMap((file) =>
      file.added
        .filter(({ text }) => suppressions.test(text))
        .map(({ line }) => ({
          path: file.path,
          startLine: line,
          endLine: line,
          level: 'warning' as const,
          message: 'This line switches a checker off (G12).',
        })),
    )
    if (files.length === 0 && annotations.length === 0)
      return pass('Nothing that the gates rest on was changed.')
    const places = [
      ...files.map((file) => code(file.path)),
      ...annotations.map((one) => `${code(`${one.path}:${one.startLine}`)} (switches a checker off)`),
    ]
    return flag(
      `The diff changes what the gates rest on: ${listed(places)} (rule G12). A senior named in policy allows it with the Accept button on this check; there is no comment form.`,
      annotations.slice(0, 50),
    )
  },
})

function changesGates(file: DiffFile): boolean {
  const names = file.renamedFrom === null ? [file.path] : [file.path, file.renamedFrom]
  if (names.some((name) => configuration.some((glob) => matchesGlob(glob, name)))) return true
  if (!names.some((name) => matchesGlob('package.json', name))) return false
  if (file.status !== 'modified' || file.truncated || file.binary) return true
  return [...file.added, ...file.removed].some(({ text }) => text.trim() !== '' && !dependencyLine.test(text))
}

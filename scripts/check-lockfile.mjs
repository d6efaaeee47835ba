/** Checks that package-lock.json installs on every platform: no prebuilt package left out, no registry host written down. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './bootstrap.mjs'

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
const problems = []
for (const [path, { optionalDependencies = {}, resolved }] of Object.entries(packages)) {
  if (resolved)
    problems.push(
      `${path} names the registry it came from (${resolved}); npm ci elsewhere would ask that host`,
    )
  for (const name of Object.keys(optionalDependencies)) {
    if (!isLocked(path, name)) {
      problems.push(
        `${path || 'package.json'} needs ${name}, which is not in the lockfile: npm ci fails or breaks on its platform`,
      )
    }
  }
}
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.stdout.write(
  `package-lock.json: ${Object.keys(packages).length} packages, ${problems.length} problems\n`,
)
process.exitCode = problems.length === 0 ? 0 : 1

/** npm looks for a dependency beside the package and in every node_modules above it. */
function isLocked(path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true
    if (folder === '') return false
  }
}

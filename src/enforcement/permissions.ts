/** Comparing what an installation of the App holds with what the App asks for in `app.yml`. */

export type Permissions = Readonly<Record<string, string>>

const rank = (level: string | undefined) => ['none', 'read', 'write', 'admin'].indexOf(level ?? 'none')

/** Permissions that an installation holds beyond what is asked for, and those it lacks; `name: level` each. */
export function comparePermissions(
  held: Permissions,
  wanted: Permissions,
): { excess: string[]; lacking: string[] } {
  const words = (some: Permissions, than: Permissions) =>
    Object.entries(some)
      .filter(([name, level]) => rank(level) > rank(than[name]))
      .map(([name, level]) => `${name}: ${level}`)
  return { excess: words(held, wanted), lacking: words(wanted, held) }
}

/** Comparing what an installation of the App holds with what the App asks for in `app.yml`. */

export type Permissions = Readonly<Record<string, string>>

/** Needed by what not everybody switches on (docs/permissions.md): an installation may hold it and may lack it. */
const optional: Permissions = { actions: 'write' }

const rank = (level: string | undefined) => ['none', 'read', 'write', 'admin'].indexOf(level ?? 'none')

/** Permissions that an installation holds beyond what is asked for or optional, and those it lacks; `name: level` each. */
export function comparePermissions(
  held: Permissions,
  wanted: Permissions,
): { excess: string[]; lacking: string[] } {
  const words = (some: Permissions, than: Permissions) =>
    Object.entries(some)
      .filter(([name, level]) => rank(level) > rank(than[name]))
      .map(([name, level]) => `${name}: ${level}`)
  return { excess: words(held, { ...wanted, ...optional }), lacking: words(wanted, held) }
}

/** Ruby: required files of the tree, of the standard library, and of the declared gems. */
import { posix } from 'node:path'
import {
  countNames,
  found,
  type Import,
  type Language,
  lineOf,
  literal,
  missing,
  nodesOf,
  type Resolution,
} from '../language.ts'
import { nearest } from '../nearest.ts'
import { type World, within } from '../world.ts'

const standard = new Set(
  'abbrev base64 benchmark bigdecimal bundler cgi coverage csv date dbm debug delegate did_you_mean digest drb English erb error_highlight etc expect fcntl fiber fiddle fileutils find forwardable gdbm getoptlong io ipaddr irb json logger mathn matrix minitest monitor mutex_m net nkf objspace observer open-uri open3 openssl optparse ostruct pathname pp prettyprint prime prism pstore psych pty racc rake random rbconfig rdoc readline reline resolv resolv-replace rexml rinda ripper rss rubygems securerandom set shellwords singleton socket stringio strscan syntax_suggest syslog tempfile test thread time timeout tmpdir tracer tsort un unicode_normalize uri weakref webrick win32ole yaml zlib'.split(
    ' ',
  ),
)
const kernel = new Set(
  'Array BigDecimal Complex Float Hash Integer Rational String abort at_exit autoload binding block_given? caller catch eval exec exit fail fork format gets global_variables initialize_clone lambda load local_variables loop open p pp print printf proc putc puts raise rand readline readlines require require_relative select set_trace_func sleep spawn sprintf srand syscall system test throw trap warn attr_accessor attr_reader attr_writer private public protected module_function include extend prepend define_method alias_method private_constant refine using freeze instance_variable_get send super yield'.split(
    ' ',
  ),
)

export const ruby: Language = {
  id: 'Ruby',
  grammars: { rb: 'ruby', rake: 'ruby' },
  scan(root) {
    const calls = nodesOf(root, 'call').filter((node) => !node.childForFieldName('receiver'))
    const imports: Import[] = []
    for (const node of calls) {
      const form = node.childForFieldName('method')?.text
      const argument = node.childForFieldName('arguments')?.namedChildren[0]
      if ((form !== 'require' && form !== 'require_relative') || argument?.type !== 'string') continue
      const specifier = literal(argument)
      let optional = false
      for (let at = node.parent; at; at = at.parent)
        optional ||= at.type === 'begin' || at.type === 'if' || at.type === 'if_modifier'
      if (specifier && !optional) imports.push({ line: lineOf(node), specifier, names: [], form })
    }
    return {
      imports,
      calls: calls.flatMap((node) => {
        const name = node.childForFieldName('method')
        // Inside a block of another call, or at a class's top, it may be a word of that library's language.
        return name && node.childForFieldName('arguments') && inMethod(node)
          ? [{ line: lineOf(name), name: name.text }]
          : []
      }),
      names: countNames(root, ['identifier', 'constant']),
      open:
        nodesOf(root, 'superclass').length > 0 ||
        calls.some((node) =>
          /^(?:include|extend|prepend|using|method_missing)$/.test(
            node.childForFieldName('method')?.text ?? '',
          ),
        ) ||
        /\bmethod_missing\b/.test(root.text),
    }
  },
  resolve,
  builtin: (name) => kernel.has(name),
}

function inMethod(node: { parent: unknown }): boolean {
  let at = node.parent as { type: string; parent: unknown } | null
  while (at) {
    if (at.type === 'block' || at.type === 'do_block') return false
    if (at.type === 'method' || at.type === 'singleton_method') return true
    at = at.parent as typeof at
  }
  return false
}

function resolve(one: Import, path: string, world: World): Resolution {
  const { specifier } = one
  const file = specifier.endsWith('.rb') ? specifier : `${specifier}.rb`
  if (one.form === 'require_relative') {
    const target = within(posix.dirname(path), file)
    if (target === null || world.paths.has(target) || world.madeByTools(target)) return found
    return missing('import', `No file of the repository is at ${target}.`, nearRuby(target, world))
  }
  const first = specifier.split('/')[0] ?? ''
  if (standard.has(first) || specifier.startsWith('.') || specifier.startsWith('/')) return found
  const base = posix.basename(file)
  if ((world.named.get(base) ?? []).some((other) => other === file || other.endsWith(`/${file}`)))
    return found
  const texts = [...world.manifests]
    .filter(([name]) => /Gemfile(?:\.lock)?$|\.gemspec$/.test(name))
    .map(([, text]) => text)
  if (texts.length === 0) return found
  const bare = (name: string) => name.toLowerCase().replace(/[-_./]/g, '')
  const gems = world.once('ruby:gems', () => new Set(texts.join('\n').match(/[A-Za-z][\w.-]+/g) ?? []))
  const wanted = [bare(first), bare(specifier)].filter((name) => name.length > 1)
  if (
    [...gems].some((gem) =>
      wanted.some((name) => bare(gem) === name || (name.length > 3 && bare(gem).includes(name))),
    )
  )
    return found
  return missing(
    'import',
    `${specifier} is no file of the repository or the standard library, and no declared gem holds it.`,
    nearest(first, [...standard, ...gems]),
  )
}

function nearRuby(target: string, world: World): string[] {
  const same = world.named.get(posix.basename(target)) ?? []
  return same.length > 0 ? same.slice(0, 3) : nearest(target, world.paths)
}

/** Each language on a small project: what exists gives no finding, what was invented is named with the nearest real name. */
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { collectReferences } from '../../../src/adapters/references/collect.ts'
import { evidenceBodies } from '../../../src/core/evidence.ts'
import { cleanUp, commitFiles, newClone } from '../workspace/support.ts'

afterAll(cleanUp)

async function judge(before: Record<string, string>, after: Record<string, string | null>) {
  const { directory, sha } = newClone(before)
  const head = commitFiles(directory, after)
  const result = await collectReferences(join(directory, '.git'), sha, head)
  if (!result.ok) throw new Error(result.reason)
  const { unresolved, unchecked } = evidenceBodies.references.parse(result.body)
  const found = unresolved.map(
    ({ path, line, kind, text, certain, near }) =>
      `${path}:${line} ${kind} ${text}${certain ? '' : ' ?'}${near[0] ? ` ~ ${near[0]}` : ''}`,
  )
  return { found, unchecked }
}

interface Case {
  language: string
  project: Record<string, string>
  good: Record<string, string>
  bad: Record<string, string>
  findings: (string | RegExp)[]
}

const cases: Case[] = [
  {
    language: 'TypeScript',
    project: {
      'package.json':
        '{"name":"@acme/shop","dependencies":{"zod":"^4.0.0"},"devDependencies":{"@types/estree":"^1.0.0"}}',
      'package-lock.json':
        '{"packages":{"node_modules/zod":{},"node_modules/hoisted":{},"node_modules/@types/estree":{}}}',
      'tsconfig.json': '{ // aliases\n "compilerOptions": { "paths": { "@app/*": ["./src/*"] } } }',
      '.gitignore': 'src/client\n',
      'src/util.ts':
        'export function formatPrice(n: number) { return n }\nexport type Price = number\nexport default 1\n',
      'src/all.ts': "export * from './util.ts'\n",
    },
    good: {
      'src/good.ts': [
        "import { readFile } from 'node:fs/promises'",
        "import z from 'zod'",
        "import h from 'hoisted/deep'",
        "import type { Node } from 'estree'",
        "import one, { formatPrice, type Price } from './util.js'",
        "import { anything } from './all.ts'",
        "import { formatPrice as again } from '@app/util'",
        "import { x } from './client/generated'",
        "import shop from '@acme/shop'",
        "import icon from './icon.svg?raw'",
        "import vue from '@/components/x.vue'",
        'const local = () => formatPrice(1)',
        'export const v = [local(), structuredClone(one), again(2), readFile(String(z))]',
        'try { require("optional-thing") } catch {}',
      ].join('\n'),
      'src/icon.svg': '<svg/>',
      'src/test.spec.ts': "describe('x', () => { it('y', () => { expect(1).toBe(1) }) })\n",
    },
    bad: {
      'src/bad.ts': [
        "import { formatPrise } from './util.ts'",
        "import x from './utill.ts'",
        "import y from 'zodd'",
        "import q from 'node:filesystem'",
        "import w from '@app/missing'",
        'export const n = calculateTotals(1)',
        'export const m = formatPricee(2)',
      ].join('\n'),
    },
    findings: [
      'src/bad.ts:1 name formatPrise ~ formatPrice',
      'src/bad.ts:2 import ./utill.ts ~ src/util.ts',
      'src/bad.ts:3 import zodd ~ zod',
      /^src\/bad\.ts:4 import node:filesystem/,
      /^src\/bad\.ts:5 import @app\/missing/,
      /^src\/bad\.ts:6 call calculateTotals \?/,
      'src/bad.ts:7 call formatPricee ? ~ formatPrice',
    ],
  },
  {
    language: 'Python',
    project: {
      'pyproject.toml':
        '[project]\ndependencies = ["PyYAML>=6", "python-dateutil", "google-cloud-storage"]\n',
      'shop/__init__.py': '',
      'shop/prices.py': 'def format_price(n):\n    return n\n',
    },
    good: {
      'shop/good.py': [
        'import os.path, json',
        'import yaml',
        'from dateutil import parser',
        'from google.cloud import storage',
        'from shop.prices import format_price',
        'from . import prices',
        'from .prices import format_price as again',
        'try:',
        '    import ujson',
        'except ImportError:',
        '    ujson = None',
        'def run(callback):',
        '    return callback(again(format_price(len([1]))))',
      ].join('\n'),
    },
    bad: {
      'shop/bad.py': [
        'import requestz',
        'from shop.prises import format_price',
        'from .prices import format_prise',
        'from .nothing import x',
        'print(compute_total_with_tax(1))',
      ].join('\n'),
    },
    findings: [
      /^shop\/bad\.py:1 import requestz/,
      'shop/bad.py:2 name prises ~ prices',
      'shop/bad.py:3 name format_prise ~ format_price',
      /^shop\/bad\.py:4 import \.nothing/,
      /^shop\/bad\.py:5 call compute_total_with_tax \?/,
    ],
  },
  {
    language: 'Go',
    project: {
      'go.mod': 'module example.org/shop\n\ngo 1.22\n\nrequire (\n\tgithub.com/stretchr/testify v1.9.0\n)\n',
      'prices/prices.go':
        'package prices\n\nfunc FormatPrice(n int) int { return n }\n\nfunc helper() int { return 1 }\n',
    },
    good: {
      'prices/good.go':
        'package prices\n\nimport (\n\t"fmt"\n\t"net/http"\n\t"example.org/shop/prices"\n\t"github.com/stretchr/testify/assert"\n)\n\nfunc f() { fmt.Println(len("x"), helper(), assert.New, http.Get, prices.FormatPrice) }\n',
    },
    bad: {
      'prices/bad.go':
        'package prices\n\nimport (\n\t"example.org/shop/prises"\n\t"github.com/acme/invented"\n\t"httputils"\n)\n\nfunc g() { formatPrices(helperr()) }\n',
    },
    findings: [
      'prices/bad.go:4 import example.org/shop/prises ~ prices',
      'prices/bad.go:5 import github.com/acme/invented',
      'prices/bad.go:6 import httputils',
      'prices/bad.go:9 call formatPrices ? ~ FormatPrice',
      'prices/bad.go:9 call helperr ? ~ helper',
    ],
  },
  {
    language: 'Java',
    project: {
      'pom.xml': '<project><dependency><groupId>org.junit.jupiter</groupId></dependency></project>',
      'src/main/java/org/acme/shop/Prices.java':
        'package org.acme.shop;\npublic class Prices { static int formatPrice(int n) { return n; } }\n',
    },
    good: {
      'src/main/java/org/acme/shop/Good.java':
        'package org.acme.shop;\nimport java.util.List;\nimport org.acme.shop.Prices;\nimport static org.acme.shop.Prices.formatPrice;\nimport org.junit.jupiter.api.Test;\nclass Good { int a() { return formatPrice(b()); } int b() { return 1; } }\n',
      'src/main/java/org/acme/shop/Child.java':
        'package org.acme.shop;\nclass Child extends Prices { int a() { return inheritedFromSomewhere(); } }\n',
    },
    bad: {
      'src/main/java/org/acme/shop/Bad.java':
        'package org.acme.shop;\nimport org.acme.shop.Invented;\nimport com.unheard.of.Thing;\nclass Bad { int a() { return formatPrise(1); } }\n',
    },
    findings: [
      'src/main/java/org/acme/shop/Bad.java:2 import org.acme.shop.Invented',
      'src/main/java/org/acme/shop/Bad.java:3 import com.unheard.of.Thing ?',
      'src/main/java/org/acme/shop/Bad.java:4 call formatPrise ? ~ formatPrice',
    ],
  },
  {
    language: 'Ruby',
    project: {
      Gemfile: "source 'https://rubygems.org'\ngem 'activesupport'\ngem 'rspec'\n",
      'lib/shop/prices.rb': 'def format_price(n)\n  n\nend\n',
    },
    good: {
      'lib/shop/good.rb':
        "require 'json'\nrequire 'active_support/all'\nrequire 'shop/prices'\nrequire_relative 'prices'\ndef run(n)\n  puts(format_price(n))\nend\n",
      'spec/good_spec.rb': "require 'rspec'\ndescribe('x') { it('works') { expect_something(1) } }\n",
    },
    bad: {
      'lib/shop/bad.rb':
        "require 'nokogirix'\nrequire_relative 'prises'\ndef run(n)\n  format_prise(n)\nend\n",
    },
    findings: [
      'lib/shop/bad.rb:1 import nokogirix',
      'lib/shop/bad.rb:2 import prises ~ lib/shop/prices.rb',
      'lib/shop/bad.rb:4 call format_prise ? ~ format_price',
    ],
  },
  {
    language: 'Rust',
    project: {
      'Cargo.toml': '[package]\nname = "shop"\n\n[dependencies]\nserde = "1"\ntokio-util = "0.7"\n',
      'src/lib.rs': 'pub mod prices;\n',
      'src/prices.rs': 'pub fn format_price(n: u32) -> u32 { n }\n',
    },
    good: {
      'src/good.rs':
        'use std::fmt;\nuse serde::Serialize;\nuse tokio_util::codec::Framed;\nuse crate::prices::format_price;\nuse self::inner::thing;\nmod inner { pub fn thing() {} }\nfn f() { drop(format_price(1)); thing(); Some(1); }\n',
    },
    bad: {
      'src/bad.rs': 'use serdee::Serialize;\nmod absent;\nfn f() { format_prise(1); }\n',
    },
    findings: [
      'src/bad.rs:1 import serdee ~ serde',
      /^src\/bad\.rs:2 import absent/,
      'src/bad.rs:3 call format_prise ? ~ format_price',
    ],
  },
  {
    language: 'C#',
    project: {
      'Shop/Shop.csproj': '<Project><PackageReference Include="Newtonsoft.Json" Version="13" /></Project>',
      'Shop/Prices.cs': 'namespace Shop;\nclass Prices { static int FormatPrice(int n) { return n; } }\n',
    },
    good: {
      'Shop/Good.cs':
        'using System.Linq;\nusing Newtonsoft.Json.Linq;\nusing Shop;\nusing Alias = Unknown.Thing;\nnamespace Shop;\nclass Good { int A() { return B(nameof(Good)); } int B(string s) { return 1; } }\n',
    },
    bad: {
      'Shop/Bad.cs':
        'using Invented.Library;\nnamespace Shop;\nclass Bad { int A() { return FormatPrise(1); } }\n',
    },
    findings: ['Shop/Bad.cs:1 import Invented.Library ?', 'Shop/Bad.cs:3 call FormatPrise ? ~ FormatPrice'],
  },
  {
    language: 'PHP',
    project: {
      'composer.json': '{"autoload":{"psr-4":{"Acme\\\\Shop\\\\":"src/"}}}',
      'composer.lock': '{"packages":[{"autoload":{"psr-4":{"Monolog\\\\":"src/"}}}]}',
      'src/Prices.php':
        '<?php\nnamespace Acme\\Shop;\nclass Prices {}\nfunction formatPrice($n) { return $n; }\n',
    },
    good: {
      'src/Good.php':
        "<?php\nnamespace Acme\\Shop;\nuse Acme\\Shop\\Prices;\nuse Monolog\\Logger;\nuse DateTime;\nrequire __DIR__ . '/Prices.php';\n$x = str_replace('a', 'b', formatPrice(1));\n",
    },
    bad: {
      'src/Bad.php':
        "<?php\nnamespace Acme\\Shop;\nuse Acme\\Shop\\Prises;\nuse Unheard\\Of\\Thing;\nrequire_once __DIR__ . '/Prises.php';\nformatPrise(1);\n",
    },
    findings: [
      'src/Bad.php:3 import Acme\\Shop\\Prises ~ Prices',
      'src/Bad.php:4 import Unheard\\Of\\Thing ?',
      /^src\/Bad\.php:5 import \/Prises\.php/,
      'src/Bad.php:6 call formatPrise ? ~ formatPrice',
    ],
  },
]

describe.each(cases)('P4, G14: $language', ({ project, good, bad, findings }) => {
  test('what exists gives no finding', async () => {
    expect(await judge(project, good)).toEqual({ found: [], unchecked: [] })
  })
  test('what was invented is named', async () => {
    const { found } = await judge(project, bad)
    expect(found).toEqual(findings.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))))
  })
})

describe('G14: manifests, old lines and bounds', () => {
  test('a package that was added and is in no lockfile was never installed', async () => {
    const lock = { 'package-lock.json': '{"packages":{"node_modules/left":{}}}' }
    const { found } = await judge(
      { 'package.json': '{"dependencies":{}}', ...lock },
      { 'package.json': '{"dependencies":{\n"left":"^1.0.0",\n"leftt":"^1.0.0",\n"own":"file:./own"}}' },
    )
    expect(found).toEqual(['package.json:3 package leftt ~ left'])
  })
  test('only added lines are judged', async () => {
    const old = "import x from './gone.ts'\n"
    const { found } = await judge(
      { 'package.json': '{}', 'src/a.ts': old },
      { 'src/a.ts': `${old}export const a = 1\n` },
    )
    expect(found).toEqual([])
  })
  test('a name that the same change brings in another file is no invention', async () => {
    const { found } = await judge(
      { 'go.mod': 'module x.org/y\n' },
      { 'p/a.go': 'package p\n\nfunc a() { b() }\n', 'p/b.go': 'package p\n\nfunc b() {}\n' },
    )
    expect(found).toEqual([])
  })
  test('S9: a file too large to be read is named, not passed over', async () => {
    const { unchecked } = await judge(
      { 'a.txt': 'x' },
      { 'src/big.ts': `const a = '${'x'.repeat(600_000)}'\n` },
    )
    expect(unchecked).toEqual([{ path: 'src/big.ts', reason: 'larger than 512 KB' }])
  })
})
